import { lstatSync, readFileSync, statSync, type Stats } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import type { z } from 'zod'
import { isAbsent, pathExists } from '../core/absent.js'
import { messageOf, UsageError } from '../core/errors.js'
import { foreignWriter } from '../core/foreignWriter.js'
import { isWithin } from '../core/isWithin.js'
import { nearest } from '../core/nearest.js'
import { configKey, configKeys, configSchema, fileValues, flagOnlyKeys } from './configSchema.js'
import { JsonFault, parseLocated, type LocatedJson, type TextPlace } from './locatedJson.js'
import type { Option } from './option.js'
import { options, type OptionName } from './options.js'
import type { FileSettings, FileValues } from './settings.js'

/** Its name in a data folder. */
export const CONFIG_NAME = 'creator-enrich.json'

/** A config file that was read and checked. */
export interface ConfigFile extends FileSettings {
  /** Absolute; so are the paths in `values`. */
  readonly path: string
}

/** The file belongs to another user. */
export class ForeignConfig extends UsageError {
  constructor(
    readonly path: string,
    self: number,
    readonly owner: number,
  ) {
    super(
      `${path} belongs to another user (uid ${owner}), who would decide where the token goes and what is spent; nothing was sent: check its content, then make it yours (chown ${self} ${path}), or name another file with --config`,
    )
  }
}

/** A file with settings is smaller. */
const LARGEST = 100_000

/**
 * Reads the config file of a data folder.
 * @returns undefined if the folder has none
 * @throws ForeignConfig when another user owns it; UsageError with line and column when it cannot be used
 */
export function readFolderConfig(data: string): ConfigFile | undefined {
  const path = join(resolve(data), CONFIG_NAME)
  if (!pathExists(path) && !isLink(path)) return undefined
  const file = readConfig(path)
  const { pipeline = '' } = file.values
  // A path in the file is absolute now; anything else is a name.
  if (isAbsolute(pipeline) && isWithin(pipeline, resolve(data))) throw programInData(file)
  if (file.values.data === undefined) return file
  throw new UsageError(
    `${path}: this file lies in its data folder, so "data" cannot name another one: remove "data", or keep the file elsewhere and name it with --config`,
  )
}

/** A folder that was copied or unpacked from elsewhere must not bring the program that its own settings start. */
function programInData({ placeOf, values }: ConfigFile): UsageError {
  return new UsageError(
    `${placeOf('pipeline')}: ${values.pipeline} lies in the data folder, and a pipeline is run as a program; nothing was run: read the file, keep it outside of the data folder, and name it there`,
  )
}

/**
 * Reads a config file.
 * @throws ForeignConfig, UsageError as `readFolderConfig`
 */
export function readConfig(file: string): ConfigFile {
  const path = resolve(file)
  const located = readConfigJson(path)
  const checked = configSchema.safeParse(withHyphens(path, located))
  if (!checked.success) throw refusal(path, located, checked.error.issues)
  const values = fileValues(checked.data)
  const absolute = Object.entries(values).map(([name, value]) => {
    const { path: isPath }: Option<unknown> = options[name as OptionName]
    const isOne = typeof isPath === 'function' ? isPath(value) : isPath
    return [name, isOne ? resolve(dirname(path), value) : value]
  })
  const placeOf = (name: OptionName): string => {
    const key = configKey(name)
    return `${placeText(path, located.placeOf([typedKeys(located.value).get(key) ?? key]))}: ${key}`
  }
  return { path, values: Object.fromEntries(absolute) as FileValues, placeOf }
}

/** A link that leads to nothing is a lost file, not an absent one: a cap may stand in it. */
function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}

/** @throws ForeignConfig, or UsageError when others may have written the file, or its text is not JSON */
export function readConfigJson(path: string): LocatedJson {
  return parse(path, readTrusted(path))
}

