import { pathExists } from '../../core/absent.js'
import { commandText } from '../../core/commandText.js'
import { all, first, type Connection } from '../../core/duckdb.js'
import { UsageError } from '../../core/errors.js'
import { dayIn } from '../../core/time.js'
import type { Layout } from '../../dataFolder/layout.js'
import { isClosed } from '../../dataFolder/isClosed.js'
import { readRunState, type RunState, type RunStatus } from '../../dataFolder/runStatus.js'
import { readFailedStart, type FailedStart } from '../../dataFolder/startFile.js'
import { hasSpending, readSpent, readTimeZone, type Spent } from '../../load/spent.js'
import { CLOCK_TOLERANCE_MS, NEWEST_RUNS_FIRST } from '../../model/clock.js'
import { countForgetting, countLeaving, readTombstones } from '../../privacy/tombstones.js'
import { restorable, withPublished } from '../../publish/openPublished.js'
import { readLeaving, type LeavingReport } from './leaving.js'
import { readOverdue, type OverdueReport } from './overdue.js'
import type { Pipeline } from '../../model/pipeline.js'
import { pipelineFor, pipelineOfPublished } from '../../publish/folderPipeline.js'

/** A finished run. Times are ISO 8601, UTC. */
export interface RunReport {
  readonly run_id: string
  readonly started_at: string
  readonly finished_at: string | null
  /** done, stopped or interrupted. */
  readonly status: string
  readonly exit_code: number | null
  readonly stop_reason: string | null
  readonly rows: number
  readonly enriched: number
  readonly failed: number
  readonly parked: number
  readonly calls: number
  readonly money_billed: number | null
}

/** Parked rows of a list, by reason. */
export interface ParkedReport {
  readonly list: string
  readonly reason: string
  readonly rows: number
  readonly ids: number
  /** When to run again: a time, or the condition for it. */
  readonly run_again: string | null
}

/** Creators by the age of their last profile. */
export interface AgeReport {
  readonly age: 'day' | 'week' | 'month' | 'older' | 'never'
  readonly creators: number
  readonly share: number
}

/** What `status --json` prints. */
export interface StatusReport {
  readonly data: string
  /** The zone of the days, and of the times that people see. */
  readonly time_zone: string
  readonly simulated: boolean | null
  /**
   * The folder belongs to another user, and its `state/` or `raw/` is closed to this one: `running`, `cut_off` and
   * `failed_start`, or `unfinished_erasure`, are null because they are not known.
   */
  readonly closed: readonly ('state' | 'raw')[]
  /** The current run. */
  readonly running: RunStatus | null
  /** The last run left paid answers, which the next run loads first. It was cut off, unless it has an exit code. */
  readonly cut_off: {
    readonly run_id: string | null
    readonly at: string | null
    readonly exit_code: number | null
  } | null
  /** The last start, if its run could not start. */
  readonly failed_start: FailedStart | null
  /** People whose erasure was cut off: the same `forget` completes it, or, after `--keep-people`, the next run. */
  readonly unfinished_erasure: { readonly forget: number; readonly leaving: number } | null
  /** Newest first. */
  readonly runs: readonly RunReport[]
  readonly parked: readonly ParkedReport[]
  /** Calls that were sent and never answered, and whose id was not fetched since. */
  readonly ambiguous_calls: { readonly count: number; readonly oldest_at: string | null }
  readonly creators: number
  /** Creators with a call that is dated more than an hour ahead of this machine's clock. */
  readonly dated_ahead: { readonly creators: number; readonly latest_at: string | null }
  readonly staleness: readonly AgeReport[]
  /** Who will be erased within seven days by `--keep-people`; null where no run of the last seven days used it. */
  readonly to_be_erased: LeavingReport | null
  /** Profiles that were older than allowed when the newest run started, and that it did not fetch; null: not known. */
  readonly overdue: OverdueReport | null
  /** Null without a published file, in one of an older version, or if the pipeline is one's own and its file is not given. */
  readonly money: MoneyReport | null
}

