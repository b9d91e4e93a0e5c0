import type { Effects } from './effects.js'

const INTERVAL_MS = 100
/** A timer may be this late in a process that keeps up. */
const SLACK_MS = 25
/** A timer that is this late was not only delayed by work: the process stood still, as by SIGSTOP. */
const STANDSTILL_MS = 1_000

/**
 * Notices when this process does not run, by a timer that then fires late. What is measured meanwhile says nothing about
 * others. All times are milliseconds on the clock that never jumps.
 */
export class ActiveClock {
  private timer: NodeJS.Timeout | undefined
  private dueAt: number
  private lag = 0
  private stoodStill = 0

  constructor(private readonly effects: Pick<Effects, 'elapsed'>) {
    this.dueAt = effects.elapsed() + INTERVAL_MS
  }

  start(): void {
    this.timer = setInterval(() => this.tick(), INTERVAL_MS).unref()
  }

  stop(): void {
    clearInterval(this.timer)
  }

  /** Must be called every 100 ms; `start` does it. */
  tick(): void {
    const now = this.effects.elapsed()
    const late = now - this.dueAt
    if (late > SLACK_MS) this.lag += late
    if (late > STANDSTILL_MS) this.stoodStill += late
    this.dueAt = now + INTERVAL_MS
  }

  /** The time, on a clock that stands still while the process does. */
  now(elapsed = this.effects.elapsed()): number {
    return elapsed - this.stoodStillMs(elapsed)
  }

  /** How long, so far, this process has stood still. */
  stoodStillMs(elapsed = this.effects.elapsed()): number {
    // After a standstill an answer may be read before the timer fires.
    const late = elapsed - this.dueAt
    return this.stoodStill + (late > STANDSTILL_MS ? late : 0)
  }

  /** How long, so far, work in this process or a standstill has kept events waiting. */
  lagMs(elapsed = this.effects.elapsed()): number {
    const late = elapsed - this.dueAt
    return this.lag + (late > SLACK_MS ? late : 0)
  }
}
