import { isLoopback } from '../config/loopback.js'
import type { Settings } from '../config/settings.js'
import { first, type Connection } from '../core/duckdb.js'
import { UsageError } from '../core/errors.js'
import { count, longMoneyText, plural } from '../core/text.js'
import { NEWEST_RUNS_FIRST } from '../model/clock.js'
import type { UnresolvedInput } from '../load/resolvedIds.js'
import { priceOfInputs } from '../model/resolution.js'
import type { PlanCounts } from '../plan/plan.js'
import type { OpenRun } from './openRun.js'

/** A night of the tracked lists needs no yes up to this many times the ids of the last full one. */
const USUAL_GROWTH = 2

/**
 * Stops a run that has no cap and would cost more than `--confirm-above`: probably the file or the data folder is the wrong
 * one. Calls to this machine cost nothing.
 * @throws UsageError with the price, before anything is sent
 */
export async function confirmPrice(
  { settings, api, layout, pipeline }: OpenRun,
  connection: Connection,
  planned: PlanCounts,
  unresolved: readonly UnresolvedInput[],
): Promise<void> {
  const { yes, confirmAbove, price, tracked } = settings
  const due = planned.byDecision.due.ids + unresolved.length
  const cost = due * price + priceOfInputs(pipeline, unresolved)
  if (yes || hasCap(settings) || cost <= confirmAbove) return
  if (api.base === undefined || isLoopback(api.base.hostname)) return
  if (tracked && due <= USUAL_GROWTH * (await idsOfLastNight(connection))) return
  const found = unresolved.length > 0 ? `, ${count(unresolved.length)} of them to be found by --resolve,` : ''
  throw new UsageError(
    `${plural(due, 'id')} to be fetched into ${layout.data}${found} would cost ${longMoneyText(cost, pipeline.vendor.currency)}, which is more than --confirm-above ${count(confirmAbove)}, and no cap is named; nothing was sent. Check the input and --data; then add --yes, or a cap with --budget or --max-calls`,
  )
}

function hasCap({ maxCalls, budget, budgetPerDay }: Settings): boolean {
  return maxCalls !== undefined || budget !== undefined || budgetPerDay !== undefined
}

async function idsOfLastNight(connection: Connection): Promise<number> {
  const found = await first<{ ids: number }>(connection, LAST_NIGHT)
  return found!.ids
}

/** Before the first full night, the runs that read the tracked lists stand for one. */
const LAST_NIGHT = `
WITH full_runs AS (SELECT * FROM runs WHERE status = 'done' AND ids_parked = 0)
SELECT coalesce(
  (SELECT ids_read FROM full_runs WHERE tracked ORDER BY ${NEWEST_RUNS_FIRST} LIMIT 1),
  (SELECT sum(lists.ids) FROM lists JOIN full_runs USING (run_id) WHERE lists.tracked),
  0
)::BIGINT AS ids`
