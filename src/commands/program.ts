import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { Command, CommanderError } from 'commander'
import { readToken, tokenIn } from '../config/api.js'
import { options, resolveSettings, type CommandName, type Option, type Settings } from '../config/options.js'
import { messageOf, RunError, UsageError } from '../core/errors.js'
import { redactor, type Redact } from '../core/redact.js'
import { version } from '../core/version.js'
import { openLogFile } from '../terminal/logFile.js'
import { Logger } from '../terminal/logger.js'
import type { Invocation } from './command.js'

type Flags = Readonly<Record<string, string | boolean | undefined>>

function readDotEnv(): Record<string, string | undefined> {
  const path = resolve('.env')
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new UsageError(`${path}: ${messageOf(error)}`)
  }
}

/** Each command with what it needs, loaded when it is asked for: that takes longer than most of them take to run. */
const commands: Record<CommandName, () => Promise<(invocation: Invocation) => Promise<number>>> = {
  run: async () => (await import('./run/command.js')).runCommand,
  plan: async () => (await import('./plan/command.js')).planCommand,
  replay: async () => (await import('./replay/command.js')).replayCommand,
  status: async () => (await import('./status/command.js')).statusCommand,
  lists: async () => (await import('./lists/command.js')).listsCommand,
  untrack: async () => (await import('./untrack/command.js')).untrackCommand,
  changes: async () => (await import('./changes/command.js')).changesCommand,
  select: async () => (await import('./select/command.js')).selectCommand,
  report: async () => (await import('./report/command.js')).reportCommand,
  forget: async () => (await import('./forget/command.js')).forgetCommand,
  doctor: async () => (await import('./doctor/command.js')).doctorCommand,
  simulate: async () => (await import('./simulate/command.js')).simulateCommand,
}

/** A command cannot be loaded: who loads this file tells why. */
class NotLoaded extends Error {}

/** Until the command line is understood, only the token of the environment is known. */
let logger = new Logger(process.stderr, 'info', redactor(process.env['JUSTONEAPI_TOKEN']))

function invocation(name: CommandName, inputs: readonly string[], flags: Flags): Invocation {
  const environments = [process.env, readDotEnv()]
  const settings = resolveSettings(name, flags, environments)
  // What makes no call needs no token, and is not stopped by a bad one.
  const read = (): string | undefined => readToken(settings.tokenFile, environments)
  const token = name === 'run' ? read() : undefined
  const redact = redactor(token ?? tokenIn(environments))
  logger = loggerFor(settings, redact)
  return { settings, token, readToken: read, logger, inputs }
}

function loggerFor({ quiet, logLevel, logFile }: Settings, redact: Redact): Logger {
  const level = quiet ? 'warn' : logLevel
  if (logFile === undefined) return new Logger(process.stderr, level, redact)
  const log = openLogFile(logFile, (message) => process.stderr.write(`warning: ${redact(message)}\n`))
  return new Logger(process.stderr, level, redact, { log, kept: logLevel })
}

async function start(name: CommandName, inputs: readonly string[], flags: Flags): Promise<number> {
  const given = invocation(name, inputs, flags)
  const command = await commands[name]().catch((cause: unknown) => {
    throw new NotLoaded(messageOf(cause), { cause })
  })
  return command(given)
}

function addOptions(command: Command, name: CommandName): Command {
  for (const definition of Object.values<Option<unknown>>(options)) {
    if (!definition.for.includes(name)) continue
    const help = definition.default ? `${definition.help} (default: ${definition.default})` : definition.help
    command.option(definition.flag, help)
  }
  return command
}

function program(finish: (exitCode: number) => void): Command {
  const cli = new Command('creator-enrich')
    .description('Fetch creator profiles, flatten them and load them into DuckDB and CSV: paid once, never lost.')
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (text) => logger.log('error', withoutValue(text)) })
  addOptions(cli.command('run [input...]'), 'run')
    .description(
      'read, plan, fetch, flatten, load, export, publish and report; the same command continues what was stopped',
    )
    .action(async (inputs: string[], flags: Flags) => finish(await start('run', inputs, flags)))
  addOptions(cli.command('plan [input...]'), 'plan')
    .description('what a run of the same inputs would ask and cost now; no call')
    .action(async (inputs: string[], flags: Flags) => finish(await start('plan', inputs, flags)))
  addOptions(cli.command('replay'), 'replay')
    .description('rebuild all tables from raw/ and the journal with no call, show what differs, publish')
    .action(async (flags: Flags) => finish(await start('replay', [], flags)))
  addOptions(cli.command('status'), 'status')
    .description('the run that is on, the last runs, what is parked, how old the profiles are')
    .action(async (flags: Flags) => finish(await start('status', [], flags)))
  addOptions(cli.command('lists'), 'lists')
    .description('the lists: tracked or not, coverage, price of a night')
    .action(async (flags: Flags) => finish(await start('lists', [], flags)))
  addOptions(cli.command('untrack <list>'), 'untrack')
    .description('leave a list out of `run --tracked`; its rows and its history stay')
    .action(async (list: string, flags: Flags) => finish(await start('untrack', [list], flags)))
  addOptions(cli.command('changes'), 'changes')
    .description('whose followers moved, and who changed what, since a day or for a while')
    .action(async (flags: Flags) => finish(await start('changes', [], flags)))
  addOptions(cli.command('select'), 'select')
    .description('a list of creators by condition, as a table, CSV, Parquet or JSON')
    .action(async (flags: Flags) => finish(await start('select', [], flags)))
  addOptions(cli.command('report'), 'report')
    .description('write the HTML report of the newest run from what is published')
    .action(async (flags: Flags) => finish(await start('report', [], flags)))
  addOptions(cli.command('forget [userId...]'), 'forget')
    .description('erase people everywhere under the data folder; no input and no answer brings them back')
    .action(async (ids: string[], flags: Flags) => finish(await start('forget', ids, flags)))
  addOptions(cli.command('doctor'), 'doctor')
    .description('check what a run needs, without a call; exits with the code of the first failure')
    .action(async (flags: Flags) => finish(await start('doctor', [], flags)))
  addOptions(cli.command('simulate'), 'simulate')
    .description('serve the simulated API on this machine until stopped')
    .action(async (flags: Flags) => finish(await start('simulate', [], flags)))
  return cli
}

/** A mistyped flag may carry a secret behind its `=`. */
function withoutValue(text: string): string {
  return text
    .replace(/^error: /, '')
    .replace(/(unknown option '[^=']+)=[^']*/, '$1=…')
    .trim()
}

/** One line for people, and the exit code; only a bug shows its stack, and only when asked. */
function fail(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof RunError) {
    logger.log('error', error.message)
    logger.log('debug', error.stack ?? '')
    return error.exitCode
  }
  logger.log('error', `a bug in creator-enrich: ${messageOf(error)} (--log-level debug shows where)`)
  logger.log('debug', error instanceof Error ? (error.stack ?? '') : '')
  return 1
}

// Who reads our output may leave, or its disk be full: the run goes on, and its exit code stands.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

let exitCode = 0
try {
  await program((code) => (exitCode = code)).parseAsync()
} catch (error) {
  if (error instanceof NotLoaded) throw error.cause
  exitCode = fail(error)
}
process.exitCode = exitCode
