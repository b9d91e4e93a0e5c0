import { UsageError } from '../core/errors.js'
import {
  amount,
  api,
  delimiter,
  duration,
  fileName,
  flag,
  names,
  oneOf,
  rate,
  share,
  shares,
  since,
  sort,
  text,
  webhook,
  whole,
} from './optionParsers.js'

/** Commands that take options of this table. */
export type CommandName =
  | 'run'
  | 'plan'
  | 'replay'
  | 'report'
  | 'status'
  | 'lists'
  | 'untrack'
  | 'changes'
  | 'select'
  | 'forget'
  | 'doctor'
  | 'simulate'

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
    for: ['run', 'plan', 'replay', 'status', 'lists', 'untrack', 'changes', 'select', 'report', 'forget', 'doctor'],
    default: 'data',
    parse: text,
    help: 'the data folder',
  }),
  pipeline: option({
    flag: '--pipeline <name>',
    for: ['run', 'plan', 'replay', 'untrack', 'changes', 'report', 'forget', 'simulate'],
    parse: text,
    help: 'which folder under pipelines/ to run (default: the one of pipelines/default)',
  }),
  api: option({
    flag: '--api <name|url>',
    for: ['run', 'doctor'],
    default: 'global',
    parse: api,
    help: 'global, cn (plain HTTP, inside mainland China), simulated, or a URL',
  }),
  allowPlainHttp: option({
    flag: '--allow-plain-http',
    for: ['run', 'doctor'],
    parse: flag,
    help: 'let the token travel unencrypted to a host other than this machine',
  }),
  tokenFile: option({
    flag: '--token-file <file>',
    for: ['run', 'doctor'],
    parse: text,
    help: 'read the token from a file (otherwise from JUSTONEAPI_TOKEN)',
  }),
  column: option({ flag: '--column <name>', for: ['run', 'plan'], parse: text, help: 'the column that holds the ids' }),
  encoding: option({
    flag: '--encoding <name>',
    for: ['run', 'plan'],
    default: 'auto',
    parse: oneOf('auto', 'utf-8', 'gb18030', 'utf-16le'),
    help: 'of text inputs: auto, utf-8, gb18030 (also GBK) or utf-16le',
  }),
  delimiter: option({
    flag: '--delimiter <character>',
    for: ['run', 'plan'],
    parse: delimiter,
    help: 'what separates the columns of text inputs, such as ; or tab (default: found)',
  }),
  list: option({
    flag: '--list <name>',
    for: ['run', 'plan'],
    parse: text,
    help: "the list's name (default: the file's name)",
  }),
  track: option({
    flag: '--track',
    for: ['run'],
    parse: flag,
    help: 'refresh these lists with `run --tracked` from now on, until `untrack`',
  }),
  tracked: option({
    flag: '--tracked',
    for: ['run', 'plan'],
    parse: flag,
    help: 'no input: refresh every id of every tracked list, from the rows that are stored of it',
  }),
  maxAge: option({
    flag: '--max-age <duration>',
    for: ['run', 'plan'],
    default: '20h',
    parse: duration('0s', '3650d'),
    help: 'ask again what was asked by a run that started longer ago than this',
  }),
  retryFailed: option({
    flag: '--retry-failed',
    for: ['run', 'plan'],
    parse: flag,
    help: 'ask only the ids that failed or were refused as invalid, whatever their age',
  }),
  onAmbiguous: option({
    flag: '--on-ambiguous <retry|hold>',
    for: ['run', 'plan'],
    default: 'retry',
    parse: oneOf('retry', 'hold'),
    help: 'what to do with a call that was sent and never answered: ask once more, or hold the id',
  }),
  concurrency: option({
    flag: '--concurrency <n>',
    for: ['run', 'plan'],
    default: '16',
    parse: whole(1, 1000),
    help: 'calls in flight at most',
  }),
  rate: option({
    flag: '--rate <n/s>',
    for: ['run', 'plan'],
    parse: rate,
    help: 'calls a second at most (default: no limit)',
  }),
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
    for: ['run', 'plan'],
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
    for: ['run', 'replay', 'select', 'forget'],
    parse: flag,
    help: 'write CSV files without a byte order mark',
  }),
  excel: option({
    flag: '--excel',
    for: ['run', 'replay'],
    parse: flag,
    help: 'write exports/creators.xlsx, too; one that is there is kept up to date in any case',
  }),
  noReport: option({
    flag: '--no-report',
    for: ['run'],
    parse: flag,
    help: 'write no HTML report',
  }),
  json: option({
    flag: '--json',
    for: ['run', 'plan', 'replay', 'status', 'lists', 'untrack', 'changes', 'forget', 'doctor'],
    parse: flag,
    help: 'print the result (of a run, its receipt) as one JSON object instead of text',
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
    for: ['run', 'plan', 'replay', 'report', 'forget'],
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
  since: option({
    flag: '--since <time>',
    for: ['changes'],
    default: '7d',
    parse: since,
    help: 'a stretch of time before now, such as 7d, or the day to begin with, such as 2026-11-01',
  }),
  limit: option({
    flag: '--limit <n>',
    for: ['changes', 'select'],
    parse: whole(1, 1_000_000_000),
    help: 'so many rows at most (changes: of each table, default: 10, with --json all; select: default as a table 20, else all)',
  }),
  where: option({
    flag: '--where <condition>',
    for: ['select'],
    parse: text,
    help: 'an SQL condition over the columns of creator_overview and creators, such as "fans > 10000 AND province = \'上海\'"',
  }),
  sort: option({
    flag: '--sort <columns>',
    for: ['select'],
    parse: sort,
    help: 'such as "fans desc, nickname"; what is not known comes last',
  }),
  columns: option({
    flag: '--columns <names>',
    for: ['select'],
    parse: names,
    help: 'with commas between them, or * (default: those of creator_overview; as a table a few of them)',
  }),
  format: option({
    flag: '--format <name>',
    for: ['select'],
    parse: oneOf('csv', 'xlsx', 'parquet', 'json', 'table'),
    help: 'csv, xlsx, parquet, json or table (default: what --out ends in, else a table)',
  }),
  out: option({
    flag: '--out <file>',
    for: ['select'],
    parse: text,
    help: 'write to this file; xlsx and parquet need one',
  }),
  save: option({
    flag: '--save <name>',
    for: ['select'],
    parse: fileName,
    help: 'write <name>.csv (or --out) with user_id first, ready for `run`',
  }),
  mentioned: option({
    flag: '--mentioned',
    for: ['select'],
    parse: flag,
    help: 'select from creator_candidates: people whom creators mention, and who are in no list',
  }),
  callLimit: option({
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
    for: [
      'run',
      'plan',
      'replay',
      'status',
      'lists',
      'untrack',
      'changes',
      'select',
      'report',
      'forget',
      'doctor',
      'simulate',
    ],
    default: 'info',
    parse: oneOf('debug', 'info', 'warn', 'error'),
    help: 'debug, info, warn or error',
  }),
  logFile: option({
    flag: '--log-file <file>',
    for: ['run', 'replay', 'report', 'forget', 'simulate'],
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

/** The command line knows `--max-age` as `maxAge`, and `--no-bom` as `bom: false`. */
function typedValue(flag: string, flags: Flags): string | boolean | undefined {
  const [, no, words] = /^--(no-)?([a-z-]+)/.exec(flag)!
  const value = flags[words!.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())]
  if (no === undefined) return value
  return value === false ? true : undefined
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
    const typed = definition.for.includes(command) ? typedValue(definition.flag, flags) : undefined
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
