import { liveEffects } from '../../core/effects.js'
import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { noneTracked } from '../lists/noneTracked.js'
import { untrack } from './untrack.js'
import { pipelineFor } from '../../publish/folderPipeline.js'

/** Makes `run --tracked` leave a list out from now on. */
export async function untrackFlow({ settings, logger, inputs }: Invocation): Promise<number> {
  const effects = liveEffects(logger.log)
  const list = inputs[0]!
  const { wasTracked, trackedLists } = await untrack(list, settings, await pipelineFor(settings), effects)
  const change = wasTracked ? 'is not tracked any more' : 'was not tracked'
  const result = { list, was_tracked: wasTracked, tracked_lists: trackedLists }
  print(settings, result, () => `${list} ${change}; its rows and its history stay\n${noneTracked(trackedLists)}`)
  return 0
}
