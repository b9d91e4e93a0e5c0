import { configKey } from '../../config/configSchema.js'
import type { FoundConfig } from '../command.js'

/**
 * Says what the config file sets.
 * @throws UsageError when there is one that cannot be used
 */
export function configCheck({ file, problem }: FoundConfig = {}): string {
  if (problem) throw problem
  if (file === undefined) return 'none: flags, the environment and the defaults hold'
  const names = Object.keys(file.values).map(configKey)
  return `${file.path} sets ${names.join(', ') || 'nothing'}`
}
