import { CommanderError, Command as CommandLine } from 'commander'
import { BETWEEN_VALUES } from '../config/optionParsers.js'
import type { Option } from '../config/option.js'
import { options } from '../config/options.js'
import { nameSource } from '../config/settings.js'
import { EXIT, messageOf, UsageError } from '../core/errors.js'
import { commandText } from '../core/commandText.js'
import { version } from '../core/version.js'
import { changesCommand } from './changes/command.js'
import { load, NotLoaded, type Command, type Invocation } from './command.js'
import { collectCommand } from './collect/command.js'
import { completionCommand } from './completion/command.js'
import { costsCommand } from './costs/command.js'
import { doctorCommand } from './doctor/command.js'
import { enqueueCommand } from './enqueue/command.js'
import { forgetCommand } from './forget/command.js'
import { listsCommand } from './lists/command.js'
import { newPipelineCommand } from './new-pipeline/command.js'
import { personCommand } from './person/command.js'
import { planCommand } from './plan/command.js'
import { replayCommand } from './replay/command.js'
import { reportCommand } from './report/command.js'
import { requirePrinted, watchStdout } from '../terminal/printed.js'
import { errorText, reportError } from './reportError.js'
import { runCommand } from './run/command.js'
import { selectCommand } from './select/command.js'
import { simulateCommand } from './simulate/command.js'
import { statusCommand } from './status/command.js'
import { untrackCommand } from './untrack/command.js'
import { workerCommand } from './worker/command.js'

/** Every command, in the order of `--help`; `subcommands` of a command are not in it. */
export const commands: readonly Command[] = [
  runCommand,
  planCommand,
  replayCommand,
  statusCommand,
  listsCommand,
  untrackCommand,
  changesCommand,
  costsCommand,
  selectCommand,
  reportCommand,
  personCommand,
  forgetCommand,
  doctorCommand,
  enqueueCommand,
  workerCommand,
  collectCommand,
  simulateCommand,
  newPipelineCommand,
  completionCommand(() => commands),
]

/**
 * Reads the command line, runs one command, and reports its error in one line.
 * @param args what follows the name of the program
 * @returns the exit code
 * @throws whatever keeps a file of the program from being imported
 */
