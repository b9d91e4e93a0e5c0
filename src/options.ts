import { UsageError } from './errors.js'

/** Commands that take options of this table. */
export type CommandName = 'run' | 'replay' | 'forget' | 'simulate'

export interface Option<T> {
  /** As typed, with the value's name: `--max-age <duration>`; without a value it is a switch. */
  readonly flag: string
  readonly for: readonly CommandName[]
  readonly help: string
  /** As a person would type it. Absent: not set. */
  readonly default?: string
  /** What was typed is never shown. */
  readonly secret?: true
  /** Turns what was typed into a value, or throws an Error that says what was expected. */
  readonly parse: (text: string) => T
}

function expected(what: string): never {
  throw new Error(`expected ${what}`)
}

const text = (value: string) => (value.trim() === '' ? expected('a text that is not empty') : value)

const flag = (value: string) => {
  if (/^(true|1|yes|on)$/i.test(value)) return true
  if (/^(false|0|no|off|)$/i.test(value)) return false
  return expected('true or false')
}

const whole =
  (min: number, max: number) =>
  (value: string): number => {
    const number = Number(value)
    if (/^\d+$/.test(value) && number >= min && number <= max) return number
    return expected(`a whole number from ${min} to ${max}`)
  }

const oneOf =
  <const T extends string>(...words: readonly T[]) =>
  (value: string): T =>
    words.find((word) => word === value) ?? expected(words.join(' or '))

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds; timers hold no more than 24 days. */
const duration =
  (least: string, most: string) =>
  (value: string): number => {
    const number = millisecondsOf(value)
    if (number === undefined) return expected('a duration such as 500ms, 120s, 10m, 20h or 7d')
    if (number >= millisecondsOf(least)! && number <= millisecondsOf(most)!) return number
    return expected(`a duration from ${least} to ${most}`)
  }

function millisecondsOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text)
  return match ? Number(match[1]) * UNITS[match[2]!]! : undefined
}

/** Per second. */
const rate = (value: string): number => {
  const match = /^(\d+(?:\.\d+)?)(?:\/(s|m|h))?$/.exec(value)
  const perSecond = match ? Number(match[1]) / (UNITS[match[2] ?? 's']! / 1000) : 0
  return perSecond > 0 ? perSecond : expected('a rate such as 5/s or 300/m')
}

/** 0 to 1. */
const share = (value: string): number => {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(value)
  const number = match ? Number(match[1]) / 100 : Number.NaN
  return number >= 0 && number <= 1 ? number : expected('a percentage from 0% to 100%')
}

/** Shares from 0 to 1 by code. */
const shares = (value: string): Record<string, number> =>
  Object.fromEntries(
    value.split(',').map((part) => {
      const [code, percent] = part.split('=')
      return /^[1-9]\d*$/.test(code!) && percent
        ? [code!, share(percent)]
        : expected('codes and percentages such as 301=30%,500=1%')
    }),
  )

const amount = (value: string): number =>
  /^\d+(\.\d+)?$/.test(value) ? Number(value) : expected('an amount such as 25 or 0.15')

/** One character between columns; a tab is hard to type. */
const delimiter = (value: string): string => {
  const character = value === 'tab' || value === '\\t' ? '\t' : value
  return /^[^\p{L}\p{N}\p{Cf}"\r\n]$/u.test(character) ? character : expected('one character such as ; or |, or tab')
}

/** The API to call: a name of the vendor's hosts, the built-in simulator, or any server that speaks the same envelope. */
const api = (value: string): string => {
  if (['global', 'cn', 'simulated'].includes(value)) return value
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) return expected('global, cn, simulated or an http(s) URL')
  if (url.username || url.password || url.search || url.hash) return expected('a URL without user, query or fragment')
  return url.href
}

const webhook = (value: string): string =>
  URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) ? value : expected('an http(s) URL')

type Defaulted<T> = Option<T> & { readonly default: string }

function option<T>(definition: Defaulted<T>): Defaulted<T>
function option<T>(definition: Option<T>): Option<T>
function option<T>(definition: Option<T>): Option<T> {
  return definition
}

/**
 * Every option, once: its flag, its variable (`CREATOR_ENRICH_` and the key in capitals), its default and its help come
 * from here, and so does docs/options.md.
 */
