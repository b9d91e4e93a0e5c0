import type { Connection } from '../core/duckdb.js'
import type { Effects } from '../core/effects.js'
import { plural } from '../core/text.js'
import type { ClockCheck } from '../fetch/clockCheck.js'
import type { DueId } from '../model/call.js'
import { dueIds, planAsDated, type PlanCounts } from '../plan/plan.js'

/**
 * Warns about answers that are dated ahead.
 * @returns whether ids are due because their answers are dated ahead
 */
export function reportAhead({ byReason }: PlanCounts, { log }: Pick<Effects, 'log'>): boolean {
  const ahead = byReason.find(({ reason }) => reason === 'ahead')
  if (!ahead) return false
  log(
    'warn',
    `the answers of ${plural(ahead.ids, 'id')} are dated more than an hour ahead of this machine's clock: the API's time in the first answer shows whether this clock is wrong (exit 7), or whether it was when they were stored; then these ids are fetched once more`,
    'clock_ahead',
  )
  return true
}

/**
 * The due ids of a plan with answers that are dated ahead. The first one goes alone, because its answer shows whether the own
 * clock is right. If the API does not say its time, nothing is known: the others count as they are dated.
 * @param onPlan gets the plan that remains then
 */
export async function* dueIdsByClock(
  connection: Connection,
  clock: ClockCheck,
  onPlan: (planned: PlanCounts) => void,
): AsyncGenerator<DueId> {
  for await (const due of dueIds(connection)) {
    yield { ...due, alone: true }
    break
  }
  if (!clock.isConfirmed) onPlan(await planAsDated(connection, 1))
  yield* dueIds(connection, 1)
}
