import pLimit from 'p-limit'
import type { ActiveClock } from '../../core/activeClock.js'
import type { Effects } from '../../core/effects.js'
import type { CallEnd } from '../../model/call.js'
import { MISSING } from '../../model/missing.js'
import type { Outcome } from '../../model/outcome.js'
import type { FetchPolicy } from '../fetchPolicy.js'
import type { Stopping } from '../stop.js'
import { reportOf } from './callReport.js'
import { CircuitBreaker } from './circuitBreaker.js'
import { ConcurrencyLimiter } from './concurrencyLimiter.js'
import type { LearnedLimits } from './learnedLimits.js'
import type { AdmittedCall, Limiter, Moment, PauseReason } from './limiter.js'
import { RateLimiter } from './rateLimiter.js'
import { RetryBudget } from './retryBudget.js'
import { SpendCap } from './spendCap.js'

/** The right to make one call. The caller reports each step to it, and to nothing else. */
export interface Slot {
  /** When the call counts as sent, milliseconds since 1970. */
  readonly sentAt: number
  /**
   * The intent is durable and the call is about to be sent. Waits until `--rate` allows it on the wire.
   * @returns false when the run has stopped meanwhile: the call must not be sent
   */
  sent(): Promise<boolean>
  /** @returns why the run should give up, if it should */
  ended(end: CallEnd, outcome: Outcome): string | undefined
  /** The slot is free again. A call that has not ended was not sent. */
  release(): void
}

export interface AdmissionOptions {
  readonly policy: FetchPolicy
  /** What earlier runs have learned of this upstream. */
  readonly learned: LearnedLimits | undefined
  readonly effects: Pick<Effects, 'now' | 'elapsed' | 'sleep' | 'random'>
  /** Knows when this process stood still; absent: never. */
  readonly activeClock: ActiveClock | undefined
  /** A limit that others share, asked for each call; absent: none. */
  readonly permit?: (() => Promise<boolean>) | undefined
  readonly stopping: Stopping
  readonly onPause: (reason: PauseReason, ms: number) => void
  /** A call has ended, durably or with an error. */
  readonly onEnd: () => void
}

/** When the next call may go, for the whole run: docs/pace.md. */
export class Admission {
  private readonly slots
  private readonly rate: RateLimiter
  private readonly breaker: CircuitBreaker
  private readonly concurrency: ConcurrencyLimiter
  private readonly retries = new RetryBudget()
  private readonly cap: SpendCap
  /** In this order, because the circuit breaker looks at the pace that a refusal has just set. */
  private readonly limiters: readonly Limiter[]
  /** Ids that seem missing, since the last profile. */
  private readonly missing = new Set<string>()
  private admitted = 0
  /** Calls that have a slot or wait for one. */
  private open = 0
  private queue: Promise<unknown> = Promise.resolve()
  private queued = 0
  private wake: (() => void) | undefined

  constructor(private readonly options: AdmissionOptions) {
    const { policy, learned, effects, stopping, onPause } = options
    const now = effects.elapsed()
    this.slots = pLimit(policy.concurrency)
    this.rate = new RateLimiter(now, policy.ratePerSecond, learned?.callsPerSecond)
    this.breaker = new CircuitBreaker({
      concurrency: policy.concurrency,
      giveUpMs: policy.giveUpMs,
      random: () => effects.random(),
      isPaced: () => this.rate.isKnown,
      onPause,
      onCrowdInTrouble: () => this.concurrency.halve(),
    })
    this.concurrency = new ConcurrencyLimiter(now, policy.concurrency, learned?.inFlight)
    this.cap = new SpendCap(policy, () => effects.now())
    this.limiters = [this.rate, this.breaker, this.concurrency, this.retries, this.cap]
    stopping.signal.addEventListener('abort', () => this.retries.release(), { once: true })
  }

  /** What is known of the upstream, for the next run. */
  get learned(): LearnedLimits {
    return { callsPerSecond: this.rate.learned, inFlight: this.concurrency.learned }
  }

  /** Calls that wait for a slot. */
  get waiting(): number {
    return this.slots.pendingCount
  }

