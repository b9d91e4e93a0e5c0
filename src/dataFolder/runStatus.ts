import { readFileSync, readdirSync } from 'node:fs'
import { z } from 'zod'
import { isAbsent, pathExists, unreadablePath } from '../core/absent.js'
import type { ActiveClock } from '../core/activeClock.js'
import { overwriteUnsynced, replaceUnsynced } from '../core/temporaryFile.js'
import type { RunHeader } from '../model/call.js'
import { newTally, type Tally } from '../terminal/progress.js'
import type { Layout } from './layout.js'

const schema = z.object({
  run_id: z.string(),
  pid: z.number().int(),
  started_at: z.string(),
  updated_at: z.string(),
  /** From the start of the run to `updated_at`, without the time in which its process stood still. */
  active_seconds: z.number().optional(),
  /** The step of the run; `finished` with an exit code, `interrupted` if the process died before that. */
  phase: z.enum([
    'starting',
    'recovering',
    'reading',
    'planning',
    'fetching',
    'loading',
    'settling',
    'publishing',
    'sealing',
    'erasing',
    'reporting',
    'finished',
    'interrupted',
  ]),
  lists: z.array(z.string()),
  due: z.number(),
  done: z.number(),
  in_flight: z.number(),
  failed: z.number(),
  /** Calls that were sent, retries included. */
  calls: z.number().optional(),
  /** Calls. */
  billed: z.number(),
  maybe_billed: z.number(),
  /** Their price; absent if an older version wrote the file. */
  money_billed: z.number().optional(),
  money_maybe_billed: z.number().optional(),
  /** Of a call; absent if an older version wrote the file. */
  price: z.number().optional(),
  /** Why the run is stopping, or has stopped. */
  stop: z.string().optional(),
  exit_code: z.number().int().optional(),
})

/** The content of `state/status.json`: the current run or the last one. Times are ISO 8601, UTC. */
export type RunStatus = z.infer<typeof schema>
export type Phase = RunStatus['phase']

const INTERVAL_MS = 1000

/**
 * Shows the progress of a run to other programs: replaces `state/status.json` at each change of phase and once a second.
 * Never fails a run: nothing is synced, and a file that cannot be written is skipped.
 */
export class StatusFile {
  private tally: Tally = newTally(0, 0, '')
  private run: RunHeader | undefined
  private phase: Phase = 'starting'
  private lists: readonly string[] = []
  private exitCode: number | undefined
  private timer: NodeJS.Timeout | undefined
  private writing: Promise<void> = Promise.resolve()
  private waiting = false
  private isWritten = false
  private activeFrom = 0

  constructor(
    private readonly path: string,
    private readonly now: () => number,
    private readonly activeClock: Pick<ActiveClock, 'now'>,
  ) {}

  /** Starts writing; the run must hold the lock of the folder. */
  open(run: RunHeader): void {
    this.run = run
    this.activeFrom = this.activeClock.now()
    this.timer = setInterval(() => this.write(), INTERVAL_MS).unref()
    this.write()
  }

  enter(phase: Phase): void {
    this.phase = phase
    this.write()
  }

  /** Names the lists of the run. */
  name(lists: readonly string[]): void {
    this.lists = lists
  }

  /** Takes the numbers from this tally from now on. */
  follow(tally: Tally): void {
    this.tally = tally
    this.write()
  }

  finish(exitCode: number): void {
    this.phase = 'finished'
    this.exitCode = exitCode
  }

  /** What the file shows; undefined before the run has the folder. */
  current(): RunStatus | undefined {
    return this.run && this.status(this.run)
  }

  /** Writes the file a last time. Without that, a run that failed for want of space would pass for one that was killed. */
  async close(): Promise<void> {
    clearInterval(this.timer)
    this.write()
    await this.writing
    if (!this.run || this.isWritten) return
    await overwriteUnsynced(this.path, this.text(this.run)).catch(() => undefined)
  }

  /** One write at a time; a change during a write is in the next one. */
  private write(): void {
    if (!this.run || this.waiting) return
    this.waiting = true
    this.writing = this.writing.then(async () => {
      this.waiting = false
      this.isWritten = await replaceUnsynced(this.path, this.text(this.run!)).then(
        () => true,
        () => false,
      )
    })
  }

  private text(run: RunHeader): string {
    return `${JSON.stringify(this.status(run))}\n`
  }

  private status({ runId, startedAt }: RunHeader): RunStatus {
    const { total, done, inFlight, failed, sent, billed, maybeBilled, price, stop } = this.tally
    const { moneyBilled, moneyMaybeBilled } = this.tally
    return {
      run_id: runId,
      pid: process.pid,
      started_at: new Date(startedAt).toISOString(),
      updated_at: new Date(this.now()).toISOString(),
      active_seconds: Math.round(this.activeClock.now() - this.activeFrom) / 1000,
      phase: this.phase,
      lists: [...this.lists],
      due: total,
      done,
      in_flight: inFlight,
      failed,
      calls: sent,
      billed,
      maybe_billed: maybeBilled,
      money_billed: moneyBilled,
      money_maybe_billed: moneyMaybeBilled,
      price,
      ...(stop === undefined ? {} : { stop }),
      ...(this.exitCode === undefined ? {} : { exit_code: this.exitCode }),
    }
  }
}

/** The state of a data folder, as far as it shows without its lock. */
export interface RunState {
  /** The current run or the last one; undefined if the status is missing or unreadable. */
  readonly status: RunStatus | undefined
  readonly isOn: boolean
  /** The last run left calls that are not loaded yet: the next run loads them first. */
  readonly isCutOff: boolean
}

export function readRunState({ status: path, journal }: Layout): RunState {
  const status = readStatus(path)
  const isOn = status !== undefined && !['finished', 'interrupted'].includes(status.phase)
  return { status, isOn, isCutOff: !isOn && (status?.phase === 'interrupted' || hasSegments(journal)) }
}

function hasSegments(journal: string): boolean {
  try {
    return readdirSync(journal).some((name) => name.endsWith('.journal'))
  } catch (error) {
    if (isAbsent(error) && !pathExists(journal)) return false
    throw unreadablePath(journal, error)
  }
}

/** A run writes its status every second. One that has not written for this long has ended. */
const SILENT_MS = 60_000

/**
 * Reads the status; undefined if it is missing or damaged. For a killed run the phase is `interrupted`.
 * @param holder id of the process that holds the lock of the folder. If it is not known, a recent status of a living
 * process means that the run is on
 */
export function readStatus(path: string, holder?: number): RunStatus | undefined {
  const status = parse(path)
  if (!status || status.phase === 'finished') return status
  const lives = holder === undefined ? isRecent(status) && isAlive(status.pid) : status.pid === holder
  return lives ? status : { ...status, phase: 'interrupted' }
}

function parse(path: string): RunStatus | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data
  } catch (error) {
    if (error instanceof SyntaxError || isAbsent(error)) return undefined
    throw unreadablePath(path, error)
  }
}

/** The process id is not enough: in a container another process may have the id of a dead one. */
function isRecent({ updated_at }: RunStatus): boolean {
  return Date.now() - Date.parse(updated_at) < SILENT_MS
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // The process lives and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
