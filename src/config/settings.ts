import { UsageError } from '../core/errors.js'
import type { Option } from './option.js'
import { options, type OptionName } from './options.js'

type Parsed<O> = O extends Option<infer T> ? T : never
type Setting<O> = O extends { default: string } ? Parsed<O> : Parsed<O> | undefined

/** The value of each option, by name; an option with a default always has one. */
export type Settings = { readonly [K in OptionName]: Setting<(typeof options)[K]> } & {
  /** Where values come from that nobody typed: a variable, or a place in the config file. */
  readonly from?: Readonly<Partial<Record<OptionName, string>>>
}

/** Settings with a price: the one that is given, or else that of the pipeline. */
export type PricedSettings = Settings & { readonly price: number }

export function withPrice(settings: Settings, pipeline: { readonly price: number }): PricedSettings {
  return { ...settings, price: settings.price ?? pipeline.price }
}

/** What a program may give for an option: a switch is a boolean; a number may be a text, as on the command line. */
export type Given<K extends OptionName> =
  NonNullable<Settings[K]> extends boolean
    ? boolean
    : NonNullable<Settings[K]> extends string
      ? NonNullable<Settings[K]>
      : NonNullable<Settings[K]> extends number
        ? number | string
        : string

const ENV_PREFIX = 'CREATOR_ENRICH_'

export function envName(name: string): string {
  return ENV_PREFIX + name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}

/** Settings of a config file as texts, checked already. */
export type FileValues = Readonly<Partial<Record<OptionName, string>>>

/** What a config file sets. */
export interface FileSettings {
  readonly values: FileValues
  /** File, line, column and name of a setting, for errors. */
  readonly placeOf: (name: OptionName) => string
}

/** Options as commander gives them. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>

/** Commander hands over `--max-age` as `maxAge`, and `--no-bom` as `bom: false`. */
function typedValue(flag: string, flags: Flags): string | boolean | undefined {
  const [, no, words] = /^--(no-)?([a-z-]+)/.exec(flag)!
  const value = flags[words!.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())]
  // `--no-include` is not a value of `--include`.
  if (no === undefined) return value === false && flag.includes(' ') ? undefined : value
  return value === false ? true : undefined
}

/** A refused value for an error: not at all if it is a secret, else without the parts that may be one: user and query of a URL. */
export function refusedValue(value: string, { secret }: Option<unknown>): string {
  return secret ? 'something else' : JSON.stringify(value.replace(/\/\/.*@/s, '//…@').replace(/[?#].*$/s, '?…'))
}

/**
 * The value of every option: flag over environment over `.env` over config file over default, one option at a time.
 * @param names the options that the command takes as flags; `--limit` is not the same option for every command
 * @param flags the typed flags; a switch is `true`
 * @param environments most important first: the process's, then the `.env` file's
 * @param file the config file, if there is one
 * @throws UsageError naming the flag or variable, and what it expects
 */
export function resolveSettings(
  names: readonly OptionName[],
  flags: Flags,
  environments: readonly Readonly<Record<string, string | undefined>>[],
  file?: FileSettings,
): Settings {
  const settings: Record<string, unknown> = {}
  const from: Partial<Record<OptionName, string>> = {}
  for (const [name, definition] of Object.entries(options) as [OptionName, Option<unknown>][]) {
    const variable = envName(name)
    const typed = names.includes(name) ? typedValue(definition.flag, flags) : undefined
    const given = definition.flagOnly
      ? undefined
      : environments.map((environment) => environment[variable]).find((each) => each)
    const kept = file?.values[name]
    const value = typed === undefined ? (given ?? kept ?? definition.default) : String(typed)
    if (value === undefined) continue
    if (typed === undefined && given !== undefined) from[name] = variable
    else if (typed === undefined && kept !== undefined) from[name] = file!.placeOf(name)
    try {
      settings[name] = definition.parse(value)
    } catch (error) {
      const where = from[name] ?? flagOf(definition)
      throw new UsageError(`${where}: ${(error as Error).message}, got ${refusedValue(value, definition)}`)
    }
  }
  return { ...settings, from } as unknown as Settings
}

/**
 * Errors name an option by its flag, at their begin. Where nobody typed the flag, the variable or the place in the config file
 * takes its place.
 */
export function nameSource(error: unknown, { from = {} }: Pick<Settings, 'from'>): void {
  if (!(error instanceof Error)) return
  const [flag] = /^--[a-z-]+(?=[ :])/.exec(error.message) ?? []
  const source = (Object.keys(from) as OptionName[]).find((name) => flagOf(options[name]) === flag)
  if (flag !== undefined && source !== undefined) error.message = from[source]! + error.message.slice(flag.length)
}

function flagOf({ flag }: Option<unknown>): string {
  return flag.split(' ')[0]!
}