export const options = {
  data: option({
    flag: '--data <dir>',
    for: ['run', 'replay', 'forget'],
    default: 'data',
    parse: text,
    help: 'the data folder',
  }),
  pipeline: option({
    flag: '--pipeline <name>',
    for: ['run', 'replay', 'forget', 'simulate'],
    parse: text,
    help: 'which folder under pipelines/ to run (default: the one of pipelines/default)',
  }),
  api: option({
    flag: '--api <name|url>',
    for: ['run'],
    default: 'global',
    parse: api,
    help: 'global, cn (plain HTTP, inside mainland China), simulated, or a URL',
  }),
  allowPlainHttp: option({
    flag: '--allow-plain-http',
    for: ['run'],
    parse: flag,
    help: 'let the token travel unencrypted to a host other than this machine',
  }),
  tokenFile: option({
    flag: '--token-file <file>',
    for: ['run'],
    parse: text,
    help: 'read the token from a file (otherwise from JUSTONEAPI_TOKEN)',
  }),
  column: option({ flag: '--column <name>', for: ['run'], parse: text, help: 'the column that holds the ids' }),
  encoding: option({
    flag: '--encoding <name>',
    for: ['run'],
    default: 'auto',
    parse: oneOf('auto', 'utf-8', 'gb18030', 'utf-16le'),
    help: 'of text inputs: auto, utf-8, gb18030 (also GBK) or utf-16le',
  }),
  delimiter: option({
    flag: '--delimiter <character>',
    for: ['run'],
    parse: delimiter,
    help: 'what separates the columns of text inputs, such as ; or tab (default: found)',
  }),
  list: option({
    flag: '--list <name>',
    for: ['run'],
    parse: text,
    help: "the list's name (default: the file's name)",
  }),
  maxAge: option({
    flag: '--max-age <duration>',
    for: ['run'],
    default: '20h',
    parse: duration('0s', '3650d'),
    help: 'ask again what was asked by a run that started longer ago than this',
  }),
  retryFailed: option({
    flag: '--retry-failed',
    for: ['run'],
    parse: flag,
    help: 'ask only the ids that failed or were refused as invalid, whatever their age',
  }),
  onAmbiguous: option({
    flag: '--on-ambiguous <retry|hold>',
    for: ['run'],
    default: 'retry',
    parse: oneOf('retry', 'hold'),
    help: 'what to do with a call that was sent and never answered: ask once more, or hold the id',
  }),
  concurrency: option({
    flag: '--concurrency <n>',
    for: ['run'],
    default: '16',
    parse: whole(1, 1000),
    help: 'calls in flight at most',
  }),
  rate: option({ flag: '--rate <n/s>', for: ['run'], parse: rate, help: 'calls a second at most (default: no limit)' }),
  timeout: option({
    flag: '--timeout <duration>',
    for: ['run'],
    default: '120s',
    parse: duration('1ms', '1h'),
    help: 'how long one call may take; a shorter one risks paying twice',
  }),
  attempts: option({
    flag: '--attempts <n>',
    for: ['run'],
    default: '5',
    parse: whole(1, 100),
    help: 'tries an id in one run; throttled ones do not count',
  }),
  giveUp: option({
    flag: '--give-up <duration>',
    for: ['run'],
    default: '10m',
    parse: duration('1ms', '20d'),
    help: 'stop when the API gave nothing but faults or throttling for so long',
  }),
  maxCalls: option({
    flag: '--max-calls <n>',
    for: ['run'],
    parse: whole(0, 1_000_000_000),
    help: 'calls in this run at most, retries included; the rest is parked',
  }),
  budget: option({
    flag: '--budget <amount>',
    for: ['run'],
    parse: amount,
    help: 'money in this run at most: billed, maybe billed and in flight; the rest is parked',
  }),
  budgetPerDay: option({
    flag: '--budget-per-day <amount>',
    for: ['run'],
    parse: amount,
    help: "the same over all runs of the data folder on one day of the pipeline's zone",
  }),
  price: option({
    flag: '--price <amount>',
    for: ['run'],
    default: '0.15',
    parse: amount,
    help: 'price of one billed call, in CNY',
  }),
  maxFailed: option({
    flag: '--max-failed <percent>',
    for: ['run'],
    default: '5%',
    parse: share,
    help: 'exit 3 when a larger share of the asked ids failed',
  }),
  noBom: option({
    flag: '--no-bom',
    for: ['run', 'replay', 'forget'],
    parse: flag,
    help: 'write CSV files without a byte order mark',
  }),
  json: option({
    flag: '--json',
    for: ['run', 'replay', 'forget'],
    parse: flag,
    help: 'print the receipt as one JSON object instead of the summary',
  }),
  notify: option({
    flag: '--notify <url>',
    for: ['run'],
    secret: true,
    parse: webhook,
    help: 'post the receipt there at the end: as JSON, or as a text to a bot of Slack, Feishu or DingTalk',
  }),
  quiet: option({
    flag: '--quiet',
    for: ['run', 'replay', 'forget'],
    parse: flag,
    help: 'no narration but warnings and errors',
  }),
  new: option({
    flag: '--new',
    for: ['run'],
    parse: flag,
    help: 'start anew although published files show that calls were paid, and nothing is left of them to rebuild from',
  }),
  check: option({
    flag: '--check',
    for: ['replay'],
    parse: flag,
    help: 'only compare; exit 9 when something differs',
  }),
  file: option({
    flag: '--file <file>',
    for: ['forget'],
    parse: text,
    help: 'read the ids from a file, one a line',
  }),
  allow: option({
    flag: '--allow',
    for: ['forget'],
    parse: flag,
    help: 'let these people come back: take their tombstones away',
  }),
  port: option({
    flag: '--port <n>',
    for: ['simulate'],
    default: '0',
    parse: whole(0, 65_535),
    help: 'the port to listen on; 0: any free one',
  }),
  latency: option({
    flag: '--latency <duration>',
    for: ['simulate'],
    default: '0ms',
    parse: duration('0ms', '1h'),
    help: 'how long each answer takes',
  }),
  jitter: option({
    flag: '--jitter <duration>',
    for: ['simulate'],
    default: '0ms',
    parse: duration('0ms', '1h'),
    help: 'up to so much more, drawn for each call',
  }),
  limit: option({
    flag: '--limit <n/s>',
    for: ['simulate'],
    parse: rate,
    help: 'calls a second that are let through; above it code 302',
  }),
  quota: option({
    flag: '--quota <n>',
    for: ['simulate'],
    parse: whole(0, 1_000_000_000),
    help: 'charged answers a day, then code 303',
  }),
  balance: option({
    flag: '--balance <n>',
    for: ['simulate'],
    parse: whole(0, 1_000_000_000),
    help: 'charged answers in all, then code 601',
  }),
  night: option({
    flag: '--night <n>',
    for: ['simulate'],
    default: '0',
    parse: whole(0, 100_000),
    help: 'which night it is: counters grow from night to night, now and then a name changes',
  }),
  failures: option({
    flag: '--failures <code=percent,…>',
    for: ['simulate'],
    parse: shares,
    help: 'share of calls that get a code instead of an answer, such as 301=30%,500=1%',
  }),
  counts: option({
    flag: '--counts',
    for: ['simulate'],
    parse: flag,
    help: 'keep sums in the ledger, no entries: for a million calls',
  }),
  logLevel: option({
    flag: '--log-level <level>',
    for: ['run', 'replay', 'forget', 'simulate'],
    default: 'info',
    parse: oneOf('debug', 'info', 'warn', 'error'),
    help: 'debug, info, warn or error',
  }),
  logFile: option({
    flag: '--log-file <file>',
    for: ['run', 'replay', 'forget', 'simulate'],
    parse: text,
    help: 'append the narration to a file, too: with instants, at --log-level, whatever --quiet shows',
  }),
} as const

