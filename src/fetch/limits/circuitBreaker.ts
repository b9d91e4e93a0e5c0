import { PAUSE } from '../constants.js'
import type { AdmittedCall, CallReport, Limiter, Moment, PauseReason } from './limiter.js'

export interface CircuitBreakerOptions {
  readonly concurrency: number
  /** The run gives up after this long without a call that shows a working upstream. */
  readonly giveUpMs: number
  readonly random: () => number
  /** Whether the rate limiter knows the limit. Then calls go on below it after a refusal, unless they are refused again. */
  readonly isPaced: () => boolean
  readonly onPause: (reason: PauseReason, ms: number) => void
  /** Many ids are in trouble, and a pause begins. */
  readonly onCrowdInTrouble: () => void
}

/**
 * Whether anything may be sent at all. Refusals, and trouble with many ids in a row, pause the whole run, once for all the
 * calls in flight. After trouble, after refusals that go on, and at the start, one call goes alone: it lets the others go or
 * makes the next pause longer. So neither the start, nor an outage, nor a limit meets a crowd.
 */
export class CircuitBreaker implements Limiter {
  private probing = true
  private probeInFlight = false
  private pausedUntil = 0
  private pausedAt = -Infinity
  private pausedFor: PauseReason = 'trouble'
  private pauseMs = 0
  private workedSincePause = true
  private readonly inTrouble = new Set<string>()
  /** When the upstream was last seen working, while it does not work. Standstills of this process do not count. */
  private downSince: number | undefined

  constructor(private readonly options: CircuitBreakerOptions) {}

  /** When the last pause ends, or has ended. */
  get resumesAt(): number {
    return this.pausedUntil
  }

  isAfterPause({ at }: AdmittedCall): boolean {
    return at >= this.pausedAt
  }

  waitMs(now: number): number {
    if (this.pausedUntil > now) return this.pausedUntil - now
    return this.probing && this.probeInFlight ? Infinity : 0
  }

  acquired(call: AdmittedCall): void {
    call.alone = this.probing
    if (call.alone) this.probeInFlight = true
  }

  ended(call: AdmittedCall, report: CallReport): void {
    const { health } = report
    if (health === 'working') this.working(call, report)
    else if (health !== 'unknown') {
      this.downSince ??= activeAt(report)
      if (!report.afterPause) this.extend(report)
      else if (health === 'throttled') this.throttled(report)
      else this.troubled(call, report)
    }
    if (call.alone) this.probeInFlight = false
  }

  notSent({ alone }: AdmittedCall): void {
    if (alone) this.probeInFlight = false
  }

  /** Why the run should give up, if it should. */
  giveUpReason(now: Moment): string | undefined {
    const downMs = this.downMs(now)
    return downMs >= this.options.giveUpMs ? `no usable answer for ${Math.round(downMs / 1000)} s` : undefined
  }

  private working(call: AdmittedCall, { at, afterPause }: CallReport): void {
    this.downSince = undefined
    this.inTrouble.clear()
    if (call.alone) this.probing = false
    if (!afterPause) return
    this.workedSincePause = true
    const isQuiet = at - this.pausedUntil > PAUSE.quietPauses * this.pauseMs
    if (this.pausedFor === 'throttled' || isQuiet) this.pauseMs = 0
  }

  private throttled(report: CallReport): void {
    const isMild = this.options.isPaced() && this.workedSincePause
    if (!isMild) this.probing = true
    this.pause('throttled', report, isMild ? this.jittered(PAUSE.pacedMs) : this.longerMs())
  }

  private troubled(call: AdmittedCall, report: CallReport): void {
    if (call.alone || this.isCrowd(call.id)) {
      this.probing = true
      this.pause('trouble', report, this.longerMs())
      if (!call.alone) this.options.onCrowdInTrouble()
    } else if (report.retryAfterMs !== undefined) {
      this.probing = true
      this.pause('trouble', report, 0)
    }
  }

  /** Whether the trouble is that of the upstream, not of this id. */
  private isCrowd(id: string): boolean {
    const enough = Math.min(PAUSE.mostTroubles, Math.max(PAUSE.fewestTroubles, this.options.concurrency))
    if (this.inTrouble.size < enough) this.inTrouble.add(id)
    return this.inTrouble.size === enough
  }

  private longerMs(): number {
    this.pauseMs = Math.min(PAUSE.longestMs, this.pauseMs === 0 ? PAUSE.firstMs : this.pauseMs * 2)
    return this.jittered(this.pauseMs)
  }

  /** Shorter by up to a half, so that two clients do not come back together. */
  private jittered(ms: number): number {
    return ms * (0.5 + this.options.random() / 2)
  }

  private pause(reason: PauseReason, report: CallReport, ms: number): void {
    const { at, retryAfterMs = 0 } = report
    this.pausedAt = at
    this.pausedFor = reason
    this.workedSincePause = false
    const until = this.endOf(Math.max(ms, Math.min(retryAfterMs, PAUSE.longestRetryAfterMs)), report)
    if (until <= this.pausedUntil) return
    this.pausedUntil = until
    this.options.onPause(reason, until - at)
  }

  /** Another call of the same burst may come with a longer `Retry-After`. */
  private extend(report: CallReport): void {
    const { retryAfterMs } = report
    if (retryAfterMs === undefined) return
    this.pausedUntil = Math.max(this.pausedUntil, this.endOf(Math.min(retryAfterMs, PAUSE.longestRetryAfterMs), report))
  }

  /** Not later than the time at which the run gives up: the last call before that is worth making. */
  private endOf(ms: number, now: Moment): number {
    return now.at + Math.min(ms, Math.max(this.options.giveUpMs - this.downMs(now), 0))
  }

  private downMs(now: Moment): number {
    return this.downSince === undefined ? 0 : activeAt(now) - this.downSince
  }
}

/** The time without standstills of this process. */
const activeAt = ({ at, stoodStillMs }: Moment) => at - stoodStillMs
