import { configKey } from '../../config/configSchema.js'
import type { Settings } from '../../config/options.js'
import { layoutOf } from '../../dataFolder/layout.js'
import { lostConfig } from '../../dataFolder/lostConfig.js'
import { planOptionsOf } from '../../plan/plan.js'
import type { FoundConfig } from '../command.js'
import { pipelineFor } from '../../publish/folderPipeline.js'

/**
 * Says what the config file sets.
 * @throws UsageError when there is one that cannot be used, one is gone, or settings do not fit the pipeline
 */
export async function configCheck(settings: Settings, { file, problem }: FoundConfig = {}): Promise<string> {
  const unusable = problem ?? lostConfig(layoutOf(settings.data), settings, file)
  if (unusable) throw unusable
  planOptionsOf(settings, await pipelineFor(settings), 0)
  if (file === undefined) return 'none: flags, the environment and the defaults hold'
  const names = Object.keys(file.values).map(configKey)
  return `${file.path} sets ${names.join(', ') || 'nothing'}`
}
