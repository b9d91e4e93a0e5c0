import { layoutOf } from '../../dataFolder/layout.js'
import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { namedPerson } from '../namedPerson.js'
import { exportPerson } from './exportPerson.js'
import { personSummary } from './personReport.js'
import { pipelineFor } from '../../publish/folderPipeline.js'

/** Writes all that is known of one person into a folder, and prints what was written. */
export async function personFlow({ settings, logger, inputs }: Invocation): Promise<number> {
  const pipeline = await pipelineFor(settings)
  const { id, by } = await namedPerson(inputs[0]!, 'the argument', { pipeline, layout: layoutOf(settings.data) })
  if (by !== undefined) logger.log('info', `the argument, a ${by}, stands for the id ${id}`)
  const log = (message: string): void => logger.log('info', message)
  const report = await exportPerson({ id, settings, pipeline, now: () => Date.now(), log })
  print(settings, report, () => personSummary(report))
  return 0
}
