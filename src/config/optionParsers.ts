import { DAY_MS } from '../core/time.js'

/** Each parser turns a text into a value, or throws an Error that says what is expected. */

function expected(what: string): never {
  throw new Error(`expected ${what}`)
}

export const text = (value: string) => (value.trim() === '' ? expected('a text that is not empty') : value)

export const flag = (value: string) => {
  if (/^(true|1|yes|on)$/i.test(value)) return true
  if (/^(false|0|no|off|)$/i.test(value)) return false
  return expected('true or false')
}

export const whole =
  (min: number, max: number) =>
  (value: string): number => {
    const number = Number(value)
    if (/^\d+$/.test(value) && number >= min && number <= max) return number
    return expected(`a whole number from ${min} to ${max}`)
  }

/** The parser has its words as `words`. */
export const oneOf = <const T extends string>(...words: readonly T[]) =>
  Object.assign((value: string): T => words.find((word) => word === value) ?? expected(words.join(' or ')), { words })

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS }

/** Milliseconds. Timers hold at most 24 days. The example is one that the option accepts. */
export const duration =
  (least: string, most: string, example: string) =>
  (value: string): number => {
    const number = millisecondsOf(value)
    if (number === undefined) return expected(`a duration such as ${example}`)
    if (number >= millisecondsOf(least)! && number <= millisecondsOf(most)!) return number
    return expected(`a duration from ${least} to ${most}`)
  }

/** Milliseconds by name: `mega=20h,nano=7d`. */
export const durations =
  (least: string, most: string) =>
  (value: string): Record<string, number> => {
    const parse = duration(least, most, '20h or 7d')
    const pairs = value.split(',').map((pair): [string, number] => {
      const [, name, age] = /^\s*([^=\s]+)\s*=\s*(\S+)\s*$/.exec(pair) ?? []
      return name === undefined ? expected('tiers and durations such as mega=20h,nano=7d') : [name, parse(age!)]
    })
    const named = new Map(pairs)
    return named.size === pairs.length ? Object.fromEntries(named) : expected('each tier once')
  }

/** What another parser reads, or this word. */
export const orWord =
  <const W extends string, T>(word: W, parse: (value: string) => T) =>
  (value: string): T | W =>
    value === word ? word : parse(value)

function millisecondsOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text)
  return match ? Number(match[1]) * UNITS[match[2]!]! : undefined
}

/** A switch that may have a word as its value. */
export const resolving = (value: string): 'new' | 'misses' | undefined => {
  if (value === 'misses' || value === 'new') return value
  if (/^(true|1|yes|on)$/i.test(value)) return 'new'
  if (/^(false|0|no|off|)$/i.test(value)) return undefined
  return expected('misses, or no value')
}

/** Calls a second. */
export const rate = (value: string): number => {
  const match = /^(\d+(?:\.\d+)?)(?:\/(s|m|h))?$/.exec(value)
  const perSecond = match ? Number(match[1]) / (UNITS[match[2] ?? 's']! / 1000) : 0
  return perSecond > 0 ? perSecond : expected('a rate such as 5/s or 300/m')
}

/** MB. */
export const megabytes =
  (least: number) =>
  (value: string): number => {
    const match = /^(\d+(?:\.\d+)?)\s*(MB|GB)$/i.exec(value)
    const number = match ? Math.floor(Number(match[1]) * (match[2]!.toUpperCase() === 'GB' ? 1024 : 1)) : 0
    return number >= least ? number : expected(`a size such as 512MB or 2GB, at least ${least}MB`)
  }

/** 0 to 1. */
export const share = (value: string): number => {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(value)
  const number = match ? Number(match[1]) / 100 : Number.NaN
  return number >= 0 && number <= 1 ? number : expected('a percentage from 0% to 100%')
}

/** A share from 0 to 1, and the number of ids below which it does not count. */
export interface FailureLimit {
  readonly share: number
  readonly ids: number
}

/** With fewer failed ids than this, a share says little. */
const FEWEST_FAILED = 5

