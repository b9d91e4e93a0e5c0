import type { Effects } from '../../core/effects.js'
import type { Stopping } from '../stop.js'
import { CircuitBreaker, type Leave, type UpstreamHealth } from './circuitBreaker.js'
import { ConcurrencyLimiter } from './concurrencyLimiter.js'
import type { LearnedLimits } from './learnedLimits.js'
import { RateLimiter, type Sent } from './rateLimiter.js'
import { Spacing } from './spacing.js'

/** Leave to send one call. */
export type Permit = Leave & Sent

/** What came of a call. */
export interface CallReport {
  readonly id: string
  readonly sign: UpstreamHealth
  /** How long the upstream took, for answers whose latency is comparable. */
  readonly ms?: number | undefined
  readonly retryAfterMs?: number | undefined
}

export interface AdmissionOptions {
  readonly concurrency: number
  readonly giveUpMs: number
  readonly ratePerSecond?: number | undefined
  readonly learned?: LearnedLimits | undefined
  readonly effects: Pick<Effects, 'elapsed' | 'sleep' | 'random'>
  readonly stopping: Stopping
  readonly onPause: (sign: UpstreamHealth, ms: number) => void
}

/**
 * When the next call may be sent, for the whole run: not while the breaker is open, not above the pace that the upstream
 * allows nor above the rate that people set, and no more in flight than do good. docs/pace.md.
 */
export class Admission {
  private readonly breaker: CircuitBreaker
  private readonly pace: RateLimiter
  private readonly spacing: Spacing
  private readonly load: ConcurrencyLimiter
  private inFlight = 0
  private line: Promise<unknown> = Promise.resolve()
  private waiting = 0
  private wake: (() => void) | undefined

  constructor(private readonly options: AdmissionOptions) {
    const { effects, concurrency, giveUpMs, onPause, ratePerSecond, learned } = options
    this.breaker = new CircuitBreaker({ concurrency, giveUpMs, onPause, random: () => effects.random() })
    this.pace = new RateLimiter(effects.elapsed(), learned?.callsPerSecond)
    this.spacing = new Spacing(ratePerSecond)
    this.load = new ConcurrencyLimiter(effects.elapsed(), concurrency, learned?.inFlight)
  }

  /** What is known of the upstream by now, for the next run. */
  get learned(): LearnedLimits {
    return { callsPerSecond: this.pace.learned, inFlight: this.load.learned }
  }

  /**
   * Waits for leave to send one call. What was given must come back through `report` or `giveBack`.
   * @throws Stopped
   */
  acquire(): Permit | Promise<Permit> {
    this.options.stopping.throwIfStopped()
    if (this.waiting === 0 && this.blockedMs() === 0) return this.permit()
    this.waiting += 1
    // One after the other: after a pause, or in a process that was frozen, they must not all go at once.
    const turn = this.line.then(() => this.wait()).finally(() => (this.waiting -= 1))
    this.line = turn.catch(() => undefined)
    return turn
  }

  /** Resolves when the call may be on its way, now that its intent is durable: the rate is kept as the upstream sees it. */
  async depart(): Promise<void> {
    const { effects, stopping } = this.options
    for (;;) {
      const ms = this.spacing.depart(effects.elapsed())
      if (ms === 0 || stopping.halted) return
      await effects.sleep(ms)
    }
  }

  /** The call was not sent after all, and takes nothing from the others. */
  giveBack(permit: Permit): void {
    this.pace.giveBack()
    this.spacing.giveBack()
    this.end(permit)
  }

  /**
   * What came of the call.
   * @returns for how long there has been no sign of life, once that is longer than the run waits
   */
  report(permit: Permit, { id, sign, ms, retryAfterMs }: CallReport): number | undefined {
    const now = this.options.effects.elapsed()
    const { breaker, pace, load } = this
    if (sign === 'life') {
      breaker.life(permit, now)
    } else if (sign === 'throttled') {
      // One that went alone tells that nothing goes, which is no matter of pace.
      if (breaker.isNews(permit) && !permit.probe) pace.slowDown(permit, now)
      else pace.refused(permit)
      breaker.throttled(permit, now, retryAfterMs, pace.isKnown)
    } else if (breaker.troubled(permit, id, now, retryAfterMs)) {
      load.troubled()
    }
    // Neither a pause nor waiting for the one that goes alone is made up for.
    this.spacing.rest(permit.probe ? Math.max(now, breaker.resumesAt) : breaker.resumesAt)
    load.ended(permit.number, sign === 'life' ? ms : undefined, now)
    this.end(permit)
    return breaker.lifelessMs(now)
  }

  private end(permit: Permit): void {
    this.inFlight -= 1
    this.breaker.giveBack(permit)
    this.wake?.()
  }

  private async wait(): Promise<Permit> {
    const { effects, stopping } = this.options
    for (;;) {
      stopping.throwIfStopped()
      const ms = this.blockedMs()
      if (ms === 0) return this.permit()
      if (ms === Infinity) await new Promise<void>((resolve) => (this.wake = resolve))
      else await stopping.sleep(ms, effects.sleep)
    }
  }

  /** Milliseconds until a call may go; Infinity where one that is out must end first. */
  private blockedMs(): number {
    if (this.inFlight >= this.load.limit) return Infinity
    const now = this.options.effects.elapsed()
    return Math.max(this.breaker.waitMs(now), this.spacing.waitMs(now))
  }

  private permit(): Permit {
    const at = this.options.effects.elapsed()
    const { ratePerSecond = Infinity } = this.options
    const held = this.spacing.take(at, this.pace.now)
    const sent = this.pace.send(at, held && this.pace.now < ratePerSecond)
    this.inFlight += 1
    this.load.sent(sent.number, this.inFlight)
    return { ...this.breaker.take(at), ...sent }
  }
}