  /**
   * Makes one call in a slot of its own. A slot that `call` leaves without `ended` counts as not sent.
   * @throws Stopped before the call began; whatever `call` throws
   */
  async withSlot<T>(id: string, call: (slot: Slot) => Promise<T>): Promise<T> {
    const retry = this.retries.acquire(id)
    if (retry) {
      if (this.open === 0) this.retries.idle()
      await retry
    }
    this.open += 1
    try {
      return await this.slots(() => this.inSlot(id, call).finally(this.options.onEnd))
    } finally {
      this.open -= 1
      if (this.open === 0) this.retries.idle()
    }
  }

  /** The id is finished. */
  forget(id: string): void {
    this.retries.forget(id)
  }

  private async inSlot<T>(id: string, call: (slot: Slot) => Promise<T>): Promise<T> {
    const slot = await this.acquire(id)
    try {
      return await call(slot)
    } finally {
      slot.release()
    }
  }

  /** @throws Stopped */
  private acquire(id: string): Slot | Promise<Slot> {
    this.options.stopping.throwIfStopped()
    if (this.queued === 0 && this.waitMs() === 0 && !this.cap.isSpent) return this.grant(id)
    this.queued += 1
    // One after the other: after a pause, or in a process that was frozen, the calls must not all go at once.
    const turn = this.queue.then(() => this.wait(id)).finally(() => (this.queued -= 1))
    this.queue = turn.catch(() => undefined)
    return turn
  }

  private async wait(id: string): Promise<Slot> {
    const { effects, stopping } = this.options
    for (;;) {
      stopping.throwIfStopped()
      const ms = this.waitMs()
      if (ms === Infinity) await new Promise<void>((resolve) => (this.wake = resolve))
      else if (ms > 0) await stopping.sleep(ms, effects.sleep)
      else if (this.cap.isSpent) stopping.request(this.cap.stop)
      else return this.grant(id)
    }
  }

  private waitMs(): number {
    const now = this.options.effects.elapsed()
    return this.limiters.reduce((longest, limiter) => Math.max(longest, limiter.waitMs?.(now) ?? 0), 0)
  }

  private grant(id: string): Slot {
    const sentAt = this.options.effects.now()
    this.admitted += 1
    const call: AdmittedCall = {
      ...{ id, number: this.admitted, sentAt, alone: false, pace: Infinity },
      ...this.moment(),
    }
    for (const limiter of this.limiters) limiter.acquired?.(call)
    let over = false
    return {
      sentAt,
      sent: () => this.sent(),
      ended: (end, outcome) => {
        over = true
        return this.ended(call, end, outcome)
      },
      release: () => {
        if (!over) for (const limiter of this.limiters) limiter.notSent?.(call)
        for (const limiter of this.limiters) limiter.released?.(call)
        this.wake?.()
      },
    }
  }

  private async sent(): Promise<boolean> {
    const { effects, stopping, permit } = this.options
    if (permit && !stopping.halted && !(await permit())) return false
    for (;;) {
      const ms = this.rate.sent(effects.elapsed())
      if (ms === 0 || stopping.halted) return !stopping.halted
      await effects.sleep(ms)
    }
  }

  /** A refusal (302, 429) slows the rate and pauses the run. The other limiters only see that the call has ended. */
  private ended(call: AdmittedCall, end: CallEnd, outcome: Outcome): string | undefined {
    if (outcome.kind === 'missing') this.missing.add(call.id)
    else if (outcome.kind === 'profile') this.missing.clear()
    const manyMissing = this.missing.size > MISSING.inARow
    const afterPause = this.breaker.isAfterPause(call)
    const report = reportOf(call, end, outcome, { ...this.moment(), afterPause, manyMissing })
    for (const limiter of this.limiters) limiter.ended(call, report)
    // The time of a pause is not made good by a burst.
    this.rate.restUntil(this.breaker.resumesAt)
    this.wake?.()
    return this.breaker.giveUpReason(report)
  }

  private moment(): Moment {
    const { effects, activeClock } = this.options
    const at = effects.elapsed()
    return { at, lagMs: activeClock?.lagMs(at) ?? 0, stoodStillMs: activeClock?.stoodStillMs(at) ?? 0 }
  }
}
