import { onTestFinished } from 'vitest'
import { loadPipeline } from '../../src/loadPipeline.js'
import type { Receipt } from '../../src/receipt.js'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.js'
import { cli, startCli, type Ended, type Started } from './cli.js'

export const TOKEN = 'canary+token/7f3a=='

/** The simulated API of this test, closed when it has ended. */
export async function simulator(options: Omit<Partial<SimulatorOptions>, 'pipeline'> = {}): Promise<Simulator> {
  const started = await startSimulator({ pipeline: await loadPipeline(undefined), ...options })
  onTestFinished(() => started.close())
  return started
}

function command(input: readonly string[], data: string, api: Simulator, args: readonly string[]): string[] {
  return ['run', ...input, '--api', api.url, '--data', data, '--json', ...args]
}

const env = { JUSTONEAPI_TOKEN: TOKEN }

/** Starts `run` of these inputs against a simulator. */
export function startRun(input: readonly string[], data: string, api: Simulator, ...args: string[]): Started {
  return startCli(command(input, data, api, args), { env })
}

/** The same, run to its end, its receipt read. */
export async function enrich(
  input: string,
  data: string,
  api: Simulator,
  ...args: string[]
): Promise<Ended & { receipt: Receipt }> {
  const ended = await cli(command([input], data, api, args), { env })
  return { ...ended, receipt: receiptOf(ended) }
}

export function receiptOf({ code, stdout, stderr }: Ended): Receipt {
  try {
    return JSON.parse(stdout) as Receipt
  } catch {
    throw new Error(`no receipt; exit ${code}, stderr: ${stderr}, stdout: ${stdout}`)
  }
}
