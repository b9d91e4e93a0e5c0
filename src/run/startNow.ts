import { runIdAt } from '../core/time.js'
import type { RunStart } from '../model/call.js'

/** The start of a command: its id is in each record of its log. */
export function startNow(): RunStart {
  const startedAt = Date.now()
  return { startedAt, runId: runIdAt(startedAt, Math.random()) }
}
