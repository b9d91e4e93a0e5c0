import type { Settings } from '../config/options.js'
import type { PlanOptions } from '../plan/plan.js'

/** What the settings say of who is asked, for a run that starts now. */
export function planOptionsOf({ maxAge, retryFailed, onAmbiguous }: Settings, startedAt: number): PlanOptions {
  return { startedAt, maxAgeMs: maxAge, retryFailed: retryFailed ?? false, onAmbiguous }
}
