import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { CONFIG_NAME, type ConfigFile } from '../config/configFile.js'
import { configKey } from '../config/configSchema.js'
import type { Settings } from '../config/options.js'
import { isAbsent, pathExists, unreadablePath } from '../core/absent.js'
import { replaceFile } from '../core/atomicFile.js'
import { UsageError } from '../core/errors.js'
import type { Layout } from './layout.js'

const kept = z.object({ version: z.literal(1), sets: z.array(z.string()) })

/**
 * The error of a run that would go on without the settings of a config file that is gone: caps may have stood in it.
 * @param file the config file in use
 * @returns undefined if nothing is lost, or `--config` names another file
 */
export function lostConfig(
  { data, keptConfig }: Layout,
  { config }: Pick<Settings, 'config'>,
  file: ConfigFile | undefined,
): UsageError | undefined {
  const sets = file === undefined && config === undefined ? readKept(keptConfig) : []
  if (sets.length === 0) return undefined
  const path = join(data, CONFIG_NAME)
  return new UsageError(
    `${path} is gone: the last run took ${sets.join(', ')} from it; nothing was sent: put the file back, or put one with {} in its place to go on without these settings`,
  )
}

/** Keeps the names of what the folder's own config file sets, so that its loss shows. The folder must be locked. */
export async function keepConfig({ data, keptConfig }: Layout, file: ConfigFile | undefined): Promise<void> {
  if (file?.path !== join(data, CONFIG_NAME)) return
  const sets = Object.keys(file.values).map(configKey)
  if (sets.join() === readKept(keptConfig).join()) return
  const text = `${JSON.stringify({ version: 1, sets })}\n`
  if (sets.length > 0) await replaceFile(keptConfig, (part) => writeFile(part, text))
  else if (pathExists(keptConfig)) await rm(keptConfig)
}

/** A file with another content keeps nobody from a run: the next one with a config file writes it again. */
function readKept(path: string): readonly string[] {
  try {
    return kept.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data?.sets ?? []
  } catch (error) {
    if (error instanceof SyntaxError || isAbsent(error)) return []
    throw unreadablePath(path, error)
  }
}
