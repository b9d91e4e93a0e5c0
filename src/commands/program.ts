import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { CommanderError, Command as CommandLine } from 'commander'
import { readToken, tokenIn } from '../config/api.js'
import { options, resolveSettings, type Flags, type Option, type Settings } from '../config/options.js'
import { EXIT, messageOf, RunError, UsageError } from '../core/errors.js'
import { redactor, type Redact } from '../core/redact.js'
import { version } from '../core/version.js'
import { openLogFile } from '../terminal/logFile.js'
import { Logger } from '../terminal/logger.js'
import { changesCommand } from './changes/command.js'
import { NotLoaded, type Command, type Invocation } from './command.js'
import { doctorCommand } from './doctor/command.js'
import { forgetCommand } from './forget/command.js'
import { listsCommand } from './lists/command.js'
import { planCommand } from './plan/command.js'
import { replayCommand } from './replay/command.js'
import { reportCommand } from './report/command.js'
import { runCommand } from './run/command.js'
import { selectCommand } from './select/command.js'
import { simulateCommand } from './simulate/command.js'
import { statusCommand } from './status/command.js'
import { untrackCommand } from './untrack/command.js'

/** Every command, in the order of `--help`. */
export const commands: readonly Command[] = [
  runCommand,
  planCommand,
  replayCommand,
  statusCommand,
  listsCommand,
  untrackCommand,
  changesCommand,
  selectCommand,
  reportCommand,
  forgetCommand,
  doctorCommand,
  simulateCommand,
]

/**
 * Reads the command line, runs one command, and reports its error in one line.
 * @param args what follows the name of the program
 * @returns the exit code
 * @throws whatever keeps a command's files from being imported
 */
export async function main(args: readonly string[]): Promise<number> {
  // A reader of our output may leave, or its disk may be full: the run goes on, and its exit code stands.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  // Until the options are known, only the token of the environment can be redacted.
  let logger = new Logger(process.stderr, 'info', redactor(process.env['JUSTONEAPI_TOKEN']))
  let exitCode: number = EXIT.done
  const cli = new CommandLine('creator-enrich')
    .description('Fetch creator profiles, flatten them and load them into DuckDB and CSV: paid once, never lost.')
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (text) => logger.log('error', withoutValue(text)) })
  for (const command of commands) {
    const entry = addCommand(cli, command)
    entry.action(async () => {
      const invocation = invocationOf(command, entry.args, entry.opts())
      logger = invocation.logger
      exitCode = await command.run(invocation)
    })
  }
  try {
    await cli.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof NotLoaded) throw error.cause
    return report(error, logger)
  }
}

function addCommand(cli: CommandLine, command: Command): CommandLine {
  const entry = cli.command(`${command.name} ${command.arguments ?? ''}`.trimEnd()).description(command.description)
  for (const name of command.options) {
    const { flag, help, default: value }: Option<unknown> = options[name]
    entry.option(flag, value ? `${help} (default: ${value})` : help)
  }
  return entry
}

function invocationOf(command: Command, inputs: readonly string[], flags: Flags): Invocation {
  const environments = [process.env, readDotEnv()]
  const settings = resolveSettings(command.options, flags, environments)
  const read = (): string | undefined => readToken(settings.tokenFile, environments)
  const token = command.needsToken ? read() : undefined
  const logger = loggerFor(settings, redactor(token ?? tokenIn(environments)))
  return { settings, token, readToken: read, logger, inputs }
}

function readDotEnv(): Record<string, string | undefined> {
  const path = resolve('.env')
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new UsageError(`${path}: ${messageOf(error)}`)
  }
}

function loggerFor({ quiet, logLevel, logFile }: Settings, redact: Redact): Logger {
  const level = quiet ? 'warn' : logLevel
  if (logFile === undefined) return new Logger(process.stderr, level, redact)
  const log = openLogFile(logFile, (message) => process.stderr.write(`warning: ${redact(message)}\n`))
  return new Logger(process.stderr, level, redact, { log, kept: logLevel })
}

/** A mistyped flag may carry a secret behind its `=`. */
function withoutValue(text: string): string {
  return text
    .replace(/^error: /, '')
    .replace(/(unknown option '[^=']+)=[^']*/, '$1=…')
    .trim()
}

/** Logs one line for people; the stack is shown only at log level debug. */
function report(error: unknown, logger: Logger): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
  if (error instanceof RunError) {
    logger.log('error', error.message)
    logger.log('debug', error.stack ?? '')
    return error.exitCode
  }
  logger.log('error', `a bug in creator-enrich: ${messageOf(error)} (--log-level debug shows where)`)
  logger.log('debug', error instanceof Error ? (error.stack ?? '') : '')
  return EXIT.bug
}
