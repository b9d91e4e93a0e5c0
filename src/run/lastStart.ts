import { pathExists } from '../core/absent.js'
import type { Effects } from '../core/effects.js'
import { EXIT, messageOf } from '../core/errors.js'
import type { Layout } from '../dataFolder/layout.js'
import { takeLock } from '../dataFolder/lock.js'
import { refusePlantedLinks } from '../dataFolder/plantedLinks.js'
import type { RunStatus } from '../dataFolder/runStatus.js'
import { writeFailedStart, type FailedStart } from '../dataFolder/startFile.js'
import { samplesOfStart, setMetrics } from './metricsFile.js'

/**
 * Whether a run that ended with an error could not start: it ended before its first call. The metrics stay those of the
 * last run that did start.
 * @param last the status as the error came; undefined if the run never had the folder
 */
export function couldNotStart(exitCode: number, last: RunStatus | undefined): boolean {
  if (exitCode === EXIT.interrupted || exitCode === EXIT.terminated) return false
  if (!last || ['starting', 'recovering', 'reading', 'planning'].includes(last.phase)) return true
  return last.phase === 'fetching' && (last.calls ?? 0) === 0
}

/**
 * Keeps a start that failed: for `status`, and in the metrics. Those are written with the lock only. While a run holds the
 * folder, they stay as they are: that run writes them at its end. Never fails.
 */
export async function recordFailedStart(layout: Layout, failed: FailedStart, log: Effects['log']): Promise<void> {
  try {
    // A folder that was deleted or moved, or never had a run, is not created.
    if (!pathExists(layout.state)) return
    await refusePlantedLinks(layout)
    await writeFailedStart(layout, failed)
    if (failed.exit_code === EXIT.busy) return
    const lock = await takeLock(layout)
    await setMetrics(layout, samplesOfStart(Date.parse(failed.at), failed.exit_code)).finally(() => lock.release())
  } catch (error) {
    log('debug', `the failed start is not kept: ${messageOf(error)}`, 'metrics_failed')
  }
}