/** What all runs have spent. The current run, and one that was cut off and is not loaded yet, are not counted. */
export interface MoneyReport {
  readonly currency: string
  readonly time_zone: string
  /** Today there, `YYYY-MM-DD`, and this month, `YYYY-MM`. */
  readonly today: Spent & { readonly day: string }
  readonly month: Spent & { readonly month: string }
}

const RUNS = 5

export interface StatusOptions {
  /** Milliseconds; by default as the last run with `--keep-people`. */
  readonly keepPeople?: number | undefined
  /** Name or path, where it is given. */
  readonly pipeline?: string | undefined
  readonly now?: number
}

/**
 * Reads the state of a data folder from the published file and `state/status.json`; a run may be on meanwhile.
 * @throws UsageError when the folder never had a run, or holds only `raw/`
 */
export async function readFolderStatus(
  layout: Layout,
  { keepPeople, pipeline, now = Date.now() }: StatusOptions = {},
): Promise<StatusReport> {
  const closed = (['state', 'raw'] as const).filter((part) => isClosed(layout[part], layout))
  const hasState = !closed.includes('state')
  const { status, isOn, isCutOff } = hasState ? readRunState(layout) : NOT_KNOWN
  const state = {
    data: layout.data,
    closed,
    running: isOn ? status! : null,
    failed_start: (hasState && readFailedStart(layout)) || null,
    cut_off: isCutOff
      ? {
          run_id: status?.run_id ?? null,
          at: status?.updated_at ?? null,
          exit_code: status?.exit_code ?? null,
        }
      : null,
    unfinished_erasure: closed.includes('raw') ? null : await readUnfinishedErasure(layout),
  }
  if (pathExists(layout.database))
    return {
      ...state,
      ...(await withPublished(layout, (connection) =>
        readTables(connection, { data: layout.data, keepPeople, pipeline, now }),
      )),
    }
  const lost = isOn || isCutOff ? undefined : await restorable(layout)
  if (lost) throw lost
  if (status === undefined && !isCutOff && !state.failed_start) {
    throw new UsageError(
      `${layout.data} holds nothing yet: start with \`${commandText(['run', '<list>', '--data', layout.data])}\`, or give another folder with --data`,
    )
  }
  return {
    ...state,
    time_zone: (await unlessForeign(pipeline, () => pipelineFor({ data: layout.data, pipeline })))?.timeZone ?? 'UTC',
    simulated: null,
    runs: [],
    parked: [],
    ambiguous_calls: NONE,
    creators: 0,
    dated_ahead: NO_AHEAD,
    staleness: [],
    to_be_erased: null,
    overdue: null,
    money: null,
  }
}

const NOT_KNOWN: RunState = { status: undefined, isOn: false, isCutOff: false }
const NONE = { count: 0, oldest_at: null }
const NO_AHEAD = { creators: 0, latest_at: null }

type OfState = 'data' | 'closed' | 'running' | 'cut_off' | 'failed_start' | 'unfinished_erasure'
type Tables = Omit<StatusReport, OfState>

async function readUnfinishedErasure({ forgotten }: Layout): Promise<StatusReport['unfinished_erasure']> {
  const tombstones = await readTombstones(forgotten)
  return { forget: countForgetting(tombstones), leaving: countLeaving(tombstones) }
}

type TableOptions = StatusOptions & { readonly data: string; readonly now: number }

