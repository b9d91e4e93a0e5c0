import { join } from 'node:path'
import { CONFIG_NAME } from './configFile.js'
import { options, type OptionName } from './options.js'
import { envName, resolveSettings, type FileValues, type Flags, type Settings } from './settings.js'
import { readableConfig, type ReadableConfig } from './readableConfig.js'

type Environment = Readonly<Record<string, string | undefined>>

/** The options of a command that cannot start, as far as they can be read. */
export interface ReadableSettings {
  readonly settings: Settings
  /** Whether `data` is the folder that the command would have used. */
  readonly isFolderKnown: boolean
}

/**
 * Reads each option by its flag, or else by its variable, the config file or its default, so that the log and others still
 * learn why a command cannot start.
 * @param dotEnv decides about the data folder and nothing else; undefined: it cannot be read
 */
export function readableSettings(
  names: readonly OptionName[],
  flags: Flags,
  environment: Environment,
  dotEnv: Environment | undefined,
): ReadableSettings {
  const given = (name: 'config' | 'data', sources: readonly (Environment | undefined)[]) =>
    (names.includes(name) ? flags[name] : undefined) ??
    sources.map((each) => each?.[envName(name)]).find((value) => value)
  const folder = given('data', [environment, dotEnv])
  const config = given('config', [environment])
  const isHidden = dotEnv === undefined || given('config', [environment, dotEnv]) !== config
  const file = isHidden && config === undefined ? HIDDEN : fileOf(config, folder)
  const sources = [environment, { [envName('data')]: dotEnv?.[envName('data')] }, asEnvironment(file.values)]
  const settings = names.map((name) => [name, readable(name, flags, sources)] as const)
  return {
    settings: Object.fromEntries(settings) as unknown as Settings,
    isFolderKnown:
      folder === undefined ? file.values.data !== undefined || !file.mayNameFolder : String(folder).trim() !== '',
  }
}

interface FoundFile extends Pick<ReadableConfig, 'values'> {
  /** It may name a data folder that cannot be read. */
  readonly mayNameFolder: boolean
}

const HIDDEN: FoundFile = { values: {}, mayNameFolder: true }

/** The file that is named, or else that of the data folder, which names no other folder. */
function fileOf(config: Flags[string], folder: Flags[string]): FoundFile {
  if (config === undefined) {
    const { values } = readableConfig(join(String(folder ?? options.data.default), CONFIG_NAME))
    const others = Object.entries(values).filter(([name]) => name !== 'data')
    return { values: Object.fromEntries(others), mayNameFolder: false }
  }
  const { values, hasFault } = readableConfig(String(config))
  return { values, mayNameFolder: hasFault }
}

function asEnvironment(values: FileValues): Environment {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [envName(name), value]))
}

/** @param environments most important first */
function readable(name: OptionName, flags: Flags, environments: readonly Environment[]): unknown {
  const sources = [
    [flags, environments] as const,
    ...[...environments, {}].map((_, least) => [{}, environments.slice(least)] as const),
  ]
  for (const [typed, variables] of sources) {
    try {
      const own = variables.map((each) => ({ [envName(name)]: each[envName(name)] }))
      return resolveSettings([name], typed, own)[name]
    } catch {
      // The next source decides.
    }
  }
  return undefined
}
