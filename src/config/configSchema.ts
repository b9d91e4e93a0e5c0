import { z } from 'zod'
import type { Option } from './option.js'
import { options, type OptionName } from './options.js'
import { refusedValue, type FileValues } from './settings.js'

/** The name of an option in a config file: `max-age` for `maxAge`. */
export function configKey(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** `config` names the file itself, and what says yes to one run must not stay in a file. */
const entries = Object.entries<Option<unknown>>(options).filter(
  ([name, { flagOnly }]) => name !== 'config' && !flagOnly,
) as [OptionName, Option<unknown>][]

/** The options that a config file may set, by their names there. */
export const configKeys: ReadonlyMap<string, OptionName> = new Map(entries.map(([name]) => [configKey(name), name]))

/** The options that only the command line sets, by the names that they would have there. */
export const flagOnlyKeys: readonly string[] = Object.entries<Option<unknown>>(options)
  .filter(([, { flagOnly }]) => flagOnly)
  .map(([name]) => configKey(name))

/** As on the command line, so that one parser reads both. */
function valueOf(option: Option<unknown>): z.ZodType<string> {
  const { flag, help, pairs, default: standard } = option
  const plain = z.union([z.string(), z.number()])
  const valued = pairs ? z.union([plain, z.record(z.string(), plain)]) : plain
  const text = flag.includes('[') ? z.union([valued, z.boolean()]) : flag.includes(' ') ? valued : z.boolean()
  const described = text.meta({ description: help, ...(standard === undefined ? {} : { default: standard }) })
  return described.transform(asText).superRefine((value, context) => {
    try {
      option.parse(value)
    } catch (error) {
      context.addIssue(`${(error as Error).message}, got ${refusedValue(value, option)}`)
    }
  })
}

function asText(value: string | number | boolean | Readonly<Record<string, string | number>>): string {
  if (typeof value !== 'object') return String(value)
  return Object.entries(value)
    .map(([name, each]) => `${name}=${each}`)
    .join(',')
}

/** What a config file may hold, made from the table of options. */
export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  ...Object.fromEntries(entries.map(([name, option]) => [configKey(name), valueOf(option).optional()])),
})

/** The values that a checked file holds, by option. */
export function fileValues(checked: z.output<typeof configSchema>): FileValues {
  const values: Partial<Record<OptionName, string>> = {}
  for (const [key, value] of Object.entries(checked)) {
    const name = configKeys.get(key)
    if (name !== undefined && value !== undefined) values[name] = value
  }
  return values
}