function readTrusted(path: string): string {
  if (!pathExists(path)) {
    const what = isLink(path) ? 'is a link to a file that is not there' : 'does not exist'
    throw new UsageError(`${path} ${what}: name the config file with --config, or remove what names this one`)
  }
  const found = statSync(path)
  if (!found.isFile()) throw new UsageError(`${path} is not a file: put a config file in its place, or remove it`)
  checkTrust(path, found)
  if (found.size > LARGEST) {
    throw new UsageError(`${path} has ${found.size} bytes, too many for a config file: name another one with --config`)
  }
  let bytes
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new UsageError(`${path} cannot be read (${messageOf(error)}): make it readable for this user, or remove it`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UsageError(`${path} is not UTF-8 text: save it as UTF-8`)
  }
}

/** The file decides where the token goes and what may be spent, so nobody else may have written it. */
function checkTrust(path: string, found: Stats): void {
  const { owner, mode } = foreignWriter(found)
  if (owner !== undefined) throw new ForeignConfig(path, process.geteuid!(), owner)
  if (mode === undefined) return
  throw new UsageError(
    `${path} can be written by others (mode ${mode}), who would decide where the token goes and what is spent; nothing was sent: chmod go-w ${path}, or name a file elsewhere with --config`,
  )
}

function parse(path: string, text: string): LocatedJson {
  try {
    return parseLocated(text)
  } catch (error) {
    if (error instanceof JsonFault) throw at(path, error.place, `this is not JSON: ${error.message}`)
    throw error
  }
}

/**
 * The settings with the names of the schema: `maxAge` is the same as `max-age`.
 * @throws UsageError for a name that is not a setting, the first one in the file
 */
function withHyphens(path: string, { value, placeOf }: LocatedJson): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw at(path, placeOf([]), 'expected an object such as {"budget-per-day": 25}')
  }
  const settings = new Map<string, unknown>()
  for (const [typed, setting] of Object.entries(value)) {
    const key = configKey(typed)
    const place = placeOf([typed])
    if (typed !== '$schema' && !configKeys.has(key)) throw at(path, place, unknownName(typed, key))
    if (settings.has(key)) throw at(path, place, `${key} stands here a second time: remove one of the two`)
    settings.set(key, setting)
  }
  return Object.fromEntries(settings)
}

function unknownName(typed: string, key: string): string {
  if (flagOnlyKeys.includes(key)) return `${key} is taken from the command line only: give it to the run that needs it`
  if (/token/i.test(typed)) {
    return 'the token does not belong in this file: remove it, and set JUSTONEAPI_TOKEN or name a file with "token-file"'
  }
  if (key === 'config') return 'a config file names no other: remove "config"'
  const near = nearest(key, [...configKeys.keys()])
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'docs/options.md lists the settings'
  return `there is no setting ${JSON.stringify(typed)}: ${hint}`
}

/** The first fault in the file. */
function refusal(path: string, { value, placeOf }: LocatedJson, issues: readonly z.core.$ZodIssue[]): UsageError {
  const typed = typedKeys(value)
  const placed = issues.map((issue) => {
    const [key = '', ...rest] = issue.path
    return { issue, place: placeOf([typed.get(String(key)) ?? key, ...rest]) }
  })
  placed.sort(({ place: one }, { place: other }) => one.line - other.line || one.column - other.column)
  const { issue, place } = placed[0]!
  return at(path, place, `${issue.path.join('.')}: ${problemOf(issue)}`)
}

function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'custom') return issue.message
  if (issue.code === 'invalid_type' && issue.expected === 'boolean') return 'expected true or false, without quotes'
  return 'expected a text or a number'
}

/** The names of an object as they are typed, by their spelling with hyphens. */
function typedKeys(value: unknown): ReadonlyMap<string, string> {
  return new Map(Object.keys(value as object).map((key) => [configKey(key), key]))
}

function at(path: string, place: TextPlace, what: string): UsageError {
  return new UsageError(`${placeText(path, place)}: ${what}`)
}

function placeText(path: string, { line, column }: TextPlace): string {
  return `${path}: line ${line}, column ${column}`
}
