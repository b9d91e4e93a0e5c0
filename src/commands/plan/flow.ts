import { withPrice } from '../../config/settings.js'
import { liveEffects } from '../../core/effects.js'
import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { planText } from './planReport.js'
import { planRun } from './planRun.js'
import { pipelineFor } from '../../publish/folderPipeline.js'

/** Prints what a run of the same inputs would fetch and cost now, without a call. */
export async function planFlow({ config, logger, inputs, ...invocation }: Invocation): Promise<number> {
  const effects = liveEffects(logger.log)
  const pipeline = await pipelineFor(invocation.settings)
  const settings = withPrice(invocation.settings, pipeline)
  const report = await planRun({ inputs, settings, configFile: config.file, pipeline, effects })
  print(settings, report, () => planText(report))
  return 0
}
