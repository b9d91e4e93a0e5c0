import { rename, writeFile } from 'node:fs/promises'
import type { Phase, RunStatus } from '../dataFolder/runStatus.js'
import type { RunHeader } from '../model/call.js'
import { newTally, type Tally } from '../terminal/progress.js'

const INTERVAL_MS = 1000

/**
 * Tells other programs how a run is doing: replaces `state/status.json` at each change of phase and once a second. It is
 * advice and never fails a run: nothing is synced, and a file that cannot be written is left out.
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

  /** Starts to tell; only who holds the lock of the folder may. */
  open(run: RunHeader): void {
    this.run = run
    this.timer = setInterval(() => this.write(), INTERVAL_MS).unref()
    this.write()
  }

  enter(phase: Phase): void {
    this.phase = phase
    this.write()
  }

  /** The run is for these lists. */
  name(lists: readonly string[]): void {
    this.lists = lists
  }

  /** From now on the numbers are those of this tally. */
  follow(tally: Tally): void {
    this.tally = tally
  }

  finish(exitCode: number): void {
    this.phase = 'finished'
    this.exitCode = exitCode
  }

  /** Writes the last word. */
  async close(): Promise<void> {
    clearInterval(this.timer)
    this.write()
    await this.writing
  }

  /** One write at a time; what changes during one is in the next. */
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
