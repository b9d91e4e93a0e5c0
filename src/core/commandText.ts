import { existsSync, realpathSync } from 'node:fs'
import { basename, delimiter, dirname, isAbsolute, join, parse, relative } from 'node:path'
import { packageFolder } from './version.js'

/** How a process was started. */
export interface Start {
  /** The script that Node was given, as an absolute path; a link is not followed. */
  readonly script: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

/** The folder in which this package lies, and its compiled start. */
const ROOT = packageFolder
const CLI = join(ROOT, 'dist/src/cli.js')
const NAME = 'creator-enrich'

/** The makefile sets this variable for the commands that it starts. */
const STARTED_BY = 'CREATOR_ENRICH_STARTED_BY'

function thisStart(): Start {
  return { script: process.argv[1], env: process.env, cwd: currentFolder() }
}

function currentFolder(): string {
  try {
    return process.cwd()
  } catch {
    return '/'
  }
}

/**
 * A command for people to copy, as this process was started: `npx creator-enrich replay --data data`, `make replay`,
 * `node dist/src/cli.js replay`. Inside another program it is `creator-enrich …`.
 * Stored text must not depend on how a process was started: `plainCommands` makes it so.
 * @param args the command, at most one input, options with their values. Only `<placeholders>` are not quoted.
 */
export function commandText(args: readonly string[], start: Start = thisStart()): string {
  return noted(args, textFor(args, start))
}

/** The commands that were written, each with its text for every start. */
const written = new Map<string, string>()

function noted(args: readonly string[], text: string): string {
  written.set(text, `${NAME} ${args.map(quoted).join(' ')}`)
  return text
}

/** A message with its commands, which stand in backticks, as `creator-enrich …`: to be stored or sent. */
export function plainCommands(message: string): string {
  return message.replace(/`[^`]+`/g, (quote) => {
    const plain = written.get(quote.slice(1, -1))
    return plain === undefined ? quote : `\`${plain}\``
  })
}

function textFor(args: readonly string[], start: Start): string {
  const { script } = start
  const words = args.map(quoted).join(' ')
  if (script === undefined || !isOurs(script)) return `${inPackages(ROOT) ? 'npx ' : ''}${NAME} ${words}`
  const byMake = start.env[STARTED_BY] === 'make' ? makeText(args) : undefined
  return byMake ?? `${programOf(script, start)} ${words}`
}

/** A command that shows a run on simulated data. */
export function demoText(start: Start = thisStart()): string {
  const args = ['run', '<list>', '--api', 'simulated', '--nights', '3', '--data', 'demo']
  if (!existsSync(join(ROOT, 'Makefile'))) return commandText(args, start)
  const isHere = relative(start.cwd, ROOT) === ''
  return noted(args, isHere ? 'make demo' : `make -C ${quoted(ROOT.slice(0, -1))} demo`)
}

function isOurs(script: string): boolean {
  try {
    return realpathSync(script) === realpathSync(CLI)
  } catch {
    return false
  }
}

function inPackages(folder: string): boolean {
  return /[\\/]node_modules[\\/]/.test(folder)
}

function programOf(script: string, { env, cwd }: Start): string {
  const folder = dirname(script)
  if (basename(folder) === '.bin' && inPackages(folder)) return `npx ${NAME}`
  const below = relative(cwd, script)
  const isBelow = !below.startsWith('..') && !isAbsolute(below) && cwd !== parse(cwd).root
  const path = quoted(isBelow ? below : script)
  if (basename(script) !== NAME) return `node ${path}`
  const isOnPath = (env['PATH'] ?? '').split(delimiter).includes(folder)
  if (isOnPath) return NAME
  return path.includes('/') ? path : `./${path}`
}

/** The makefile's target with the same work; undefined where it has none, or cannot hand over an argument. */
function makeText([command, ...args]: readonly string[]): string | undefined {
  const input = args[0]?.startsWith('--') === false ? args[0] : undefined
  const options = input === undefined ? args : args.slice(1)
  // The makefile splits ARGS at blanks, and knows no quotes.
  if (options.some((each) => !isPlain(each))) return undefined
  const isTracked = options[0] === '--tracked'
  const target = isTracked ? 'nightly' : { run: 'enrich', plan: 'plan', replay: 'replay', report: 'report' }[command!]
  const needsInput = target === 'enrich' || target === 'plan'
  if (target === undefined || needsInput !== (input !== undefined) || (isTracked && command !== 'run')) return undefined
  const rest = isTracked ? options.slice(1) : options
  return [
    `make ${target}`,
    ...(input === undefined ? [] : [`INPUT=${quoted(input)}`]),
    ...(rest.length === 0 ? [] : [`ARGS=${quoted(rest.join(' '))}`]),
  ].join(' ')
}

function isPlain(word: string): boolean {
  return /^[\p{L}\p{N}_./:@%+=,-]+$/u.test(word)
}

/** A word of a shell. */
function quoted(word: string): string {
  return isPlain(word) || /^<[a-z ]+>$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
