import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { RunError } from '../../src/core/errors.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.js'
import { startCli, type Ended, type Started } from '../support/cli.js'
import { commandHere } from '../support/commandHere.js'
import { folderOfFile } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { enrich, TOKEN } from '../support/simulated.js'
import { LONG, sized } from './size.js'

export interface SandboxOptions {
  /** The ids of the list. With `start: 'published'` the first `KNOWN` of them are published before the fault. */
  readonly ids: readonly string[]
  readonly concurrency: number
  /** `published`: an earlier run has published the first ids of the list. */
  readonly start: 'empty' | 'published'
  readonly api?: Omit<Partial<SimulatorOptions>, 'pipeline'>
  /** Further flags of every run, which change no table. */
  readonly flags?: readonly string[]
  /** The data folder; default: beside the list. */
  readonly data?: string
}

/** How to start one run: the fault to load into its process, and the command that starts it, such as strace. */
export interface StartOptions {
  readonly failAt?: FailAt
  readonly through?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** The options of `failAt.mjs`. */
export interface FailAt {
  readonly at: number
  readonly how: 'kill' | 'torn' | 'short' | 'power' | 'EIO' | 'ENOSPC'
  readonly only?: readonly string[]
  /** A file to which the number of each operation is written. */
  readonly count?: string
}

export const KNOWN = 4

/** Ids that all get an answer: plain profiles, one empty, one invalid, and two odd profiles. */
export function idsOf(count: number, base = 0): string[] {
  const odd = ['0000c0de0201', '0000c0de0400', '00005eed2700', '00005eed1900']
  const marked = odd.map((tail, index) => `5f${(base + index).toString(16).padStart(10, '0')}${tail}`)
  const plain = Array.from({ length: count - marked.length }, (_, index) => plainId(base + index + 1))
  return [...plain.slice(0, KNOWN), ...marked, ...plain.slice(KNOWN)]
}

/** A small list, so that each operation of a run can be made to fail. */
export const SMALL: SandboxOptions = { ids: idsOf(12), concurrency: 4, start: 'published', api: { latencyMs: 2 } }
/** A list whose run spends most of its time with calls. */
export const LARGE: SandboxOptions = {
  ids: idsOf(80),
  concurrency: 8,
  start: 'published',
  api: { latencyMs: 10, jitterMs: 20 },
}

const MINUTE = 60_000
const FAIL_AT = new URL('failAt.mjs', import.meta.url).href
let scratch: string
/** The data folder of an earlier run over the first ids. The test files of a process share it. */
let published: Promise<string> | undefined

/** Prepares the sandboxes of a test file. Call it at the top of the file: this module stays loaded for the next one. */
export function useSandboxes(): void {
  // One test has many runs, each in a process of its own, so it is slow on a busy machine.
  vi.setConfig({ testTimeout: sized(5 * MINUTE, 240 * MINUTE), hookTimeout: 5 * MINUTE })
  scratch = folderOfFile()
  // A soak goes on for longer than its profiles are fresh.
  if (LONG) published = undefined
}

/** A data folder, a list, and a simulator with its ledger: everything that one trial uses. */
export class Sandbox {
  private constructor(
    readonly options: SandboxOptions,
    readonly folder: string,
    readonly data: string,
    readonly list: string,
    readonly api: Simulator,
  ) {}

  static async open(options: SandboxOptions): Promise<Sandbox> {
    const folder = mkdtempSync(join(scratch, 'sandbox-'))
    const data = options.data ?? join(folder, 'data')
    const api = await startSimulator({ pipeline: await loadPipeline(undefined), ...options.api })
    if (options.start === 'published')
      cpSync(await publishedFolder(), data, { recursive: true, verbatimSymlinks: true })
    return new Sandbox(options, folder, data, writeList(folder, options.ids), api)
  }

  /** Starts the run of this sandbox; the command is always the same. */
  start(options: StartOptions = {}): Started {
    return startCli(this.command, {
      env: { JUSTONEAPI_TOKEN: TOKEN, ...options.env, ...preload(options.failAt) },
      ...(options.through ? { through: options.through } : {}),
    })
  }

  /** Starts the run and waits for its end. */
  run(options: StartOptions = {}): Promise<Ended> {
    return this.start(options).ended
  }

  private get command(): string[] {
    const { concurrency, flags = [] } = this.options
    const args = ['--api', this.api.url, '--data', this.data, '--concurrency', String(concurrency)]
    return ['run', this.list, ...args, '--json', '--no-report', ...flags]
  }

  /** The same where the fault is not in the process. The short form runs it in this process, which takes half the time. */
  runHere(): Promise<Ended> {
    return LONG ? this.run() : commandHere(this.command, { env: { JUSTONEAPI_TOKEN: TOKEN } })
  }

  /** A run without a fault. The short form runs it in this process, which takes half the time. */
  async runAgain(): Promise<Ended> {
    if (LONG) return this.run()
    const { concurrency, flags = [] } = this.options
    const run = enrich(this.list, this.data, this.api, '--concurrency', String(concurrency), ...flags)
    const ended = await run.catch((error: unknown) => {
      if (error instanceof RunError) return error
      throw error
    })
    if (ended instanceof RunError) return { code: ended.exitCode, stdout: '', stderr: `error: ${ended.message}\n` }
    return { code: ended.code, stdout: JSON.stringify(ended.receipt), stderr: ended.stderr }
  }

  /** Ids of the list that no earlier run has published. */
  get newIds(): readonly string[] {
    return this.options.start === 'published' ? this.options.ids.slice(KNOWN) : this.options.ids
  }

  async close(): Promise<void> {
    await this.api.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function preload(failAt: FailAt | undefined): Record<string, string> {
  return failAt ? { NODE_OPTIONS: `--import=${FAIL_AT}`, FAIL_AT: JSON.stringify(failAt) } : {}
}

function publishedFolder(): Promise<string> {
  published ??= (async () => {
    const sandbox = await Sandbox.open({ ...SMALL, ids: SMALL.ids.slice(0, KNOWN), start: 'empty' })
    const { code, stderr } = await sandbox.runAgain()
    if (code !== 0) throw new Error(`the run before the fault ended with ${code}: ${stderr}`)
    const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-published-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    const data = join(folder, 'data')
    cpSync(sandbox.data, data, { recursive: true, verbatimSymlinks: true })
    await sandbox.close()
    return data
  })()
  return published
}

/** All files below a folder. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

const MAGIC = Buffer.from('CEJ\u00a7', 'latin1')

/** All journal files under `state/`, recognised by their first bytes. */
export function journalFiles(data: string): string[] {
  return filesBelow(join(data, 'state')).filter(
    (path) => statSync(path).size > 0 && readFileSync(path).subarray(0, MAGIC.length).equals(MAGIC),
  )
}
