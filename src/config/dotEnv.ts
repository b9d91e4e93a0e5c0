import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { messageOf, UsageError } from '../core/errors.js'
import { looksLikePath } from '../core/looksLikePath.js'
import { tokenIn } from './api.js'
import { isHostName } from './optionParsers.js'
import type { OptionName } from './options.js'
import { envName, type Settings } from './settings.js'
import { PROXY_VARIABLES } from './proxy.js'

/** The file `.env` of the folder in which the program was started. Anybody may have put it there. */
export interface DotEnv {
  readonly path: string
  /** Empty without a file. */
  readonly variables: Readonly<Record<string, string | undefined>>
}

/** @throws UsageError when the file exists and cannot be read */
export function readDotEnv(): DotEnv {
  const path = resolve('.env')
  try {
    return { path, variables: parseEnv(readFileSync(path, 'utf8')) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { path, variables: {} }
    throw new UsageError(`${path}: ${messageOf(error)}`)
  }
}

/** They decide where the token or the results go, or which file is read. */
const GUARDED: readonly OptionName[] = ['allowPlainHttp', 'config', 'tokenFile', 'notify', 'databaseUrl']

/** What a command does that a `.env` could turn against the person who starts it. */
export interface Risks {
  /** It sends the token, or posts the receipt. */
  readonly sends: boolean
  /** It writes a log file. */
  readonly writesLog: boolean
}

/**
 * A `.env` that does not hold the token itself must not send it anywhere: it may have come with a copied or shared folder.
 * For the same reason it never names a program.
 * @throws UsageError that names the variable, while the token comes from the environment or from a file
 */
export function checkDotEnv(
  { path, variables }: DotEnv,
  { tokenFile }: Settings,
  environment: Readonly<Record<string, string | undefined>>,
  risks: Risks,
): void {
  const pipeline = variables[envName('pipeline')]?.trim() ?? ''
  if (looksLikePath(pipeline))
    throw new UsageError(
      `${path}: ${envName('pipeline')} may only be the name of a pipeline there: the file at a path is run as a program, and anybody may have written this one; nothing was sent. Name the path with --pipeline, in the environment or in a config file`,
    )
  const source = tokenFile !== undefined ? 'a token file' : tokenIn([environment]) && 'the environment'
  if (!source) return
  const name = Object.keys(variables).find((each) => variables[each]?.trim() && isGuarded(each, variables[each], risks))
  if (name === undefined) return
  const only = name === envName('api') ? 'stand there only as the name of a host (global, cn)' : 'not stand there'
  throw new UsageError(
    `${path}: ${name} may ${only} while the token comes from ${source}: whoever wrote this file would decide where the token or the results go; nothing was sent. Set it in the environment or as a flag, or write the token into the same file`,
  )
}

function isGuarded(name: string, value: string, { sends, writesLog }: Risks): boolean {
  if (name === envName('logFile')) return writesLog
  // A config file may name a log file.
  if (name === envName('config') && writesLog) return true
  if (!sends) return false
  if (name === envName('api')) return !isHostName(value)
  return (
    GUARDED.some((option) => envName(option) === name) || PROXY_VARIABLES.some((each) => each === name.toUpperCase())
  )
}
