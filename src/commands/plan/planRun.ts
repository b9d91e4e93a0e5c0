import { pathExists } from '../../core/absent.js'
import { first, openDatabase, type Connection } from '../../core/duckdb.js'
import { Resources } from '../../core/resources.js'
import { layoutOf, type Layout } from '../../dataFolder/layout.js'
import { lostCaps, lostConfig } from '../../dataFolder/lostConfig.js'
import { readRunState } from '../../dataFolder/runStatus.js'
import { withSpill } from '../../dataFolder/spill.js'
import type { ListChange } from '../../load/listChanges.js'
import { applyKnown, unresolvedInputs, type UnresolvedInput, type UnresolvedInputs } from '../../load/resolvedIds.js'
import { bringUpToDate } from '../../load/schema/schema.js'
import { NEWEST_RUNS_FIRST } from '../../model/clock.js'
import type { Pipeline } from '../../model/pipeline.js'
import { priceOfInputs } from '../../model/resolution.js'
import { plan, type PlanCounts, planOptionsOf } from '../../plan/plan.js'
import { callsOfMonth, type MonthCalls } from '../../plan/monthCalls.js'
import { openTombstones } from '../../privacy/tombstones.js'
import { restorable, withPublished } from '../../publish/openPublished.js'
import type { NamedInput } from '../../read/readInput.js'
import { otherPipelines } from '../../run/buildReceipt.js'
import { logListChanges, refusedChange } from '../../run/checkLists.js'
import type { RunContext } from '../../run/context.js'
import { foreignLists } from '../../run/foreignLists.js'
import { openInputs, loadMembers } from '../../run/openInputs.js'
import { trackedInputs } from '../../run/storedInputs.js'
import type { PlanReport, ResolvableKind } from './planReport.js'

/**
 * Reads the inputs and plans as a run would, against the published file. Needs no call, no token and no lock, and writes
 * nothing in the data folder, so a run may be on meanwhile.
 * @throws UsageError when an input cannot be used
 */
export async function planRun(
  context: Pick<RunContext, 'inputs' | 'settings' | 'configFile' | 'pipeline' | 'effects'>,
): Promise<PlanReport> {
  const { settings, configFile, pipeline, effects } = context
  const layout = layoutOf(settings.data)
  const open = new Resources()
  try {
    const given = await openInputs(context, open)
    const forgotten = await openTombstones(layout, effects)
    return await withKnown(layout, context, async (connection) => {
      const inputs = settings.tracked ? await trackedInputs(connection, pipeline, layout.data) : given
      await loadMembers(inputs, { connection, pipeline, forgotten })
      await applyKnown(connection, pipeline)
      const unresolved = await unresolvedInputs(connection, pipeline, settings)
      const foreign = await foreignLists(connection, pipeline)
      const changes = await logListChanges(connection, inputs, effects)
      const refused =
        lostConfig(layout, settings, configFile) ??
        lostCaps(layout, settings, configFile) ??
        (await refusedChange(connection, changes, inputs, layout))
      if (refused) effects.log('warn', `a run would stop: ${refused.message}`, 'run_would_stop')
      const now = effects.now()
      const options = planOptionsOf(settings, pipeline, now)
      const counts = await plan(connection, options)
      return reportOf(counts, inputs, {
        layout,
        foreign,
        changes,
        unresolved,
        now,
        settings,
        pipeline,
        measured: await readApiPace(connection),
        month: settings.tracked ? await callsOfMonth(connection, options) : undefined,
        simulated: await isSimulated(connection),
      })
    })
  } finally {
    await open.close()
  }
}

/** Works on the published file, or on empty tables when nothing is published. */
async function withKnown<T>(
  layout: Layout,
  { settings, pipeline, effects }: Pick<RunContext, 'settings' | 'pipeline' | 'effects'>,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  if (pathExists(layout.database)) {
    return withPublished(layout, work)
  }
  const lost = await restorable(layout)
  if (lost && settings.tracked) throw lost
  if (lost) {
    effects.log('warn', `${lost.message}. Until then every id counts as never fetched here`, 'nothing_published')
  }
  return withSpill(layout, async (folder) => {
    const empty = await openDatabase(':memory:', folder === undefined ? {} : { tempDirectory: folder })
    try {
      await bringUpToDate({ connection: empty.connection, path: layout.database, pipeline })
      return await work(empty.connection)
    } finally {
      await empty.close()
    }
  })
}

async function isSimulated(connection: Connection): Promise<boolean> {
  const folder = await first<{ simulated: boolean | null }>(connection, 'SELECT simulated FROM data_folder')
  return folder?.simulated ?? false
}

