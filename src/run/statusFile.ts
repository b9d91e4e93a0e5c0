import { rename, writeFile } from 'node:fs/promises'
import type { Phase, RunStatus } from '../dataFolder/runStatus.js'
import type { RunHeader } from '../model/call.js'
import { newTally, type Tally } from '../terminal/progress.js'

const INTERVAL_MS = 1000

/**
 * Shows the progress of a run to other programs: replaces `state/status.json` at each change of phase and once a second.
 * Never fails a run: nothing is synced, and a file that cannot be written is skipped.
 */
export class StatusFile {
  private tally: Tally = newTally(0, 0)
  private run: RunHeader | undefined
  private phase: Phase = 'starting'
  private lists: readonly string[] = []
  private exitCode: number | undefined
  private timer: NodeJS.Timeout | undefined
  private writing: Promise<void> = Promise.resolve()
  private waiting = false

  constructor(
    private readonly path: string,
    private readonly now: () => number,
  ) {}

  /** Starts writing; the run must hold the lock of the folder. */
  open(run: RunHeader): void {
    this.run = run
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
  }

  finish(exitCode: number): void {
    this.phase = 'finished'
    this.exitCode = exitCode
  }

  /** Writes the file a last time. */
  async close(): Promise<void> {
    clearInterval(this.timer)
    this.write()
    await this.writing
  }

  /** One write at a time; a change during a write is in the next one. */
  private write(): void {
    if (!this.run || this.waiting) return
    this.waiting = true
    this.writing = this.writing.then(async () => {
      this.waiting = false
      const part = `${this.path}.part`
      await writeFile(part, `${JSON.stringify(this.status(this.run!))}\n`)
        .then(() => rename(part, this.path))
        .catch(() => undefined)
    })
  }

  private status({ runId, startedAt }: RunHeader): RunStatus {
    const { total, done, inFlight, failed, billed, maybeBilled, stop } = this.tally
    return {
      run_id: runId,
      pid: process.pid,
      started_at: new Date(startedAt).toISOString(),
      updated_at: new Date(this.now()).toISOString(),
      phase: this.phase,
      lists: [...this.lists],
      due: total,
      done,
      in_flight: inFlight,
      failed,
      billed,
      maybe_billed: maybeBilled,
      ...(stop === undefined ? {} : { stop }),
      ...(this.exitCode === undefined ? {} : { exit_code: this.exitCode }),
    }
  }
}
