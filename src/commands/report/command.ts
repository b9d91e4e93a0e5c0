import type { Effects } from '../../core/effects.js'
import { layoutOf } from '../../dataFolder/layout.js'
import { takeLock } from '../../dataFolder/lock.js'
import type { Settings } from '../../config/options.js'
import type { Pipeline } from '../../model/pipeline.js'
import { checkPublished } from '../../publish/checkPublished.js'
import { writeReport } from '../../report/writeReport.js'

/**
 * Writes the report of the newest run anew from what is published. It owns the folder meanwhile: somebody who is being
 * forgotten must not come back with a report.
 * @returns its path, absolute
 * @throws BusyError while a run is on, UsageError when nothing is published
 */
export async function reportFolder(settings: Settings, pipeline: Pipeline, effects: Effects): Promise<string> {
  const layout = layoutOf(settings.data)
  // Before the lock, which would make a folder.
  checkPublished(layout)
  const lock = await takeLock(layout)
  try {
    return await writeReport(layout, pipeline, { now: effects.now() })
  } finally {
    lock.release()
  }
}
