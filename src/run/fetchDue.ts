import type { Connection } from '../core/duckdb.js'
import { Resources } from '../core/resources.js'
import { count, plural } from '../core/text.js'
import { warnOfSpace } from '../dataFolder/preflight.js'
import type { FetchResult } from '../fetch/fetchAll.js'
import type { Stop } from '../fetch/stop.js'
import type { UnresolvedInput } from '../load/resolvedIds.js'
import { claimKind } from '../load/schema/schema.js'
import type { Staging } from '../load/stage.js'
import type { Warehouse } from '../load/warehouse.js'
import type { ResolvedReceipt } from '../model/receipt.js'
import { dueIds, plan, planOptionsOf, type PlanCounts } from '../plan/plan.js'
import { CallSession } from './callSession.js'
import { dueIdsByClock, reportAhead } from './clock.js'
import { tokenFor } from './connectApi.js'
import type { OpenRun } from './openRun.js'
import { refuseQueued } from './refuseQueued.js'
import { resolveInputs } from './resolveInputs.js'
import { warnOfCaps } from './warnOfCaps.js'

export interface Fetched extends FetchResult {
  /** Ids, and inputs of resolvers, with at least one call. */
  readonly askedIds: number
  /** The closed journal segment with the calls; undefined if no call was made. */
  readonly segment: string | undefined
  /** Whether ids without a call wait in a queue, to be fetched elsewhere. */
  readonly isQueued?: true
  /** When the ids were asked for, if not by this run: ages count from then, milliseconds since 1970. */
  readonly askedAt?: number
  /** Why a resolver was given up; the run went on. */
  readonly resolverStop?: Stop
  /** What became of inputs that were to be resolved; absent if there were none. */
  readonly resolved?: Omit<ResolvedReceipt, 'held'>
  /** The plan as it was carried out. */
  readonly planned: PlanCounts
  /** Whether the API's time has confirmed the own clock. */
  readonly isClockConfirmed: boolean
  /** Its calls as rows; undefined if they could not be staged and must be read from the segment. */
  readonly staging: Staging | undefined
}

/** What a run has that makes no call. */
export const NOTHING_FETCHED: Omit<Fetched, 'planned'> = {
  calls: 0,
  askedIds: 0,
  useless: false,
  unfinished: new Set(),
  seconds: 0,
  learned: {},
  segment: undefined,
  isClockConfirmed: false,
  staging: undefined,
}

/**
 * Resolves inputs, plans again with the ids that were found, and fetches the due ids. Every call is kept in a new journal
 * segment, and staged for the load once it is durable.
 * @param lists the names of the lists that the run has read
 * @param unresolved inputs whose ids the API is to be asked for
 * @throws UsageError without a token, before anything is sent
 * @throws LocalError if a call could not be made durable; sending has stopped
 */
export async function fetchDue(
  run: OpenRun,
  { connection }: Warehouse,
  planned: PlanCounts,
  lists: readonly string[],
  unresolved: readonly UnresolvedInput[] = [],
): Promise<Fetched> {
  const { settings, layout, pipeline, effects } = run
  const due = planned.byDecision.due.ids
  const asked =
    unresolved.length > 0 ? `, ${plural(unresolved.length, 'link or name', 'links and names')} to resolve` : ''
  effects.log(
    'info',
    `${plural(planned.ids, 'id')} in ${plural(planned.rows, 'row')}: ${count(due)} to fetch, ${count(planned.ids - due)} known${asked}`,
    'planned',
    { rows: planned.rows, ids: planned.ids, due, to_resolve: unresolved.length },
  )
  const total = due + unresolved.length
  if (total === 0) return { ...NOTHING_FETCHED, planned }
  await refuseQueued(connection, layout, unresolved.length > 0)
  warnOfCaps(run, total)
  const token = tokenFor(run, plural(total, 'id'))
  await claimKind(connection, layout.data, run.api.simulated)
  const open = new Resources()
  try {
    await warnOfSpace(layout, total, effects)
    const session = await CallSession.open(run, connection, { token, total, lists }, open)
    let isFetched = false
    open.add(() => {
      if (!isFetched) session.abandon()
    })
    let carriedOut = planned
    let resolved: Fetched['resolved']
    if (unresolved.length > 0) {
      resolved = await resolveInputs(session, connection, pipeline.resolvers ?? [], unresolved)
      carriedOut = await plan(connection, planOptionsOf(settings, pipeline, run.header.startedAt))
      session.tally.total += carriedOut.byDecision.due.ids - due
    }
    if (session.result.stop === undefined) carriedOut = await fetchPlanned(session, run, connection, carriedOut)
    isFetched = true
    return {
      ...session.result,
      ...(resolved && { resolved }),
      ...(session.resolverStop && { resolverStop: session.resolverStop }),
      askedIds: session.tally.started,
      segment: session.segment,
      planned: carriedOut,
      isClockConfirmed: session.clock.isConfirmed,
      staging: session.staging,
    }
  } finally {
    await open.close()
  }
}

/** @returns the plan as it was carried out */
async function fetchPlanned(
  session: CallSession,
  { effects }: OpenRun,
  connection: Connection,
  planned: PlanCounts,
): Promise<PlanCounts> {
  const { clock } = session
  let carriedOut = planned
  const isAhead = reportAhead(planned, effects)
  await session.pass({
    ids: isAhead ? dueIdsByClock(connection, clock, (left) => (carriedOut = left)) : dueIds(connection),
  })
  if (isAhead && carriedOut !== planned)
    effects.log(
      'warn',
      'the first answer does not say whether the clock is right: answers count as they are dated',
      'clock_unconfirmed',
    )
  return carriedOut
}
