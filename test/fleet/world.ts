import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { workerCommand } from '../../src/commands/worker/command.js'
import { resolveApi } from '../../src/config/api.js'
import { resolveSettings, withPrice } from '../../src/config/settings.js'
import { liveEffects } from '../../src/core/effects.js'
import { redactor } from '../../src/core/redact.js'
import { runWorker } from '../../src/fleet/worker.js'
import type { WorkerReport } from '../../src/fleet/workerProgress.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import type { Receipt } from '../../src/model/receipt.js'
import type { Simulator } from '../../src/simulator/simulator.js'
import { Logger } from '../../src/terminal/logger.js'
import { startCli, type Started } from '../support/cli.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import type { Postgres } from '../support/postgres.js'
import { simulator, TOKEN } from '../support/simulated.js'

export interface HereWorker {
  readonly ended: Promise<WorkerReport>
  /** What a person sees so far. */
  readonly log: readonly string[]
  readonly stop: () => void
}

/** A database, a simulator, a data folder, and the commands on them. */
export interface World {
  readonly url: string
  readonly data: string
  readonly folder: string
  readonly api: Simulator
  rows(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
  list(ids: number, from?: number): string
  enqueue(
    input: string,
    ...args: string[]
  ): Promise<Receipt & { queued: { ids: number; batches: number; known: number } }>
  /** A worker in this process, with a folder of its own. */
  work(options?: { clockMs?: () => number; account?: string; until?: boolean }, ...args: string[]): HereWorker
  /** A worker in a process of its own. */
  start(...args: string[]): Started
  collect(...args: string[]): Promise<{ code: number; stderr: string; receipts: (Receipt & { collected: number })[] }>
  /** Runs any command with the address of the database. */
  command(...args: string[]): ReturnType<typeof commandHere>
}

let workers = 0

/** Makes an empty world for one test. */
export async function openWorld(postgres: Postgres, settings: Parameters<typeof simulator>[0] = {}): Promise<World> {
  const folder = temporaryFolder()
  const url = await postgres.database()
  const api = await simulator(settings)
  const data = join(folder, 'data')
  const env = { CREATOR_ENRICH_DATABASE_URL: url, JUSTONEAPI_TOKEN: TOKEN }
  const ownFolder = (): string => join(folder, `worker${(workers += 1)}`)
  const command: World['command'] = (...args) => commandHere(args, { env })
  const succeed = async (...args: string[]) => {
    const ended = await command(...args)
    if (ended.code !== 0) throw new Error(`${args.join(' ')}: exit ${ended.code}: ${ended.stderr}`)
    return ended.stdout
  }
  return {
    ...{ url, data, folder, api, command },
    rows: (sql, values) => postgres.query(url, sql, values),
    list: (ids, from = 1) =>
      writeList(
        folder,
        Array.from({ length: ids }, (_, n) => plainId(from + n)),
        `l${from}.csv`,
      ),
    enqueue: async (input, ...args) =>
      JSON.parse(
        await succeed(
          'enqueue',
          input,
          '--data',
          data,
          '--api',
          api.url,
          '--json',
          '--no-report',
          '--batch',
          '20',
          ...args,
        ),
      ) as Awaited<ReturnType<World['enqueue']>>,
    work({ clockMs = () => 0, account = 'default', until = true } = {}, ...args) {
      const stopping = new AbortController()
      const log: string[] = []
      const flags = flagsOf(['--api', api.url, '--data', ownFolder(), '--lease', '2s', ...args])
      const settings = resolveSettings(workerCommand.options, flags, [{ CREATOR_ENRICH_DATABASE_URL: url }])
      const redact = redactor(TOKEN)
      const logger = new Logger({ write: (text) => log.push(text) }, 'info', redact)
      const effects = { ...liveEffects(logger.log), now: () => Date.now() + clockMs() }
      const ended = loadPipeline(undefined).then((pipeline) =>
        runWorker({
          settings: withPrice(settings, pipeline),
          ...{ api: resolveApi(settings, pipeline.vendor), token: TOKEN, redact, pipeline, effects, account },
          ...{ signal: stopping.signal, untilEmpty: until },
        }),
      )
      ended.catch(() => undefined)
      const stop = (): void => stopping.abort(143)
      onTestFinished(async () => {
        stop()
        await ended.catch(() => undefined)
      })
      return { ended, log, stop }
    },
    start: (...args) => {
      const started = startCli(
        ['worker', '--api', api.url, '--data', ownFolder(), '--lease', '2s', '--json', '--until-empty', ...args],
        { env },
      )
      onTestFinished(async () => {
        started.child.kill('SIGKILL')
        await started.ended
      })
      return started
    },
    async collect(...args) {
      const { code, stdout, stderr } = await command('collect', '--data', data, '--json', '--no-report', ...args)
      const receipts = stdout.split('\n').filter((line) => line !== '')
      return { code, stderr, receipts: receipts.map((line) => JSON.parse(line) as Receipt & { collected: number }) }
    },
  }
}

/** As commander hands them over. */
function flagsOf(args: readonly string[]): Record<string, string> {
  const pairs: [string, string][] = []
  for (let at = 0; at < args.length; at += 2)
    pairs.push([args[at]!.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()), args[at + 1]!])
  return Object.fromEntries(pairs)
}

/** Waits until something holds. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 45_000,
): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
