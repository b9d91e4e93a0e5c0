import { onTestFinished } from 'vitest'
import { eraseLeaving } from '../../src/commands/forget/eraseLeaving.js'
import { runCommand } from '../../src/commands/run/command.js'
import { resolveApi } from '../../src/config/api.js'
import { envName, resolveSettings, withPrice } from '../../src/config/settings.js'
import { liveEffects } from '../../src/core/effects.js'
import { RunError } from '../../src/core/errors.js'
import { redactor } from '../../src/core/redact.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import type { Receipt } from '../../src/model/receipt.js'
import { run } from '../../src/run/run.js'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.js'
import { Logger } from '../../src/terminal/logger.js'
import { startCli, type Ended, type Started } from './cli.js'
import { commandHere } from './commandHere.js'
import { placeEmptyWarehouse } from './emptyWarehouse.js'
import { pipelineOfFolder } from './pipelineOfFolder.js'

export const TOKEN = 'canary+token/7f3a=='

/** Starts a simulator, which is closed at the end of the test. */
export async function simulator(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const started = await startSimulator({ pipeline: await loadPipeline(undefined), ...options })
  onTestFinished(() => started.close())
  return started
}

/** The report takes a fifth of the time of a small run. `--no-report false` in `args` of an in-process run makes one. */
const WITHOUT_REPORT = ['--no-report']

/** Starts `run` of these inputs against a simulator, in a process of its own. */
export function startRun(input: readonly string[], data: string, api: Simulator, ...args: string[]): Started {
  return startCli(commandOf(input, data, api, args), { env: { JUSTONEAPI_TOKEN: TOKEN } })
}

/** The same command in this process, which takes half the time: for tests of its exit code and what it prints. */
export function runHere(input: readonly string[], data: string, api: Simulator, ...args: string[]): Promise<Ended> {
  return commandHere(commandOf(input, data, api, args), { env: { JUSTONEAPI_TOKEN: TOKEN } })
}

function commandOf(input: readonly string[], data: string, api: Simulator, args: readonly string[]): string[] {
  return ['run', ...input, '--api', api.url, '--data', data, '--json', ...WITHOUT_REPORT, ...args]
}

/** Runs `run` in a process of its own to its end, and parses its receipt. */
export async function enrichAsUser(
  input: string,
  data: string,
  api: Simulator,
  ...args: string[]
): Promise<Ended & { receipt: Receipt }> {
  const ended = await startRun([input], data, api, ...args).ended
  return { ...ended, receipt: receiptOf(ended) }
}

export interface Enriched {
  readonly code: number
  /** The lines that a person sees. */
  readonly stderr: string
  readonly receipt: Receipt
}

/**
 * Runs `run` in this process, which takes half the time. For tests of calls, tables and files.
 * @param args flags as for `run`
 * @throws RunError when there is no receipt
 */
export function enrich(input: string, data: string, api: Simulator, ...args: string[]): Promise<Enriched> {
  return enrichUntil(new AbortController().signal, input, data, api, ...args)
}

/** The same as `enrich`, until the signal aborts; the reason of the signal is the exit code. */
export function enrichUntil(
  signal: AbortSignal,
  input: string,
  data: string,
  api: Simulator,
  ...args: string[]
): Promise<Enriched> {
  return enrichIn({ signal }, [input], data, api, ...args)
}

/** The same as `enrich`, for several inputs. */
export function enrichAll(
  inputs: readonly string[],
  data: string,
  api: Simulator,
  ...args: string[]
): Promise<Enriched> {
  return enrichIn({}, inputs, data, api, ...args)
}

/** The same as `enrich`, with another clock. The simulator's answers have its `Date`, unless the test has set that. */
export function enrichAt(
  now: () => number,
  input: string,
  data: string,
  api: Simulator,
  ...args: string[]
): Promise<Enriched> {
  return enrichIn({ now }, [input], data, api, ...args)
}

/** The same as `enrichAll`, with another clock. */
export function enrichAllAt(
  now: () => number,
  inputs: readonly string[],
  data: string,
  api: Simulator,
  ...args: string[]
): Promise<Enriched> {
  return enrichIn({ now }, inputs, data, api, ...args)
}

/** The same as `enrich`, with another token. */
export function enrichAs(
  token: string,
  input: string,
  data: string,
  api: Simulator,
  ...args: string[]
): Promise<Enriched> {
  return enrichIn({ token }, [input], data, api, ...args)
}

/** Runs `run --tracked`: the tracked lists of the folder, from their stored rows. */
export function refresh(data: string, api: Simulator, ...args: string[]): Promise<Enriched> {
  return enrichIn({}, [], data, api, '--tracked', ...args)
}

async function enrichIn(
  {
    signal = new AbortController().signal,
    now = Date.now,
    token = TOKEN,
  }: { signal?: AbortSignal; now?: () => number; token?: string },
  inputs: readonly string[],
  data: string,
  api: Simulator,
  ...args: string[]
): Promise<Enriched> {
  const folder = args.indexOf('--include')
  const include = args.includes('--no-include') ? false : folder < 0 ? undefined : args[folder + 1]
  const flags = { replace: args.includes('--replace') || undefined, include }
  const given = resolveSettings(runCommand.options, flags, [
    asEnvironment(['--api', api.url, '--data', data, ...WITHOUT_REPORT, ...args]),
  ])
  const pipeline = await pipelineOfFolder(given)
  const settings = withPrice(given, pipeline)
  const lines: string[] = []
  const redact = redactor(token)
  const logger = new Logger({ write: (text) => lines.push(text) }, settings.logLevel, redact)
  const effects = { ...liveEffects((level, message) => logger.log(level, message)), now }
  // A clock that the simulator does not share stops the run.
  const isShared = now !== Date.now && api.settings.dateShiftMs === 0
  if (isShared) api.change({ dateShiftMs: now() - Date.now() })
  // A run of the tracked lists needs a folder with lists.
  const remove = inputs.length > 0 ? await placeEmptyWarehouse(data, pipeline) : undefined
  const receipt = await run({
    inputs,
    settings,
    api: resolveApi(settings, pipeline.vendor),
    token,
    redact,
    pipeline,
    effects,
    logger,
    erase: eraseLeaving,
    signal,
  }).finally(() => {
    if (isShared) api.change({ dateShiftMs: 0 })
    remove?.()
  })
  return { code: receipt.exit_code, stderr: lines.join(''), receipt }
}

/** Exit code and error line of an in-process run that fails without a receipt. */
export async function refused(run: Promise<Enriched>): Promise<{ code: number; stderr: string }> {
  try {
    const { receipt } = await run
    throw new Error(`the run was not refused: ${JSON.stringify(receipt)}`)
  } catch (error) {
    if (error instanceof RunError) return { code: error.exitCode, stderr: error.message }
    throw error
  }
}

/** Flags such as `--max-age 0s --new` as environment variables. */
function asEnvironment(args: readonly string[]): Record<string, string> {
  const environment: Record<string, string> = {}
  args.forEach((arg, at) => {
    if (!arg.startsWith('--')) return
    const name = arg.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const next = args[at + 1]
    environment[envName(name)] = next === undefined || next.startsWith('--') ? 'true' : next
  })
  return environment
}

export function receiptOf({ code, stdout, stderr }: Ended): Receipt {
  try {
    return JSON.parse(stdout) as Receipt
  } catch {
    throw new Error(`no receipt; exit ${code}, stderr: ${stderr}, stdout: ${stdout}`)
  }
}
