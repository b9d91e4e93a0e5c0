import { runIdAt } from '../core/time.js'
import type { RunStart } from '../model/call.js'

/** Makes the id of a command that starts now, or at another time of a simulated clock. */
export function startNow(now = Date.now()): RunStart {
  return { runId: runIdAt(now, Math.random()) }
}
