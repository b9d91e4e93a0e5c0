import { runIdAt } from '../core/time.js'
import type { RunStart } from '../model/call.js'

/** Makes the id of a command that starts now. */
export function startNow(): RunStart {
  return { runId: runIdAt(Date.now(), Math.random()) }
}
