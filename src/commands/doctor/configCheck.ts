import { configKey } from '../../config/configSchema.js'
import type { Settings } from '../../config/settings.js'
import { layoutOf } from '../../dataFolder/layout.js'
import { lostCaps, lostConfig } from '../../dataFolder/lostConfig.js'
import { planOptionsOf } from '../../plan/plan.js'
import { pipelineFor } from '../../publish/folderPipeline.js'
import type { FoundConfig } from '../command.js'
import { ok, warn, type CheckResult } from './check.js'

/**
 * Says what the config file sets.
 * @throws UsageError when there is one that cannot be used, one is gone, or settings do not fit the pipeline
 */
export async function configCheck(settings: Settings, { file, problem }: FoundConfig = {}): Promise<CheckResult> {
  const layout = layoutOf(settings.data)
  const unusable = problem ?? lostConfig(layout, settings, file)
  if (unusable) throw unusable
  planOptionsOf(settings, await pipelineFor(settings), 0)
  const caps = lostCaps(layout, settings, file)
  if (caps) return warn(`a run that sets no cap itself would stop: ${caps.message}`)
  if (file === undefined) return ok('none: flags, the environment and the defaults hold')
  const names = Object.keys(file.values).map(configKey)
  return ok(`${file.path} sets ${names.join(', ') || 'nothing'}`)
}
