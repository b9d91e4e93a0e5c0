import { readToken, tokenIn } from '../../config/api.js'
import { readConfig, readFolderConfig } from '../../config/configFile.js'
import { tokenPath } from '../../config/exposedToken.js'
import { options, type OptionName } from '../../config/options.js'
import { envName, nameSource, resolveSettings, type Flags, type Settings } from '../../config/settings.js'
import { proxyRule } from '../../config/proxy.js'
import type { LogLevel } from '../../core/effects.js'
import { EXIT, exitCodeOf, UsageError } from '../../core/errors.js'
import { redactor, type Redact } from '../../core/redact.js'
import type { Receipt } from '../../model/receipt.js'
import { visibleText } from '../../core/text.js'
import { startNow } from '../../run/startNow.js'
import { Logger } from '../../terminal/logger.js'
import type { LogRecord } from '../../terminal/logRecords.js'
import { runCommand } from './command.js'
import type { NamedOptions } from './namedOptions.js'
import { perform } from './perform.js'

/** Receives log messages by level; `console` and most loggers have these methods. */
export type MessageLogger = { readonly [Level in LogLevel]?: (message: string) => unknown }

/** The task of one run: options by name, as on the command line, and what only a program can hand over. */
export interface RunOptions extends NamedOptions {
  /** CSV or Parquet files. Leave it out with `tracked`. */
  readonly inputs?: string | readonly string[] | undefined
  /** The token. Without it: `tokenFile`, else `JUSTONEAPI_TOKEN` of `env`. */
  readonly token?: string | undefined
  /** Stops the run in order. It then returns its receipt, with `exit_code` 130, or 143 if that is the signal's reason. Before the first call it throws `StoppedError`. */
  readonly signal?: AbortSignal | undefined
  /** Gets every message, at all levels, with the token redacted. Without it, nothing is written to any stream. */
  readonly logger?: MessageLogger | undefined
  /** Variables for options that are left out (`CREATOR_ENRICH_…`), the token and the proxy; default: `process.env`. A `.env` file is not read. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

const OWN = ['inputs', 'token', 'signal', 'logger', 'env']
/** They concern the streams of the command line. */
export const ONLY_COMMAND_LINE: readonly OptionName[] = ['json', 'quiet', 'logLevel', 'logFile', 'logFormat']

/**
 * Reads lists of creators, fetches every due profile once, and publishes the database and the exports, as the command `run`.
 * Installs no signal handlers, never ends the process, and leaves the umask as it is.
 *
 * @example
 * ```ts
 * import { run } from 'creator-enrich'
 *
 * const receipt = await run({ inputs: 'creators.csv', data: 'data', maxAge: '7d', budget: 100, logger: console })
 * console.log(receipt.exit_code, receipt.ids.enriched, receipt.money.billed)
 * ```
 * @returns the receipt, also when the run was stopped and the rest is parked: look at `exit_code` and `stop`
 * @throws RunError with its `exitCode` when the run did not end in order; every paid answer is safe, and the same call
 * continues. Any other error has the `exitCode` 1: it is a bug.
 */
export async function runWithOptions(task: RunOptions): Promise<Receipt> {
  const stop = stopBy(task.signal)
  let redact = redactor(task.token ?? tokenIn([task.env ?? process.env]))
  let known: Pick<Settings, 'from'> = {}
  try {
    const names = givenNames(task)
    const env = withoutGiven(task.env ?? process.env, names)
    const flags = flagsOf(task, names)
    const { config, data } = resolveSettings(runCommand.options, flags, [env])
    const file = config === undefined ? readFolderConfig(data) : readConfig(config)
    const settings = resolveSettings(runCommand.options, flags, [env], file)
    known = settings
    const token = readToken(settings.tokenFile, [task.token === undefined ? env : { JUSTONEAPI_TOKEN: task.token }])
    redact = redactor(token)
    const receipt = await perform({
      settings,
      config: file ? { file } : {},
      tokenPath: tokenPath(settings, env),
      token,
      logger: loggerFor(task.logger, redact),
      proxyFor: proxyRule([env]),
      inputs: typeof task.inputs === 'string' ? [task.inputs] : (task.inputs ?? []),
      signal: stop.signal,
      start: startNow(),
    })
    return JSON.parse(redact(JSON.stringify(receipt))) as Receipt
  } catch (error) {
    nameSource(error, known)
    throw withExitCode(error, redact)
  } finally {
    stop.release()
  }
}

/** @throws UsageError for a name that is not an option of `run` */
function givenNames(task: RunOptions): OptionName[] {
  const known = runCommand.options.filter((name) => !ONLY_COMMAND_LINE.includes(name))
  const given = Object.entries(task).filter(([name, value]) => value !== undefined && !OWN.includes(name))
  return given.map(([name]) => {
    const option = known.find((each) => each === name)
    if (option === undefined) throw new UsageError(`run() has no option ${name}; it has ${known.join(', ')}`)
    return option
  })
}

/** As commander hands over flags: `--max-age` as `maxAge`, `--no-bom` as `bom: false`. */
function flagsOf(task: RunOptions, names: readonly OptionName[]): Flags {
  return Object.fromEntries(
    names.map((name) => {
      const [, no, first, rest] = /^--(no-)?([a-z])([a-z-]*)/.exec(options[name].flag)!
      const key = first! + rest!.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
      const value = (task as Record<string, string | number | boolean>)[name]!
      return [key, no === undefined ? (typeof value === 'boolean' ? value : String(value)) : !value]
    }),
  )
}

/** An option that is given wins, also one that is `false`. */
function withoutGiven(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly OptionName[],
): Readonly<Record<string, string | undefined>> {
  const variables = new Set(names.map(envName))
  return Object.fromEntries(Object.entries(env).filter(([name]) => !variables.has(name)))
}

function loggerFor(receiver: MessageLogger | undefined, redact: Redact): Logger {
  const record: LogRecord = (level, _event, message) => {
    receiver?.[level]?.(visibleText(message).replaceAll('\n', '\n  '))
    return ''
  }
  const file = { append: () => undefined, kept: 'debug' } as const
  return new Logger({ write: () => undefined }, 'error', redact, { record, file, shown: false })
}

/** The run takes the exit code from the reason of its signal. */
function stopBy(signal: AbortSignal | undefined): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const abort = (): void => controller.abort(signal?.reason === EXIT.terminated ? EXIT.terminated : EXIT.interrupted)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  return { signal: controller.signal, release: () => signal?.removeEventListener('abort', abort) }
}

function withExitCode(thrown: unknown, redact: Redact): Error {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  error.message = redact(error.message)
  if (error.stack !== undefined) error.stack = redact(error.stack)
  return Object.assign(error, { exitCode: exitCodeOf(error) })
}
