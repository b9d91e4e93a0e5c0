import type { UnresolvedInput } from '../load/resolvedIds.js'
import type { Warehouse } from '../load/warehouse.js'
import type { PlanCounts } from '../plan/plan.js'
import type { Fetched } from './fetchDue.js'
import type { OpenRun } from './openRun.js'

/** What takes the place of the calls to the API in a run. */
export interface CallSource {
  /** The stored lists that the run settles again; absent: it reads its inputs. */
  readonly lists?: readonly string[]
  /** Completes what an earlier run of this source left, before the journal is recovered. */
  prepare?(run: OpenRun): Promise<void>
  /**
   * @param lists the names of the lists that the run has read
   * @param unresolved inputs to ask the API for; none if the calls are made elsewhere
   * @returns what this run has of the due ids; its calls are in a closed journal segment
   */
  fetch(
    run: OpenRun,
    warehouse: Warehouse,
    planned: PlanCounts,
    lists: readonly string[],
    unresolved: readonly UnresolvedInput[],
  ): Promise<Fetched>
  /** Is called when the rows of the lists say what this run has done, and are published. */
  published?(run: OpenRun): Promise<void>
}
