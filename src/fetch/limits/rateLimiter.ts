import { RATE } from '../constants.js'
import { isAfterStandstill, type AdmittedCall, type CallReport, type Limiter } from './limiter.js'

/**
 * How many calls a second go. `--rate` is the most. Below it the pace is learned from refusals (302, 429): up slowly, down at
 * once, as in TCP and in the adaptive retries of the AWS SDKs, whose token bucket starts from the rate measured at a refusal.
 *
 * At a refusal the upstream's allowance is used up. So the calls that it let through between two refusals are what it allows
 * in that time: the limit is measured, not guessed. Until the first refusal the pace is not limited.
 */
export class RateLimiter implements Limiter {
  /** Calls a second; Infinity: as fast as slots allow. */
  private pace: number
  /** The call from which on calls are counted until the first refusal. */
  private first: AdmittedCall | undefined
  private lastAt = 0
  private restMs: number = RATE.restMs
  private restsUntil: number
  /** The refused call that began the last burst. The next limit is measured from it. */
  private burst: AdmittedCall | undefined
  private refusedSince = 0

  private nextAt = -Infinity
  private intervalMs = 0
  private idleUntil = 0
  /** When the calls of the last second were sent; only with `--rate`. */
  private readonly lastSecond: number[] = []

  /**
   * @param most calls a second that are never exceeded, in any second
   * @param limit calls a second, as an earlier run has learned them
   */
  constructor(
    now: number,
    private readonly most = Infinity,
    private limit?: number,
  ) {
    this.pace = limit === undefined ? Infinity : limit * RATE.belowLimit
    this.restsUntil = now + RATE.restMs * this.patience()
  }

  /** Calls a second that the upstream allows; undefined until it has refused one. */
  get learned(): number | undefined {
    if (this.limit === undefined) return this.burst ? this.pace : undefined
    return Math.max(this.limit, this.pace / RATE.beyondLimit)
  }

  /** Whether the limit has been measured. */
  get isKnown(): boolean {
    return this.limit !== undefined
  }

  waitMs(now: number): number {
    return Math.max(0, this.nextAt - now)
  }

  acquired(call: AdmittedCall): void {
    const { at } = call
    // Whether the spacing held the call back, not a lack of slots or of work.
    const held = this.nextAt > at - RATE.lateTimerMs
    this.intervalMs = 1000 / Math.min(this.pace, this.most)
    this.nextAt = (held ? Math.max(this.nextAt, this.idleUntil) : at) + this.intervalMs
    if (isAfterStandstill(this.first, call)) this.forgetBurst()
    this.first ??= call
    // Only a pace that holds calls back may grow.
    if (held && this.pace < this.most) this.grow(Math.min(at - this.lastAt, RATE.longestStepMs) / 1000, at)
    this.lastAt = at
    call.pace = this.pace
  }

  /**
   * The call is about to be sent, some time after its turn. The calls that a slow disk held back must not go all at once.
   * @returns milliseconds to wait before this is called again; 0: the call goes now
   */
  sent(now: number): number {
    const { lastSecond, most } = this
    if (most === Infinity) return 0
    while (lastSecond.length > 0 && lastSecond[0]! <= now - 1000) lastSecond.shift()
    if (lastSecond.length >= Math.ceil(most)) return lastSecond[0]! + 1000 - now
    lastSecond.push(now)
    return 0
  }

  ended(call: AdmittedCall, { at, health, afterPause }: CallReport): void {
    // The time in which one call went alone is not made good by a burst.
    if (call.alone) this.restUntil(at)
    if (health !== 'throttled') return
    // The refusal of a call that went alone says that nothing may go. The pace is not the reason.
    if (afterPause && !call.alone) this.slowDown(call, at)
    else if (this.burst && call.number >= this.burst.number) this.refusedSince += 1
  }

  /** The turn goes to the next call. */
  notSent(): void {
    this.nextAt -= this.intervalMs
  }

  /** No call goes before this, and that time is not made good. */
  restUntil(until: number): void {
    this.idleUntil = Math.max(this.idleUntil, until)
  }

  /** A burst of refusals begins with this call. */
  private slowDown(call: AdmittedCall, now: number): void {
    const { burst, first, refusedSince } = this
    if (call.number < first!.number) return
    const passed = burst ? call.number - burst.number - refusedSince : 0
    if (burst && passed < RATE.fewCalls) {
      this.refusedSince += 1
      this.set(this.pace * (passed > 0 ? RATE.fewCallsCut : RATE.firstCut))
      return
    }
    this.burst = call
    this.refusedSince = 1
    if (burst) this.measured(passed, call.at - burst.at, Math.min(call.pace, this.pace))
    else this.firstRefusal(call)
    this.restsUntil = now + this.restMs * this.patience()
  }

  /** While this process stood still, the upstream allowed calls that were not made. So counting begins again, as in a new run. */
  private forgetBurst(): void {
    this.first = undefined
    this.burst = undefined
  }

  private firstRefusal({ number, at }: AdmittedCall): void {
    if (this.limit !== undefined) {
      this.set(this.limit * RATE.belowLimit)
      return
    }
    const seconds = Math.max(1, (at - this.first!.at) / 1000)
    this.set((RATE.firstCut * (number - this.first!.number + 1)) / seconds)
  }

  /**
   * The limit lies between the calls a second that got through since the last burst, which are fewer if calls were too few
   * for a while, and the pace that was refused. A known limit that lies there too stands.
   */
  private measured(passed: number, ms: number, refusedPace: number): void {
    const before = this.limit
    const least = Math.min(refusedPace, (passed * 1000) / Math.max(1, ms))
    const stands =
      before !== undefined && before >= least && before <= refusedPace && refusedPace <= before * RATE.beyondLimit
    this.limit = stands ? before : Math.sqrt(least * refusedPace)
    const isSame = before !== undefined && Math.abs(this.limit / before - 1) <= RATE.sameLimit
    this.restMs = isSame ? Math.min(RATE.longestRestMs, this.restMs * 2) : RATE.restMs
    this.set(this.limit * RATE.belowLimit)
  }

  private grow(seconds: number, now: number): void {
    if (this.pace === Infinity) return
    const isFast = this.limit === undefined || this.pace > this.limit * RATE.beyondLimit
    if (!isFast && now < this.restsUntil) return
    this.pace *= 1 + ((isFast ? RATE.fastGrowth : RATE.slowGrowth) * seconds) / this.patience()
  }

  /** How many times as long rests and growth take at this pace. */
  private patience(): number {
    return Math.min(RATE.mostPatience, Math.max(1, RATE.fullPacePerSecond / this.pace))
  }

  private set(perSecond: number): void {
    this.pace = Math.max(RATE.slowestPerSecond, perSecond)
  }
}
