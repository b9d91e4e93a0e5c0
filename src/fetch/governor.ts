import type { Effects } from '../effects.js'
import type { Stopping } from './stop.js'

/** The first pause; each further one in a row is twice as long, up to `PAUSE_CAP_MS`, less some chance. */
const PAUSE_BASE_MS = 1_000
const PAUSE_CAP_MS = 30_000
/** Longer waits that the upstream asks for are cut to this: then one call finds out. */
const RETRY_AFTER_CAP_MS = 300_000
/** After so many pauses' length of quiet, the next one is short again. */
const QUIET = 2
/** So many ids in trouble, or as many as there are slots, without a sign of life between them, are not the ids' fault. */
const LEAST_TROUBLES = 5
/** A timer may be late by this without slowing the rate down. */
const RATE_SLACK_MS = 5

/** Leave to send one call. */
export interface Permit {
  /** Whether it goes alone, and what comes of it decides for all. */
  readonly probe: boolean
  /** When it was given, on the clock that never jumps. */
  readonly at: number
}

/** What a call told about the upstream: it works, it wants fewer calls, or it is in trouble. */
export type Sign = 'life' | 'throttled' | 'trouble'

export interface GovernorOptions {
  readonly concurrency: number
  readonly giveUpMs: number
  readonly ratePerSecond?: number | undefined
  readonly effects: Pick<Effects, 'elapsed' | 'sleep' | 'random'>
  readonly stopping: Stopping
  readonly onPause: (sign: Sign, ms: number) => void
}

/**
 * When the next call may be sent, for the whole run. The first call goes alone, and only a sign of life lets the others
 * follow. Being throttled, or trouble with many ids in a row, pauses everything; then again one call goes alone, and either
 * opens the gate or makes the next pause longer. So neither the start, nor an outage, nor a limit is met by a crowd.
 */
export class Governor {
  private probing = true
  private probeOut = false
  private pausedUntil = 0
  private pausedAt = -Infinity
  private pauseMs = 0
  private readonly inTrouble = new Set<string>()
  private lifelessSince: number | undefined
  private nextAt = -Infinity
  private line: Promise<unknown> = Promise.resolve()
  private waiting = 0
  private wake: (() => void) | undefined
  private readonly interval: number

  constructor(private readonly options: GovernorOptions) {
    this.interval = options.ratePerSecond === undefined ? 0 : 1000 / options.ratePerSecond
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

  /** The call was not sent after all. */
  giveBack(permit: Permit): void {
    if (permit.probe) this.probeOut = false
    this.wake?.()
  }

  /**
   * What came of the call.
   * @returns for how long there has been no sign of life, once that is longer than the run waits
   */
  report(permit: Permit, id: string, sign: Sign, retryAfterMs?: number): number | undefined {
    const now = this.options.effects.elapsed()
    if (sign === 'life') {
      this.lifelessSince = undefined
      this.inTrouble.clear()
      if (permit.probe) this.probing = false
      if (now - this.pausedUntil > QUIET * this.pauseMs) this.pauseMs = 0
    } else {
      this.lifelessSince ??= now
      // What was sent before the pause began belongs to the same burst.
      if (permit.at >= this.pausedAt && (permit.probe || this.isGeneral(id, sign))) this.lengthen(sign, now)
    }
    if (retryAfterMs !== undefined && sign !== 'life') this.pause(sign, Math.min(retryAfterMs, RETRY_AFTER_CAP_MS), now)
    this.giveBack(permit)
    const lifeless = this.lifelessSince === undefined ? 0 : now - this.lifelessSince
    return lifeless >= this.options.giveUpMs ? lifeless : undefined
  }

  /** Whether the whole run is concerned, not this id alone. */
  private isGeneral(id: string, sign: Sign): boolean {
    if (sign === 'throttled') return true
    const enough = Math.max(LEAST_TROUBLES, this.options.concurrency)
    if (this.inTrouble.size < enough) this.inTrouble.add(id)
    return this.inTrouble.size === enough
  }

  private lengthen(sign: Sign, now: number): void {
    this.pauseMs = Math.min(PAUSE_CAP_MS, this.pauseMs === 0 ? PAUSE_BASE_MS : this.pauseMs * 2)
    this.pause(sign, this.pauseMs * (0.5 + this.options.effects.random() / 2), now)
  }

  private pause(sign: Sign, ms: number, now: number): void {
    // Never beyond the moment at which the run gives up: the last call before that is worth making.
    const left = (this.lifelessSince ?? now) + this.options.giveUpMs - now
    const until = now + Math.min(ms, Math.max(left, 0))
    this.probing = true
    this.pausedAt = now
    if (until <= this.pausedUntil) return
    this.pausedUntil = until
    this.options.onPause(sign, until - now)
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

  /** Milliseconds until a call may go; Infinity while a probe is out. */
  private blockedMs(): number {
    const now = this.options.effects.elapsed()
    const until = Math.max(this.pausedUntil, this.nextAt)
    if (until > now) return until - now
    return this.probing && this.probeOut ? Infinity : 0
  }

  private permit(): Permit {
    const at = this.options.effects.elapsed()
    if (this.interval > 0) this.nextAt = Math.max(at - RATE_SLACK_MS, this.nextAt) + this.interval
    if (this.probing) this.probeOut = true
    return { probe: this.probing, at }
  }
}
