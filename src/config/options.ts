import { UsageError } from '../core/errors.js'
import { looksLikePath } from '../core/looksLikePath.js'
import { MINIMUM_MB } from '../core/memory.js'
import {
  amount,
  api,
  databaseAddress,
  delimiter,
  duration,
  durations,
  each,
  failureLimit,
  fileName,
  flag,
  megabytes,
  month,
  names,
  oneOf,
  orWord,
  rate,
  resolving,
  share,
  shares,
  since,
  sort,
  sortKey,
  text,
  webhook,
  whole,
} from './optionParsers.js'

export interface Option<T> {
  /** The flag with the name of its value: `--max-age <duration>`. A flag without a value is a switch. */
  readonly flag: string
  readonly help: string
  /** As a person types it. Absent: the option is not set. */
  readonly default?: string
  /** An error never shows the value. */
  readonly secret?: true
  /** Only the command line sets it: it belongs to one call of the command, and must not stay in an environment. */
  readonly flagOnly?: true
  /** The flag may be given several times; `parse` gets the values with `BETWEEN_VALUES` between them. */
  readonly repeats?: true
  /** A path, or a text that may be one: in a config file a path is relative to the folder of that file. */
  readonly path?: true | ((text: string) => boolean)
  /** Names with values, such as `a=1,b=2`: in a config file it may be an object. */
  readonly pairs?: true
  /** Turns a text into the value, or throws an Error that says what is expected. */
  readonly parse: (text: string) => T
}

type Defaulted<T> = Option<T> & { readonly default: string }

function option<T>(definition: Defaulted<T>): Defaulted<T>
function option<T>(definition: Option<T>): Option<T>
function option<T>(definition: Option<T>): Option<T> {
  return definition
}

/**
 * Every option, declared once: its flag, its variable (`CREATOR_ENRICH_` and the key in capitals, except where `flagOnly`),
 * its default, its help. Its name in a config file is the key with hyphens (src/config/configFile.ts).
 * A command names the options that it takes. docs/options.md is made from both.
 */
