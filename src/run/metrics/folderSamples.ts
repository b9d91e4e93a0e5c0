import { pathExists } from '../../core/absent.js'
import { all, first, openDatabase, type Connection } from '../../core/duckdb.js'
import { unlabelled, type Sample } from '../../core/prometheusText.js'
import { DAY_MS, dayIn, nextDayIn } from '../../core/time.js'
import type { Layout } from '../../dataFolder/layout.js'
import { unresolvedCalls } from '../../load/recordRun.js'
import { withPublished } from '../../publish/openPublished.js'
import { moneyByDay } from '../budget.js'
import { samplesOfLists, type AgeLimit } from './listSamples.js'
import type { Samples } from './metricTable.js'
import { moneySamples } from './runSamples.js'

export interface FolderQuestion extends AgeLimit {
  /** When the run ended, milliseconds since 1970. */
  readonly now: number
  /** Of one call, for runs that left no receipt. */
  readonly price: number
}

/**
 * What the tables say about the data folder after a run. This process has the lock, and the working database is closed;
 * where that cannot be opened, the published file answers.
 * @returns undefined where neither can be read
 */
export async function samplesOfFolder(layout: Layout, question: FolderQuestion): Promise<Samples | undefined> {
  const work = (connection: Connection): Promise<Samples> => readFolderSamples(connection, question)
  const working = await readWorking(layout.warehouse, work).catch(() => undefined)
  return working ?? withPublished(layout, work).catch(() => undefined)
}

async function readWorking(
  path: string,
  work: (connection: Connection) => Promise<Samples>,
): Promise<Samples | undefined> {
  if (!pathExists(path)) return undefined
  const database = await openDatabase(path, { readOnly: true, threads: 1 })
  try {
    return await work(database.connection)
  } finally {
    await database.close()
  }
}

/** The same, from an open database. */
export async function readFolderSamples(connection: Connection, question: FolderQuestion): Promise<Samples> {
  const { pipeline, now, price } = question
  const { currency } = pipeline.vendor
  const { timeZone } = pipeline
  const folder = await first<{ simulated: boolean | null }>(connection, 'SELECT simulated FROM data_folder')
  const simulated = folder?.simulated ?? false
  const today = dayIn(timeZone, now)
  const month = today.slice(0, 7)
  const days = await moneyByDay(connection, `${month}-01`, price)
  const spent = (period: string, belongs: (day: string) => boolean): Sample[] => {
    const counted = days.filter(({ day }) => belongs(day))
    const sum = (kind: 'billed' | 'maybe_billed') => rounded(counted.reduce((total, day) => total + day[kind], 0))
    return moneySamples({ billed: sum('billed'), maybe_billed: sum('maybe_billed'), currency }, simulated, { period })
  }
  return {
    creator_enrich_last_success_timestamp_seconds: await lastSuccess(connection),
    creator_enrich_simulated: unlabelled(simulated ? 1 : 0),
    creator_enrich_ambiguous_calls: unlabelled(await unresolvedCalls(connection)),
    creator_enrich_creators: await creators(connection),
    creator_enrich_spent_money: [
      ...spent('day', (day) => day === today),
      ...spent('month', (day) => day.startsWith(month)),
    ],
    creator_enrich_spent_period_end_timestamp_seconds: [
      [{ period: 'day' }, nextDayIn(timeZone, now) / 1000],
      [{ period: 'month' }, nextMonthIn(timeZone, now) / 1000],
    ],
    ...(await samplesOfLists(connection, question)),
  }
}

async function lastSuccess(connection: Connection): Promise<Sample[]> {
  const row = await first<{ at: number | null }>(
    connection,
    'SELECT max(finished_at) AS at FROM runs WHERE exit_code = 0',
  )
  return unlabelled(row?.at ? Math.round(row.at / 1000) : null)
}

async function creators(connection: Connection): Promise<Sample[]> {
  const rows = await all<{ status: string; creators: number }>(
    connection,
    'SELECT status, count(*) AS creators FROM creators GROUP BY status ORDER BY status',
  )
  return rows.map((row) => [{ status: row.status }, row.creators])
}

/** Rounded to a hundredth of a cent, as in a receipt. */
function rounded(amount: number): number {
  return Math.round(amount * 1e4) / 1e4
}

/** The start of the next calendar month in a zone. */
function nextMonthIn(timeZone: string, time: number): number {
  const month = dayIn(timeZone, time).slice(0, 7)
  const [year, number] = month.split('-').map(Number) as [number, number]
  // Two days before the month ends in UTC, it is not over in any zone.
  let at = Math.max(time, Date.UTC(year, number) - 2 * DAY_MS)
  while (dayIn(timeZone, at).startsWith(month)) at = nextDayIn(timeZone, at)
  return at
}
