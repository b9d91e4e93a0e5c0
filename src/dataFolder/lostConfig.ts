import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { CONFIG_NAME, type ConfigFile } from '../config/configFile.js'
import { configKey } from '../config/configSchema.js'
import type { OptionName } from '../config/options.js'
import type { Settings } from '../config/settings.js'
import { isAbsent, pathExists, unreadablePath } from '../core/absent.js'
import { replaceFile } from '../core/atomicFile.js'
import { UsageError } from '../core/errors.js'
import type { Layout } from './layout.js'

/** `sets` is of the folder's own file; `named` of the last one that `--config` named, with the caps that it sets. */
const kept = z.object({
  version: z.literal(1),
  sets: z.array(z.string()),
  named: z.object({ file: z.string(), caps: z.array(z.string()) }).optional(),
})

type Kept = Omit<z.infer<typeof kept>, 'version'>

const CAPS = ['maxCalls', 'budget', 'budgetPerDay'] as const satisfies readonly OptionName[]

/**
 * The error of a run that would go on without the settings of the folder's config file, which is gone: caps may have stood in
 * it.
 * @param file the config file in use
 * @returns undefined if nothing is lost, or `--config` names a file
 */
export function lostConfig(
  { data, keptConfig }: Layout,
  { config }: Pick<Settings, 'config'>,
  file: ConfigFile | undefined,
): UsageError | undefined {
  const sets = file === undefined && config === undefined ? readKept(keptConfig).sets : []
  if (sets.length === 0) return undefined
  const path = join(data, CONFIG_NAME)
  return new UsageError(
    `${path} is gone: the last run took ${sets.join(', ')} from it; nothing was sent: put the file back, or put one with {} in its place to go on without these settings`,
  )
}

/**
 * The error of a run that would go on without the caps of the file that `--config` named last.
 * @param settings of the run, or of a command that takes no caps
 * @param file the config file in use
 * @returns undefined if the run has these caps, or `--config` names a file
 */
export function lostCaps(
  { keptConfig }: Layout,
  settings: Pick<Settings, 'config' | (typeof CAPS)[number]>,
  file: ConfigFile | undefined,
): UsageError | undefined {
  const { named } = settings.config === undefined ? readKept(keptConfig) : {}
  if (named === undefined) return undefined
  const missing = CAPS.filter((name) => settings[name] === undefined && file?.values[name] === undefined).map(configKey)
  const lost = named.caps.filter((cap) => missing.includes(cap))
  if (lost.length === 0) return undefined
  return new UsageError(
    `no --config: the last run with one took ${lost.join(', ')} from ${named.file}; nothing was sent: name this file again, set ${lost.length > 1 ? 'these caps' : 'this cap'} in another way, or name a file with {} once to go on without`,
  )
}

/** Keeps the names of what config files set, so that their loss shows. The folder must be locked. */
export async function keepConfig(
  { data, keptConfig }: Layout,
  { config }: Pick<Settings, 'config'>,
  file: ConfigFile | undefined,
): Promise<void> {
  if (file === undefined) return
  const known = readKept(keptConfig)
  const isOwn = file.path === join(data, CONFIG_NAME)
  const sets = isOwn ? Object.keys(file.values).map(configKey) : known.sets
  const caps = CAPS.filter((name) => file.values[name] !== undefined).map(configKey)
  const named = config === undefined ? known.named : isOwn || caps.length === 0 ? undefined : { file: file.path, caps }
  const next: Kept = { sets, ...(named === undefined ? {} : { named }) }
  if (JSON.stringify(next) === JSON.stringify(known)) return
  const text = `${JSON.stringify({ version: 1, ...next })}\n`
  if (sets.length > 0 || named) await replaceFile(keptConfig, (part) => writeFile(part, text))
  else if (pathExists(keptConfig)) await rm(keptConfig)
}

/** A file with another content keeps nobody from a run: the next one with a config file writes it again. */
function readKept(path: string): Kept {
  const nothing = { sets: [] }
  try {
    const { data } = kept.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    if (data === undefined) return nothing
    return { sets: data.sets, ...(data.named === undefined ? {} : { named: data.named }) }
  } catch (error) {
    if (error instanceof SyntaxError || isAbsent(error)) return nothing
    throw unreadablePath(path, error)
  }
}
