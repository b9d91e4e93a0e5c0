import { liveEffects } from '../../core/effects.js'
import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { removedText, removeList } from './remove.js'
import { pipelineFor } from '../../publish/folderPipeline.js'

/** Removes a list, and prints what is gone and what stays. */
export async function removeListFlow({ settings, logger, inputs }: Invocation): Promise<number> {
  const effects = liveEffects(logger.log)
  const pipeline = await pipelineFor(settings)
  const removed = await removeList(inputs[0]!, settings, pipeline, effects)
  print(settings, removed, () => removedText(removed, pipeline.timeZone))
  return 0
}
