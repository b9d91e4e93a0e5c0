import { UsageError } from '../../core/errors.js'
import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { exportPerson } from './exportPerson.js'
import { personSummary } from './personReport.js'
import { pipelineFor } from '../../publish/folderPipeline.js'

/** Writes all that is known of one person into a folder, and prints what was written. */
export async function personFlow({ settings, logger, inputs }: Invocation): Promise<number> {
  const pipeline = await pipelineFor(settings)
  const parsed = pipeline.parseId(inputs[0]!)
  // The text is not shown: it may hold personal data.
  if (!('id' in parsed)) throw new UsageError(`the argument is not an id (${parsed.reason}): ${parsed.remedy}`)
  const { id } = parsed
  const log = (message: string): void => logger.log('info', message)
  const report = await exportPerson({ id, settings, pipeline, now: () => Date.now(), log })
  print(settings, report, () => personSummary(report))
  return 0
}