async function readTables(connection: Connection, options: TableOptions): Promise<Tables> {
  const { keepPeople, now } = options
  const folder = await first<{ simulated: boolean | null }>(connection, 'SELECT simulated FROM data_folder')
  const runs = await all<Omit<RunReport, 'started_at' | 'finished_at'> & Record<'started_at' | 'finished_at', number>>(
    connection,
    `SELECT run_id, started_at, finished_at, status, exit_code, stop_reason, rows_read AS rows, rows_enriched AS enriched,
       rows_failed AS failed, rows_parked AS parked, calls, ${await moneyOfRun(connection)} AS money_billed
     FROM runs ORDER BY ${NEWEST_RUNS_FIRST} LIMIT ${RUNS}`,
  )
  const parked = await all<ParkedReport>(
    connection,
    `SELECT m.list, coalesce(m.reason, 'stopped') AS reason, count(*) AS rows, count(DISTINCT m.user_id) AS ids,
       any_value(r.run_again) AS run_again
     FROM list_members AS m LEFT JOIN runs AS r ON r.run_id = m.run_id
     WHERE m.status = 'parked' GROUP BY m.list, m.reason ORDER BY m.list, rows DESC`,
  )
  const ambiguous = await first<{ count: number; oldest_at: number | null }>(
    connection,
    'SELECT count(*) AS count, min(sent_at) AS oldest_at FROM ambiguous_calls WHERE resolved_at IS NULL',
  )
  const ahead = await first<{ creators: number; latest_at: number | null }>(
    connection,
    `SELECT count(*) AS creators, max(last_attempt_at) AS latest_at FROM creators WHERE ${IS_AHEAD}`,
  )
  const ages = await all<Pick<AgeReport, 'age' | 'creators'>>(connection, AGES)
  const creators = ages.reduce((sum, age) => sum + age.creators, 0)
  return {
    time_zone: await readTimeZone(connection),
    simulated: folder?.simulated ?? null,
    runs: runs.map((run) => ({ ...run, started_at: iso(run.started_at)!, finished_at: iso(run.finished_at) })),
    parked,
    ambiguous_calls: { count: ambiguous!.count, oldest_at: iso(ambiguous!.oldest_at) },
    creators,
    dated_ahead: { creators: ahead!.creators, latest_at: iso(ahead!.latest_at) },
    staleness: ages.map((age) => ({ ...age, share: age.creators / creators })),
    overdue: await readOverdue(connection),
    to_be_erased: await readLeaving(connection, now, keepPeople),
    money: await readMoney(connection, options),
  }
}

/** SQL: a run that was cut off has no money in its receipt. */
async function moneyOfRun(connection: Connection): Promise<string> {
  if (!(await hasSpending(connection))) return 'money_billed'
  const spent = 'SELECT CASE WHEN count(*) = count(s.money_billed) THEN sum(s.money_billed) END'
  return `coalesce(money_billed, CAST((${spent} FROM spending AS s WHERE s.run_id = runs.run_id) AS DOUBLE))`
}

async function readMoney(connection: Connection, options: TableOptions): Promise<MoneyReport | null> {
  if (!(await hasSpending(connection))) return null
  const pipeline = await unlessForeign(options.pipeline, () => pipelineOfPublished(connection, options))
  if (pipeline === undefined) return null
  const zone = await readTimeZone(connection)
  const day = dayIn(zone, options.now)
  const month = day.slice(0, 7)
  return {
    currency: pipeline.vendor.currency,
    time_zone: zone,
    today: { day, ...(await readSpent(connection, day, day)) },
    month: { month, ...(await readSpent(connection, `${month}-01`, day)) },
  }
}

/** Analysts do not have the file of a pipeline of one's own, and most of the status does without: then undefined. */
async function unlessForeign(given: string | undefined, find: () => Promise<Pipeline>): Promise<Pipeline | undefined> {
  try {
    return await find()
  } catch (error) {
    if (given === undefined && error instanceof UsageError) return undefined
    throw error
  }
}

/** SQL condition on a creator: a clock was wrong, now or then. */
const IS_AHEAD = `epoch_ms(last_attempt_at) > epoch_ms(now()) + ${CLOCK_TOLERANCE_MS}`

const AGES = `
SELECT
  CASE
    WHEN last_fetched_at IS NULL THEN 'never'
    WHEN hours < 24 THEN 'day'
    WHEN hours < 24 * 7 THEN 'week'
    WHEN hours < 24 * 30 THEN 'month'
    ELSE 'older'
  END AS age,
  count(*) AS creators
FROM (SELECT last_fetched_at, (epoch_ms(now()) - epoch_ms(last_fetched_at)) / 3600000 AS hours FROM creators)
GROUP BY age
ORDER BY list_position(['day', 'week', 'month', 'older', 'never'], age)`

function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}
