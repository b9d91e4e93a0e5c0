/** After a refusal the pace is this share of the limit that was measured: a little below it, because it was measured. */
const BELOW = 0.97
/** The first refusal tells only that the pace was too high: it goes to this share of it, as TCP does it. */
const FIRST_CUT = 0.5
/** When fewer calls got through since the last burst they measure no limit; the pace goes to this share. */
const FEW = 5
const AGAIN = 0.8
/** A limit measured again within this share is the same one. */
const SAME = 0.15
/** So long the pace rests below a known limit; each time that limit is found again twice as long, up to the second. */
const REST_MS = 5_000
const LONGEST_REST_MS = 10_000
/** Then it grows by this share a second: slowly up to `BEYOND` times the known limit, fast where no limit is known. */
const CAREFUL = 0.02
const FAST = 0.25
const BEYOND = 1.15
/** No single step of growth counts more time than this: a process that was frozen has learned nothing meanwhile. */
const LONGEST_STEP_MS = 1_000
const SLOWEST = 0.05
/** Below so many calls a second all of this takes longer, because what counts is calls; up to so many times as long. */
const BRISK = 10
const MOST_PATIENCE = 6

/** A call, numbered in the order of sending. */
export interface Sent {
  readonly number: number
  readonly at: number
  /** Calls a second at that time. */
  readonly pace: number
}

/**
 * How many calls a second the upstream lets through, learned from its refusals (302, 429): up carefully, down at once.
 *
 * At a refusal the upstream's allowance is used up. So what it let through between two refusals is what it allows in that
 * time: the limit is measured, not guessed. Without any refusal there is no pace.
 */
export class RateLimiter {
  private perSecond: number
  private count = 0
  private firstAt: number | undefined
  private lastAt = 0
  private restMs = REST_MS
  private restsUntil: number
  /** The call whose refusal began the last burst; the limit is measured from there. */
  private mark: Sent | undefined
  private refusedSince = 0

  /** @param limit calls a second, as an earlier run has learned it */
  constructor(
    now: number,
    private limit?: number,
  ) {
    this.perSecond = limit === undefined ? Infinity : limit * BELOW
    this.restsUntil = now + REST_MS * this.patience()
  }

  /** Calls a second from now on; Infinity: as fast as slots allow. */
  get now(): number {
    return this.perSecond
  }

  /** Calls a second that the upstream allows; undefined as long as it never refused any. */
  get learned(): number | undefined {
    if (this.limit === undefined) return this.mark ? this.perSecond : undefined
    return Math.max(this.limit, this.perSecond / BEYOND)
  }

  /** Whether the limit has been measured. */
  get isKnown(): boolean {
    return this.limit !== undefined
  }

  /**
   * A call goes.
   * @param held whether this pace is what held it back; only then it may grow
   */
  send(now: number, held: boolean): Sent {
    this.firstAt ??= now
    if (held) this.grow(Math.min(now - this.lastAt, LONGEST_STEP_MS) / 1000, now)
    this.lastAt = now
    this.count += 1
    return { number: this.count, at: now, pace: this.perSecond }
  }

  /** The call last sent did not go after all. */
  giveBack(): void {
    this.count -= 1
  }

  /** One more refusal of a burst that is known. */
  refused({ number }: Sent): void {
    if (this.mark && number >= this.mark.number) this.refusedSince += 1
  }

  /** A burst of refusals begins with this call. */
  slowDown(call: Sent, now: number): void {
    const { mark, refusedSince } = this
    const passed = mark ? call.number - mark.number - refusedSince : 0
    if (mark && passed < FEW) {
      this.refusedSince += 1
      this.set(this.perSecond * (passed > 0 ? AGAIN : FIRST_CUT))
      return
    }
    this.mark = call
    this.refusedSince = 1
    if (mark) this.measured(passed, call.at - mark.at, Math.min(call.pace, this.perSecond))
    else this.firstRefusal(call)
    this.restsUntil = now + this.restMs * this.patience()
  }

  private firstRefusal({ number, at }: Sent): void {
    if (this.limit !== undefined) {
      this.set(this.limit * BELOW)
      return
    }
    const seconds = Math.max(1, (at - this.firstAt!) / 1000)
    this.set((FIRST_CUT * number) / seconds)
  }

  /**
   * The limit lies between what got through since the last burst, which is all of it unless calls were too few for a while,
   * and the pace that was refused. If what is known lies there too, it stands.
   */
  private measured(passed: number, ms: number, pace: number): void {
    const before = this.limit
    const least = Math.min(pace, (passed * 1000) / Math.max(1, ms))
    const stands = before !== undefined && before >= least && before <= pace && pace <= before * BEYOND
    this.limit = stands ? before : Math.sqrt(least * pace)
    const same = before !== undefined && Math.abs(this.limit / before - 1) <= SAME
    this.restMs = same ? Math.min(LONGEST_REST_MS, this.restMs * 2) : REST_MS
    this.set(this.limit * BELOW)
  }

  private grow(seconds: number, now: number): void {
    if (this.perSecond === Infinity) return
    const fast = this.limit === undefined || this.perSecond > this.limit * BEYOND
    if (!fast && now < this.restsUntil) return
    this.perSecond *= 1 + ((fast ? FAST : CAREFUL) * seconds) / this.patience()
  }

  private patience(): number {
    return Math.min(MOST_PATIENCE, Math.max(1, BRISK / this.perSecond))
  }

  private set(perSecond: number): void {
    this.perSecond = Math.max(SLOWEST, perSecond)
  }
}