/** `5%,5`; the percentage alone stands for at least five ids. */
export const failureLimit = (value: string): FailureLimit => {
  const match = /^([^,]+?)(?:\s*,\s*([1-9]\d{0,8}))?$/.exec(value.trim())
  if (!match) return expected('a percentage and a number of ids such as 5%,5')
  return { share: share(match[1]!), ids: Number(match[2] ?? FEWEST_FAILED) }
}

/** Shares from 0 to 1 by code. */
export const shares = (value: string): Record<string, number> =>
  Object.fromEntries(
    value.split(',').map((part) => {
      const [code, percent] = part.split('=')
      return /^[1-9]\d*$/.test(code!) && percent
        ? [code!, share(percent)]
        : expected('codes and percentages such as 301=30%,500=1%')
    }),
  )

export const amount = (value: string): number =>
  /^\d+(\.\d+)?$/.test(value) ? Number(value) : expected('an amount such as 25 or 0.15')

/** One character; a tab may be typed as `tab`. */
export const delimiter = (value: string): string => {
  const character = value === 'tab' || value === '\\t' ? '\t' : value
  return /^[^\p{L}\p{N}\p{Cf}"\r\n]$/u.test(character) ? character : expected('one character such as ; or |, or tab')
}

/** Whether a value of `--api` is a name: of a host of the pipeline's vendor, or of the simulator. */
export function isHostName(value: string): boolean {
  return /^[a-z][a-z0-9-]*$/.test(value)
}

/** The API: a name of the vendor's hosts, the built-in simulator, or the URL of a server with the same envelope. */
export const api = (value: string): string => {
  if (isHostName(value)) return value
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) return expected('global, cn, simulated or an http(s) URL')
  if (url.username || url.password || url.search || url.hash) return expected('a URL without user, query or fragment')
  return url.href
}

/** The address of a PostgreSQL database. */
export const databaseAddress = (value: string): string =>
  /^postgres(ql)?:\/\/./.test(value) ? value : expected('an address such as postgres://user@host/name')

export const webhook = (value: string): string =>
  URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) ? value : expected('an http(s) URL')

/** A time in the past: a duration before now, or the start of a day. */
export type Since = { readonly agoMs: number } | { readonly day: string }

export const since = (value: string): Since => {
  const agoMs = millisecondsOf(value)
  if (agoMs !== undefined && agoMs > 0) return { agoMs }
  const day = /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN
  // Date.parse takes 2026-02-30 for a day in March.
  const isDay = !Number.isNaN(day) && new Date(day).toISOString().startsWith(value)
  return isDay ? { day: value } : expected('a duration such as 7d, or a day such as 2026-11-01')
}

/** A month, `YYYY-MM`. */
export const month = (value: string): string =>
  /^\d{4}-(0[1-9]|1[0-2])$/.test(value) ? value : expected('a month such as 2026-11')

/** Names separated by commas. */
export const names = (value: string): string[] => {
  const each = value.split(',').map((name) => name.trim())
  return each.includes('') ? expected('names separated by commas') : each
}

/** Between the values of a flag that was given several times; no name of a list has it. */
export const BETWEEN_VALUES = '\u001f'

/** What another parser reads from each value of a flag that may be given several times. */
export const each =
  <T>(parse: (value: string) => T) =>
  (values: string): T[] =>
    values.split(BETWEEN_VALUES).map(parse)

export interface SortKey {
  readonly column: string
  readonly descending: boolean
}

/** Columns, the most important first; ascending unless followed by `desc`. */
export const sort = (value: string): SortKey[] =>
  value.split(',').map((part) => {
    const [, column, direction] = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/i.exec(part) ?? []
    if (column === undefined) return expected('columns such as "fans desc, nickname"')
    return { column, descending: direction?.toLowerCase() === 'desc' }
  })

/** One column with its direction, so that nobody sorts the wrong way round. */
export const sortKey = (value: string): SortKey => {
  const [, column, direction] = /^\s*(\w+)\s+(asc|desc)\s*$/i.exec(value) ?? []
  if (column === undefined) return expected('a column and its direction such as "fans desc"')
  return { column, descending: direction!.toLowerCase() === 'desc' }
}

/** The name of a file, without folder and ending. */
export const fileName = (value: string): string =>
  /^[^\s./\\][^/\\\p{Cc}]*$/u.test(value) ? value : expected('a name without / that does not begin with a dot')