export type OptionName = keyof typeof options
type Parsed<O> = O extends Option<infer T> ? T : never
type Setting<O> = O extends { default: string } ? Parsed<O> : Parsed<O> | undefined

/** Option values by name; one with a default is always there. */
export type Settings = { readonly [K in OptionName]: Setting<(typeof options)[K]> }

export const ENV_PREFIX = 'CREATOR_ENRICH_'

export function envName(name: string): string {
  return ENV_PREFIX + name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}

type Flags = Readonly<Record<string, string | boolean | undefined>>

/** The command line knows `--no-bom` as `bom: false`. */
function typedValue(name: string, flag: string, flags: Flags): string | boolean | undefined {
  const positive = /^--no-(.+)$/.exec(flag)?.[1]
  if (positive === undefined) return flags[name]
  return flags[positive.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())] === false ? true : undefined
}

/** A refused value without what may be a secret in it: user and query of a URL. */
function shown(value: string): string {
  return value.replace(/\/\/.*@/s, '//…@').replace(/[?#].*$/s, '?…')
}

/**
 * Flag over environment over `.env` over default, one option at a time.
 * @param flags what was typed, by option name; a switch is `true`
 * @param environments most important first: the process's, then the `.env` file's
 * @throws UsageError naming the flag or variable, and what it expects
 */
export function resolveSettings(
  command: CommandName,
  flags: Flags,
  environments: readonly Readonly<Record<string, string | undefined>>[],
): Settings {
  const settings: Record<string, unknown> = {}
  for (const [name, definition] of Object.entries<Option<unknown>>(options)) {
    const variable = envName(name)
    const typed = definition.for.includes(command) ? typedValue(name, definition.flag, flags) : undefined
    const given =
      typed === undefined
        ? environments.map((environment) => environment[variable]).find((value) => value)
        : String(typed)
    const value = given ?? definition.default
    if (value === undefined) continue
    try {
      settings[name] = definition.parse(value)
    } catch (error) {
      const where = typed === undefined ? variable : definition.flag.split(' ')[0]!
      const got = definition.secret ? 'something else' : JSON.stringify(shown(value))
      throw new UsageError(`${where}: ${(error as Error).message}, got ${got}`)
    }
  }
  return settings as unknown as Settings
}
