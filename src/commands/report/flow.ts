import type { Settings } from '../../config/settings.js'
import { type Effects, liveEffects } from '../../core/effects.js'
import { UsageError } from '../../core/errors.js'
import { layoutOf } from '../../dataFolder/layout.js'
import { takeLock } from '../../dataFolder/lock.js'
import { warnOfRoot } from '../../dataFolder/warnOfRoot.js'
import type { Pipeline } from '../../model/pipeline.js'
import { checkPublished } from '../../publish/openPublished.js'
import { writeListReport, writeReport } from '../../report/writeReport.js'
import { writeOut } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { pipelineFor } from '../../publish/folderPipeline.js'

/**
 * Writes the report of the newest run again, or that of one list, from the published file. Holds the lock, so that a `forget`
 * at the same time cannot miss the report.
 * @returns the absolute path of the report
 * @throws BusyError while a run holds the folder
 * @throws UsageError when nothing is published, or no list has this name
 */
async function reportFolder(settings: Settings, pipeline: Pipeline, effects: Effects): Promise<string> {
  const { reportList, withColumns = false, keepReports, lang } = settings
  if (withColumns && reportList === undefined) {
    throw new UsageError('--with-columns belongs to the report of one list: give its name with --list')
  }
  const layout = layoutOf(settings.data)
  // Before the lock: taking it would create the folder.
  await checkPublished(layout)
  const lock = await takeLock(layout)
  try {
    warnOfRoot(layout, effects)
    return reportList === undefined
      ? await writeReport(layout, pipeline, { keep: keepReports, lang })
      : await writeListReport(layout, pipeline, reportList, { withColumns, lang })
  } finally {
    await lock.release()
  }
}

/** Writes the HTML report, and prints its path. */
export async function reportFlow({ settings, logger }: Invocation): Promise<number> {
  const effects = liveEffects(logger.log)
  const path = await reportFolder(settings, await pipelineFor(settings), effects)
  writeOut(`${path}\n`)
  return 0
}
