import { envName, resolveSettings, type Flags, type OptionName, type Settings } from './options.js'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The options of a command as far as they can be read: each by its flag, or else by its variable, or else its default. For a
 * command that cannot start, so that the log and others still learn why.
 */
export function readableSettings(names: readonly OptionName[], flags: Flags, environment: Environment): Settings {
  const settings = names.map((name) => [name, readable(name, flags, environment)] as const)
  return Object.fromEntries(settings) as unknown as Settings
}

function readable(name: OptionName, flags: Flags, environment: Environment): unknown {
  const variable = envName(name)
  const own = [{ [variable]: environment[variable] }]
  const sources = [
    [flags, own],
    [{}, own],
    [{}, []],
  ] as const
  for (const [typed, variables] of sources) {
    try {
      return resolveSettings([name], typed, variables)[name]
    } catch {
      // The next source decides.
    }
  }
  return undefined
}
