/** The first pause; each further one in a row is twice as long, up to `PAUSE_CAP_MS`, less some chance. */
const PAUSE_BASE_MS = 1_000
const PAUSE_CAP_MS = 30_000
/** The pause after a refusal where the limit is known: the pace is below it from then on, so no more is needed. */
const PACED_PAUSE_MS = 300
/** Longer waits that the upstream asks for are cut to this: then one call finds out. */
const RETRY_AFTER_CAP_MS = 300_000
/** After trouble, and so many pauses' length of quiet, the next pause is short again. */
const QUIET = 2
/** So many ids in trouble without a sign of life between them are not the ids' fault: as many as there are slots, within these. */
const LEAST_TROUBLES = 5
const MOST_TROUBLES = 20

/** What a call told about the upstream: it works, it wants fewer calls, or it is in trouble. */
export type UpstreamHealth = 'life' | 'throttled' | 'trouble'

/** Leave to send one call. */
export interface Leave {
  /** Whether it goes alone, and what comes of it decides for all. */
  readonly probe: boolean
  /** When it was given, on the clock that never jumps. */
  readonly at: number
}

export interface CircuitBreakerOptions {
  readonly concurrency: number
  readonly giveUpMs: number
  readonly random: () => number
  readonly onPause: (sign: UpstreamHealth, ms: number) => void
}

/**
 * Whether anything may be sent at all. Trouble with many ids in a row, and refusals, pause the whole run, once for all the
 * calls in flight. After trouble, after refusals that go on, and at the start one call goes alone, and either opens the gate
 * or makes the next pause longer. So neither the start, nor an outage, nor a limit is met by a crowd.
 */
export class CircuitBreaker {
  private probing = true
  private probeOut = false
  private pausedUntil = 0
  private pausedAt = -Infinity
  private pausedFor: UpstreamHealth = 'trouble'
  private pauseMs = 0
  private lifeSincePause = true
  private readonly inTrouble = new Set<string>()
  private lifelessSince: number | undefined

  constructor(private readonly options: CircuitBreakerOptions) {}

  /** When the last pause ends, or has ended. */
  get resumesAt(): number {
    return this.pausedUntil
  }

  /** Milliseconds until a call may go; Infinity while one is out alone. */
  waitMs(now: number): number {
    if (this.pausedUntil > now) return this.pausedUntil - now
    return this.probing && this.probeOut ? Infinity : 0
  }

  /** A call goes. */
  take(at: number): Leave {
    if (this.probing) this.probeOut = true
    return { probe: this.probing, at }
  }

  /** The call is over, or did not go. */
  giveBack({ probe }: Leave): void {
    if (probe) this.probeOut = false
  }

  /** Whether this call was sent after the last pause began. What was sent before belongs to the burst that caused it. */
  isNews({ at }: Leave): boolean {
    return at >= this.pausedAt
  }

  life(leave: Leave, now: number): void {
    this.lifelessSince = undefined
    this.inTrouble.clear()
    if (leave.probe) this.probing = false
    if (!this.isNews(leave)) return
    this.lifeSincePause = true
    if (this.pausedFor === 'throttled' || now - this.pausedUntil > QUIET * this.pauseMs) this.pauseMs = 0
  }

  /**
   * Refused: the whole run pauses.
   * @param paced whether the limit is known: then calls go on below it, unless they are refused again
   */
  throttled(leave: Leave, now: number, retryAfterMs: number | undefined, paced: boolean): void {
    this.lifelessSince ??= now
    if (!this.isNews(leave)) this.extend(retryAfterMs, now)
    else {
      const mild = paced && this.lifeSincePause
      if (!mild) this.probing = true
      this.pause('throttled', mild ? this.shortened(PACED_PAUSE_MS) : this.longer(), retryAfterMs, now)
    }
  }

  /** @returns whether this begins a pause of the whole run */
  troubled(leave: Leave, id: string, now: number, retryAfterMs: number | undefined): boolean {
    this.lifelessSince ??= now
    if (!this.isNews(leave)) this.extend(retryAfterMs, now)
    else if (leave.probe || this.isGeneral(id)) {
      this.probing = true
      this.pause('trouble', this.longer(), retryAfterMs, now)
      return !leave.probe
    } else if (retryAfterMs !== undefined) {
      this.probing = true
      this.pause('trouble', 0, retryAfterMs, now)
    }
    return false
  }

  /** For how long there has been no sign of life, once that is longer than the run waits. */
  lifelessMs(now: number): number | undefined {
    const lifeless = this.lifelessSince === undefined ? 0 : now - this.lifelessSince
    return lifeless >= this.options.giveUpMs ? lifeless : undefined
  }

  /** Whether the whole run is concerned, not this id alone. */
  private isGeneral(id: string): boolean {
    const enough = Math.min(MOST_TROUBLES, Math.max(LEAST_TROUBLES, this.options.concurrency))
    if (this.inTrouble.size < enough) this.inTrouble.add(id)
    return this.inTrouble.size === enough
  }

  private longer(): number {
    this.pauseMs = Math.min(PAUSE_CAP_MS, this.pauseMs === 0 ? PAUSE_BASE_MS : this.pauseMs * 2)
    return this.shortened(this.pauseMs)
  }

  /** By up to a half, so that no two clients come back together. */
  private shortened(ms: number): number {
    return ms * (0.5 + this.options.random() / 2)
  }

  private pause(sign: UpstreamHealth, ms: number, retryAfterMs: number | undefined, now: number): void {
    this.pausedAt = now
    this.pausedFor = sign
    this.lifeSincePause = false
    const until = this.endOf(Math.max(ms, Math.min(retryAfterMs ?? 0, RETRY_AFTER_CAP_MS)), now)
    if (until <= this.pausedUntil) return
    this.pausedUntil = until
    this.options.onPause(sign, until - now)
  }

  /** Another call of the same burst may ask for a longer wait. */
  private extend(retryAfterMs: number | undefined, now: number): void {
    if (retryAfterMs === undefined) return
    const until = this.endOf(Math.min(retryAfterMs, RETRY_AFTER_CAP_MS), now)
    if (until > this.pausedUntil) this.pausedUntil = until
  }

  /** Never beyond the moment at which the run gives up: the last call before that is worth making. */
  private endOf(ms: number, now: number): number {
    const left = (this.lifelessSince ?? now) + this.options.giveUpMs - now
    return now + Math.min(ms, Math.max(left, 0))
  }
}
