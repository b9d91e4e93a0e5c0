import { liveEffects } from '../../core/effects.js'
import { loadPipeline } from '../../model/pipeline.js'
import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { planText } from './planReport.js'
import { planRun } from './planRun.js'

/** Prints what a run of the same inputs would fetch and cost now, without a call. */
export async function planFlow({ settings, config, logger, inputs }: Invocation): Promise<number> {
  const effects = liveEffects(logger.log)
  const pipeline = await loadPipeline(settings.pipeline)
  const report = await planRun({ inputs, settings, configFile: config.file, pipeline, effects })
  print(settings, report, () => planText(report))
  return 0
}