interface PlanContext {
  /** In the order of the inputs. */
  readonly changes: readonly ListChange[]
  readonly foreign: ReadonlyMap<string, readonly string[]>
  readonly unresolved: UnresolvedInputs
  readonly layout: Layout
  readonly now: number
  readonly settings: RunContext['settings']
  readonly pipeline: Pipeline
  readonly measured: ApiPace
  /** Undefined without `--tracked`. */
  readonly month: MonthCalls | undefined
  readonly simulated: boolean
}

function reportOf(
  counts: PlanCounts,
  inputs: readonly NamedInput[],
  { layout, foreign, changes, unresolved, now, settings, pipeline, measured, month, simulated }: PlanContext,
): PlanReport {
  const { rows, ids, rejectedRows, rejectedByReason, byDecision, byReason } = counts
  const { price, concurrency, rate = null } = settings
  const { due, fresh, known_empty, known_failed, invalid, held, skipped } = byDecision
  const { isOn, isCutOff } = readRunState(layout)
  const { latencyMs, limitPerSecond } = measured
  const paces = [
    latencyMs && (due.ids * latencyMs) / 1000 / concurrency,
    limitPerSecond && due.ids / limitPerSecond,
    rate && due.ids / rate,
  ]
  const seconds = paces.filter((each): each is number => each !== null)
  return {
    data: layout.data,
    planned_at: new Date(now).toISOString(),
    lists: inputs.map(({ name, source, idColumn }, at) => {
      const { added, removed } = changes[at]!
      const others = otherPipelines(foreign.get(name))
      return { list: name, source, id_column: idColumn.name, added, removed, ...others }
    }),
    rows,
    ids,
    rejected: { rows: rejectedRows, reasons: rejectedByReason },
    due: {
      ...due,
      reasons: byReason.flatMap(({ decision, ...reason }) => (decision === 'due' ? [reason] : [])),
    },
    known: {
      fresh: fresh.ids,
      empty: known_empty.ids,
      failed: known_failed.ids,
      invalid: invalid.ids,
      held: held.ids,
      skipped: skipped.ids,
    },
    money: {
      currency: pipeline.vendor.currency,
      price,
      due: Math.round(due.ids * price * 1e4) / 1e4,
      ...(month ? { month: { ...month, cost: Math.round(month.calls * price * 1e4) / 1e4 } } : {}),
    },
    ...(settings.resolve
      ? { resolve: resolveCosts(unresolved, pipeline, price) }
      : unresolved.due.length > 0 && { resolvable: { kinds: kindsOf(unresolved.due, pipeline) } }),
    simulated,
    time: {
      seconds: due.ids === 0 ? 0 : seconds.length === 0 ? null : Math.max(...seconds),
      concurrency,
      rate,
      latency_ms: latencyMs,
      limit_per_second: limitPerSecond,
    },
    caveat: isOn ? 'running' : isCutOff ? 'cut_off' : null,
  }
}

function resolveCosts(
  { due, held }: UnresolvedInputs,
  pipeline: Pipeline,
  price: number,
): NonNullable<PlanReport['resolve']> {
  const amount = (sum: number): number => Math.round(sum * 1e4) / 1e4
  return {
    kinds: kindsOf(due, pipeline),
    held: held.length,
    cost: amount(priceOfInputs(pipeline, due)),
    profiles: amount(due.length * price),
  }
}

function kindsOf(due: readonly UnresolvedInput[], { resolvers = [] }: Pipeline): ResolvableKind[] {
  return resolvers
    .map(({ kind, title, price }) => {
      return { kind, title, inputs: due.filter((input) => input.kind === kind).length, price }
    })
    .filter(({ inputs }) => inputs > 0)
}

/** Number of runs that the pace of the API is taken from. */
const RUNS = 5

/** The pace that earlier runs measured; null when none did. */
export interface ApiPace {
  /** Median time of a billed answer in the last runs with calls, milliseconds. */
  readonly latencyMs: number | null
  /** Calls a second that the API allowed in the last run with calls. */
  readonly limitPerSecond: number | null
}

/** Reads how fast the API was in the last runs. */
export async function readApiPace(connection: Connection): Promise<ApiPace> {
  const found = await first<ApiPace>(
    connection,
    `WITH last AS (SELECT run_id FROM runs WHERE calls > 0 ORDER BY ${NEWEST_RUNS_FIRST} LIMIT ${RUNS})
     SELECT
       (SELECT sum(p50_ms * calls) / sum(calls) FROM run_codes
        WHERE billed > 0 AND p50_ms IS NOT NULL AND run_id IN (SELECT run_id FROM last)) AS "latencyMs",
       (SELECT limit_per_second FROM runs WHERE calls > 0 ORDER BY ${NEWEST_RUNS_FIRST} LIMIT 1) AS "limitPerSecond"`,
  )
  return found!
}