export const options = {
  data: option({
    flag: '--data <dir>',
    default: 'data',
    path: true,
    parse: text,
    help: 'the data folder',
  }),
  config: option({
    flag: '--config <file>',
    path: true,
    parse: text,
    help: 'the file with settings (default: creator-enrich.json in the data folder, if there is one)',
  }),
  pipeline: option({
    flag: '--pipeline <name|path>',
    path: looksLikePath,
    parse: text,
    help: 'the pipeline: its name, or the path of one of your own, such as ./bilibili (default: that of the data folder, before its first run pipelines/default)',
  }),
  answers: option({
    flag: '--from <file>',
    flagOnly: true,
    repeats: true,
    parse: each(text),
    help: 'a recorded answer of the endpoint, as JSON; several make the guesses better',
  }),
  idPath: option({
    flag: '--id-path <path>',
    flagOnly: true,
    parse: text,
    help: 'where the id of the person is in data of the answers, such as data.user.id (default: guessed)',
  }),
  api: option({
    flag: '--api <name|url>',
    default: 'global',
    parse: api,
    help: 'global, cn (plain HTTP, inside mainland China), simulated, or a URL',
  }),
  nights: option({
    flag: '--nights <n>',
    default: '1',
    flagOnly: true,
    parse: whole(1, 30),
    help: 'with --api simulated, in a new data folder: play so many nights, the last one today, so that there is a history',
  }),
  allowPlainHttp: option({
    flag: '--allow-plain-http',
    parse: flag,
    help: 'let the token travel unencrypted to a host other than this machine',
  }),
  tokenFile: option({
    flag: '--token-file <file>',
    path: true,
    parse: text,
    help: 'read the token from a file (otherwise from JUSTONEAPI_TOKEN)',
  }),
  column: option({ flag: '--column <name>', parse: text, help: 'the column that holds the ids' }),
  encoding: option({
    flag: '--encoding <name>',
    default: 'auto',
    parse: oneOf('auto', 'utf-8', 'gb18030', 'utf-16le'),
    help: 'encoding of text inputs: auto, utf-8, gb18030 (also GBK) or utf-16le',
  }),
  delimiter: option({
    flag: '--delimiter <character>',
    parse: delimiter,
    help: 'the character between the columns of text inputs, such as ; or tab (default: detected)',
  }),
  sheet: option({
    flag: '--sheet <name>',
    parse: text,
    help: 'the sheet of Excel inputs (default: the first visible one with ids)',
  }),
  list: option({
    flag: '--list <name>',
    parse: text,
    help: "name of the list (default: the file's name)",
  }),
  track: option({
    flag: '--track',
    parse: flag,
    help: 'refresh these lists with `run --tracked` from now on, until `untrack`',
  }),
  tracked: option({
    flag: '--tracked',
    parse: flag,
    help: 'take no input: refresh every id of every tracked list, from its stored rows',
  }),
  replace: option({
    flag: '--replace',
    flagOnly: true,
    parse: flag,
    help: 'let a tracked list lose more than half of its ids',
  }),
  maxAge: option({
    flag: '--max-age <duration>',
    default: '20h',
    parse: orWord('by-tier', duration('0s', '3650d', '20h or 7d')),
    help: 'fetch a profile again when the run that last fetched it started longer ago than this; by-tier: than --max-age-by-tier says',
  }),
  maxAgeByTier: option({
    flag: '--max-age-by-tier <tier=duration,…>',
    pairs: true,
    parse: durations('0s', '3650d'),
    help: 'the age of each tier for --max-age by-tier, such as mega=20h,mid=3d,nano=7d; other tiers: 20h',
  }),
  first: option({
    flag: '--first <column asc|desc>',
    parse: sortKey,
    help: 'under a cap: which of the equally overdue ids go first, by a column of table creators (default: more followers first)',
  }),
  retryFailed: option({
    flag: '--retry-failed',
    parse: flag,
    help: 'fetch only the ids that failed, are empty or were refused as invalid, whatever their age',
  }),
  resolve: option({
    flag: '--resolve [misses]',
    parse: resolving,
    help: 'ask the API, for money, whose id short links and names in place of an id lead to, each once; misses: also those that led to nobody',
  }),
  onAmbiguous: option({
    flag: '--on-ambiguous <retry|hold>',
    default: 'retry',
    parse: oneOf('retry', 'hold'),
    help: 'after a call that was sent and never answered: fetch the id once more, or hold it',
  }),
  databaseUrl: option({
    flag: '--database-url <url>',
    secret: true,
    parse: databaseAddress,
    help: 'the PostgreSQL of the fleet, such as postgres://user@host/name; with a password better as a variable, which the list of processes does not show',
  }),
  account: option({
    flag: '--account <name>',
    default: 'default',
    parse: fileName,
    help: 'the account that the token belongs to: all its workers share --rate and --budget-per-day, as the last one to start gives them',
  }),
  batch: option({
    flag: '--batch <n>',
    default: '100',
    parse: whole(1, 10_000),
    help: 'ids in one batch, which one worker fetches',
  }),
  lease: option({
    flag: '--lease <duration>',
    default: '30s',
    parse: duration('1s', '1h', '30s or 5m'),
    help: 'after so much silence of a worker, others take its batches; the same for all workers',
  }),
  untilEmpty: option({
    flag: '--until-empty',
    flagOnly: true,
    parse: flag,
    help: 'end when no batch is left, or when none may be fetched now (default: wait for more)',
  }),
  concurrency: option({
    flag: '--concurrency <n>',
    default: '16',
    parse: whole(1, 1000),
    help: 'most calls in flight',
  }),
  rate: option({
    flag: '--rate <n/s>',
    parse: rate,
    help: 'most calls a second (default: no limit)',
  }),
  timeout: option({
    flag: '--timeout <duration>',
    default: '120s',
    parse: duration('1ms', '1h', '120s or 5m'),
    help: 'longest time of one call; a short timeout risks paying twice',
  }),
  attempts: option({
    flag: '--attempts <n>',
    default: '5',
    parse: whole(1, 100),
    help: 'most attempts for an id in one run; throttled calls do not count',
  }),
  giveUp: option({
    flag: '--give-up <duration>',
    default: '10m',
    parse: duration('1ms', '20d', '10m or 2h'),
    help: 'stop when the API has returned only faults or throttling for this long',
  }),
  maxCalls: option({
    flag: '--max-calls <n>',
    parse: whole(0, 1_000_000_000),
    help: 'most calls in this run, retries included; the remaining ids are parked',
  }),
  budget: option({
    flag: '--budget <amount>',
    parse: amount,
    help: 'most money in this run: billed, maybe billed and in flight; the remaining ids are parked',
  }),
  budgetPerDay: option({
    flag: '--budget-per-day <amount>',
    parse: amount,
    help: "the same for all runs of the data folder on one day of the pipeline's time zone; a call counts for the day in which it is sent",
  }),
  price: option({
    flag: '--price <amount>',
    parse: amount,
    help: 'price of one billed call (default: that of the pipeline)',
  }),
  confirmAbove: option({
    flag: '--confirm-above <amount>',
    default: '1000',
    parse: amount,
    help: 'a run that names no cap and would cost more needs --yes; `--tracked` only beyond twice the last full night',
  }),
  yes: option({
    flag: '--yes',
    parse: flag,
    help: 'let this run cost more than --confirm-above',
  }),
  maxFailed: option({
    flag: '--max-failed <percent,ids>',
    default: '5%,5',
    parse: failureLimit,
    help: 'exit 3 when a larger share of the fetched ids failed, and at least so many (5% alone: 5%,5), or all of them',
  }),
  keepRaw: option({
    flag: '--keep-raw <duration>',
    parse: duration('1d', '36500d', '30d or 365d'),
    help: 'after a successful run, drop raw answers of runs that started longer ago than this; raw/base/ keeps what was read from them (default: keep all)',
  }),
  keepHistory: option({
    flag: '--keep-history <duration>',
    parse: duration('1d', '36500d', '30d or 365d'),
    help: 'at the end of a successful run, drop older counters, days, versions, changes and failures; the last ones of each creator before that stay (default: keep all)',
  }),
  keepPeople: option({
    flag: '--keep-people <duration>',
    parse: duration('1d', '36500d', '30d or 365d'),
    help: 'erase people who left their last list longer ago than this, after a run that ends with 0 or 3 and in which no list lost ids (default: nobody is erased)',
  }),
  alarmParked: option({
    flag: '--alarm-parked <percent>',
    parse: share,
    help: 'exit 3 when a cap parks a larger share of the ids that were due (default: a cap is exit 0)',
  }),
  include: option({
    flag: '--include <dir>',
    flagOnly: true,
    parse: text,
    help: 'publish the newest rows of another data folder in this one, too, from now on, until --no-include',
  }),
  noInclude: option({
    flag: '--no-include',
    flagOnly: true,
    parse: flag,
    help: 'publish this data folder alone again',
  }),
  noBom: option({
    flag: '--no-bom',
    parse: flag,
    help: 'write CSV files without a byte order mark',
  }),
  excel: option({
    flag: '--excel',
    parse: flag,
    help: 'also write exports/creators.xlsx and <list>.enriched.xlsx; existing ones are updated in any case',
  }),
  noReport: option({
    flag: '--no-report',
    parse: flag,
    help: 'write no HTML report',
  }),
  keepReports: option({
    flag: '--keep-reports <n>',
    default: '10',
    parse: whole(1, 1_000_000),
    help: 'reports to keep under reports/, the newest; older ones are removed',
  }),
  lang: option({
    flag: '--lang <en|zh>',
    default: 'en',
    parse: oneOf('en', 'zh'),
    help: 'language of the report, of workbooks and of the remedies in exports: en, or zh for Chinese',
  }),
  reportList: option({
    flag: '--list <name>',
    flagOnly: true,
    parse: text,
    help: 'write only the report of this list, for people outside: reports/<list>.html',
  }),
  withColumns: option({
    flag: '--with-columns',
    flagOnly: true,
    parse: flag,
    help: "with --list: show the list's own columns, too",
  }),
  json: option({
    flag: '--json',
    parse: flag,
    help: 'print the result (of a run: its receipt) as one JSON object instead of text',
  }),
  notify: option({
    flag: '--notify <url>',
    secret: true,
    parse: webhook,
    help: 'post the receipt to this address at the end: as JSON, or as text to a bot of Slack, Feishu or DingTalk',
  }),
  notifyOn: option({
    flag: '--notify-on <always|problem>',
    default: 'always',
    parse: oneOf('always', 'problem'),
    help: 'post after every run, or only when the exit code is not 0, or data or money need a look',
  }),
  memory: option({
    flag: '--memory <size>',
    parse: megabytes(MINIMUM_MB),
    help: "memory that DuckDB may use (default: a quarter of the machine's, from 512MB to 1GB, at most half of what is free)",
  }),
  threads: option({
    flag: '--threads <n>',
    parse: whole(1, 256),
    help: 'threads that DuckDB may use (default: as many as the machine has processors, at most 8)',
  }),
  quiet: option({
    flag: '--quiet',
    parse: flag,
    help: 'run: print nothing at exit 0, unless data or money need a look; other commands: log only warnings and errors',
  }),
  new: option({
    flag: '--new',
    parse: flag,
    help: 'start from nothing, or go on, although paid calls are known whose raw data is gone',
  }),
  check: option({
    flag: '--check',
    parse: flag,
    help: 'only compare, publish nothing; exit 9 when something differs',
  }),
  file: option({
    flag: '--file <file>',
    path: true,
    parse: text,
    help: 'read the ids from a file, one on each line',
  }),
  allow: option({
    flag: '--allow',
    parse: flag,
    help: 'let these people come back: remove their tombstones',
  }),
  checkErased: option({
    flag: '--check',
    flagOnly: true,
    parse: flag,
    help: 'only look: show the receipts of their erasure and search the folder; exit 9 when one was not erased, or is named',
  }),
  outDir: option({
    flag: '--out <dir>',
    parse: text,
    help: 'write into this new folder, outside of the data folder (default: person-<time> in the current folder)',
  }),
  port: option({
    flag: '--port <n>',
    default: '0',
    parse: whole(0, 65_535),
    help: 'the port to listen on; 0: any free port',
  }),
  latency: option({
    flag: '--latency <duration>',
    default: '0ms',
    parse: duration('0ms', '1h', '50ms or 2s'),
    help: 'time that each answer takes',
  }),
  jitter: option({
    flag: '--jitter <duration>',
    default: '0ms',
    parse: duration('0ms', '1h', '50ms or 2s'),
    help: 'random extra time of each answer, up to this much',
  }),
  since: option({
    flag: '--since <time>',
    default: '7d',
    parse: since,
    help: 'the first day to look at, such as 2026-11-01, or a time before now, such as 7d',
  }),
  month: option({
    flag: '--month <month>',
    parse: month,
    help: "the month, such as 2026-11, in the pipeline's time zone (default: this one)",
  }),
  limit: option({
    flag: '--limit <n>',
    parse: whole(1, 1_000_000_000),
    help: 'most rows (changes: in each table, default 10, with --json all; select: default 20 in a table, else all)',
  }),
  where: option({
    flag: '--where <condition>',
    parse: text,
    help: 'an SQL condition over the columns of creator_overview and creators, such as "fans > 10000 AND province = \'上海\'"',
  }),
  fromLists: option({
    flag: '--list <name>',
    flagOnly: true,
    repeats: true,
    parse: each(text),
    help: 'only creators that are in this list; given several times: in one of these lists',
  }),
  sort: option({
    flag: '--sort <columns>',
    parse: sort,
    help: 'columns to sort by, such as "fans desc, nickname" (default: most followers first, with --mentioned most mentions); unknown values come last',
  }),
  columns: option({
    flag: '--columns <names>',
    parse: names,
    help: 'columns to write, separated by commas, or * (default: those of creator_overview; in a table a few)',
  }),
  format: option({
    flag: '--format <name>',
    parse: oneOf('csv', 'xlsx', 'parquet', 'json', 'table'),
    help: 'csv, xlsx, parquet, json or table (default: the ending of --out, else table); `costs`: csv, json or table',
  }),
  out: option({
    flag: '--out <file>',
    path: true,
    parse: text,
    help: 'write to this file; xlsx and parquet need one',
  }),
  save: option({
    flag: '--save <name>',
    parse: fileName,
    help: 'write <name>.csv (or --out) with user_id first, ready for `run`',
  }),
  mentioned: option({
    flag: '--mentioned',
    parse: flag,
    help: 'choose from creator_candidates: people that creators mention and that are in no list',
  }),
  callLimit: option({
    flag: '--limit <n/s>',
    parse: rate,
    help: 'most calls a second; the others get code 302',
  }),
  quota: option({
    flag: '--quota <n>',
    parse: whole(0, 1_000_000_000),
    help: 'most charged answers a day; then code 303',
  }),
  balance: option({
    flag: '--balance <n>',
    parse: whole(0, 1_000_000_000),
    help: 'most charged answers in all; then code 601',
  }),
  night: option({
    flag: '--night <n>',
    default: '0',
    parse: whole(0, 100_000),
    help: 'number of the night: from night to night counters grow, and some names change',
  }),
  failures: option({
    flag: '--failures <code=percent,…>',
    pairs: true,
    parse: shares,
    help: 'share of calls that get a code instead of a profile, such as 301=30%,500=1%',
  }),
  counts: option({
    flag: '--counts',
    parse: flag,
    help: 'keep only sums in the ledger, no entries: for a million calls',
  }),
  logLevel: option({
    flag: '--log-level <level>',
    default: 'info',
    parse: oneOf('debug', 'info', 'warn', 'error'),
    help: 'debug, info, warn or error',
  }),
  logFile: option({
    flag: '--log-file <file>',
    path: true,
    parse: text,
    help: 'also append the log to a file, as one JSON object a line, at --log-level, even with --quiet',
  }),
  logFormat: option({
    flag: '--log-format <text|json>',
    default: 'text',
    parse: oneOf('text', 'json'),
    help: 'how the log is shown on stderr: text for people, or one JSON object a line',
  }),
} as const

export type OptionName = keyof typeof options
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