export async function main(args: readonly string[]): Promise<number> {
  // A reader of our output may leave, or its disk may be full: the run goes on, and its exit code stands.
  process.stderr.on('error', () => undefined)
  watchStdout()
  let invocation: Invocation | undefined
  let exitCode: number = EXIT.done
  const cli = new CommandLine('creator-enrich')
    .description('Fetch creator profiles, flatten them and load them into DuckDB and CSV: paid once, never lost.')
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    // Every command has options. With the word in each line the descriptions would not be wrapped at 80 columns.
    .configureHelp({
      subcommandTerm: (command) => `${command.name()} ${command.usage().replace(/\[options\] ?/, '')}`.trimEnd(),
    })
  const entries: { readonly command: Command; readonly entry: CommandLine }[] = []
  const add = (parent: CommandLine, command: Command): void => {
    const entry = addCommand(parent, command)
    entries.push({ command, entry })
    entry.action(async () => {
      requireCurrentFolder()
      const { invocationOf } = await load(import('./invocation.js'))
      // A flag that the command above knows too is parsed there, wherever it stands.
      invocation = invocationOf(command, entry.args, entry.optsWithGlobals())
      await hideIdsInRecords(invocation)
      exitCode = await command.run(invocation)
      if (command.onlyPrints) await requirePrinted()
    })
    for (const each of command.subcommands ?? []) add(entry, each)
  }
  for (const command of commands) add(cli, command)
  try {
    await cli.parseAsync(withoutInputsAsValues(args, commands), { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof NotLoaded) throw error.cause
    if (error instanceof CommanderError && isHelp(error)) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    const { firstLogger } = await import('./invocation.js')
    if (invocation) nameSource(error, invocation.settings)
    const failing = entries.find(({ command }) => command.name === args[0])
    const known = invocation ?? (failing && (await partOf(failing, error)))
    const failed = reportError(error, known?.logger ?? firstLogger(), failing?.command)
    if (failing && known) await tellOthers(failing.command, known, failed, errorText(error))
    return failed
  }
}

/** What is known of a command that could not begin; undefined if even that cannot be read. */
async function partOf(
  { command, entry }: { command: Command; entry: CommandLine },
  error: unknown,
): Promise<Invocation | undefined> {
  try {
    const { partialInvocation } = await import('./invocation.js')
    // A mistyped flag and its value, which may be a secret, are among the arguments.
    const inputs = error instanceof CommanderError ? [] : entry.args
    const known = partialInvocation(command, inputs, entry.optsWithGlobals())
    await hideIdsInRecords(known)
    return known
  } catch {
    return undefined
  }
}

/** The error is reported already, so nothing more may come of this one. */
async function tellOthers(command: Command, known: Invocation, exitCode: number, error: string): Promise<void> {
  try {
    await command.failed?.(known, exitCode, error)
  } catch (cause) {
    known.logger.log('debug', `the error could not be told to others: ${messageOf(cause)}`)
  }
}

/** A pipeline that does not exist is the error of the command itself. */
async function hideIdsInRecords({ logger, settings }: Invocation): Promise<void> {
  if (!logger.hasRecords) return
  const { loadPipeline } = await load(import('../model/pipeline.js'))
  const { pipelineFor } = await load(import('../publish/folderPipeline.js'))
  const { idHider } = await load(import('../model/hideIds.js'))
  const pipeline = await pipelineFor(settings).catch(() => loadPipeline(undefined))
  logger.withoutIds(idHider(pipeline))
}

/** @throws UsageError when the folder in which the program was started is gone: no path could be resolved */
function requireCurrentFolder(): void {
  try {
    process.cwd()
  } catch (cause) {
    throw new UsageError('the current folder was deleted or cannot be read; nothing was sent: cd to another folder', {
      cause,
    })
  }
}

function addCommand(cli: CommandLine, command: Command): CommandLine {
  const entry = cli.command(`${command.name} ${command.arguments ?? ''}`.trimEnd()).description(command.description)
  for (const name of command.options) {
    const heading = command.headings?.[name]
    if (heading !== undefined) entry.optionsGroup(`${heading}:`)
    const { flag, help, default: value, repeats }: Option<unknown> = options[name]
    const text = value ? `${help} (default: ${value})` : help
    if (repeats) entry.option(flag, text, joinValues)
    else entry.option(flag, text)
  }
  return entry.addHelpText('after', () => helpEnd(command))
}

/** An example as the program was started, and where to read on. */
function helpEnd({ example }: Command): string {
  const start = commandText([])
  const lines = [
    ...(example === undefined ? [] : [`Example: ${start}${example}`]),
    'Exit codes: 0 done, 2 wrong usage; the others: docs/exit-codes.md',
    'Options with variables and config file: docs/options.md',
  ]
  return `\n${lines.join('\n')}`
}

/** An input behind a flag whose value may be missing is not its value: `--resolve creators.csv`. */
function withoutInputsAsValues(args: readonly string[], commands: readonly Command[]): string[] {
  const command = commands.find(({ name }) => name === args[0])
  const words = new Map(
    command?.options.flatMap((name) => {
      const [, flag, known] = /^(--\S+) \[(.+)\]$/.exec(options[name].flag) ?? []
      return flag === undefined ? [] : [[flag, known!.split('|')] as const]
    }),
  )
  return args.map((arg, at) => (words.get(arg)?.includes(args[at + 1] ?? '') === false ? `${arg}=true` : arg))
}

function joinValues(value: string, before: string | undefined): string {
  return before === undefined ? value : before + BETWEEN_VALUES + value
}

/** Commander ends `--help` and `--version` as errors, too; their text is written already. */
function isHelp({ code }: CommanderError): boolean {
  return /^commander\.(help|helpDisplayed|version)$/.test(code)
}
