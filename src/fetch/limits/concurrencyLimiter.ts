/** Latency so many times that of an upstream at ease means that it is overloaded; less is chance, and no reason to slow down. */
const TOLERANCE = 3
/** Below this nobody waits for anything that could be saved, and what is measured may be our own doing. */
const NEVER_SLOW_MS = 250
/** Calls whose latencies are compared, at least and at most; between them as many as there are slots. */
const FEWEST = 5
const MOST = 50
/** With this share of them ended their median is known: those still out are the slow ones. */
const ENOUGH = 0.75
/** One step down is never more than to this share, and clearly below what the latencies tell, or it would prove nothing. */
const DEEPEST_CUT = 0.09
const CLEARLY = 0.9
/** Where no number is known to be good, what the latencies tell is rough: the first call, alone, took longer than it need. */
const ROUGHLY = 0.7
/** A cut may have been too small to help: only when the second one, to half, does not help either, latency has another reason. */
const CUTS = 2
/** Growth in one round: small where the next step may be too much, half as much again after each good round, up to the most. */
const FIRST_GROWTH = 0.05
const FASTER = 1.5
const MOST_GROWTH = 0.4
/** Between a number that was good and one that was too much by this, nothing is looked for any more, for a while. */
const CLOSE = 1.1
/** So many times what the failed try cost; twice as long each time that the same is found. */
const REST = 20
const LONGEST_REST_MS = 300_000
/** What an earlier run has found is kept to for so long. */
const LEARNED_REST_MS = 60_000

/** Some calls sent one after the other; those that end first are the quick ones, so all of them have to be looked at. */
interface Round {
  readonly from: number
  readonly size: number
  readonly latencies: number[]
  ended: number
  /** Whether all slots were in use. */
  full: boolean
}

/**
 * How many calls may be in flight, learned from their latency: more of them do no good where each only waits longer. As
 * TCP Vegas and Netflix's concurrency limits do it, the latency of late is compared with that of an upstream at ease, and
 * their ratio tells how many were too many. Latency that stays when calls are taken away had another reason; then they
 * come back.
 */
export class ConcurrencyLimiter {
  private limitNow: number
  private round: Round
  private lastNumber = 0
  private easeMs: number | undefined
  /** The last limit at which latency was at ease, and one at which it was not. */
  private good: number | undefined
  private ceiling = Infinity
  private restMs = 0
  private restsUntil = -Infinity
  private growth = MOST_GROWTH
  /** The limit and the latency before it was cut, until it is known whether that helped. */
  private cut: { readonly limit: number; readonly ms: number; readonly times: number } | undefined
  private found: boolean

  /**
   * @param now on the clock that never jumps
   * @param most calls in flight that people allow
   * @param told what an earlier run has found
   */
  constructor(
    now: number,
    private readonly most: number,
    private readonly told = Infinity,
  ) {
    this.limitNow = Math.max(1, Math.min(most, told))
    this.round = this.newRound()
    this.found = this.limitNow < most
    if (!this.found) return
    this.ceiling = nextTo(this.limitNow)
    this.growth = FIRST_GROWTH
    this.restsUntil = now + LEARNED_REST_MS
  }

  get limit(): number {
    return this.limitNow
  }

  /** Calls in flight up to which latency is at ease; undefined as long as it never was not. */
  get learned(): number | undefined {
    // With fewer slots than that nothing was learned about it.
    if (!this.found && this.told !== Infinity && this.told >= this.most) return this.told
    if (!this.found || this.limitNow >= this.most) return undefined
    return Math.min(this.good ?? this.limitNow, this.limitNow)
  }

  /** A call goes, and makes so many in flight. Calls are numbered as they go. */
  sent(number: number, inFlight: number): void {
    this.lastNumber = number
    if (this.isInRound(number) && inFlight >= this.limitNow) this.round.full = true
  }

  /** A call has ended; how long it took, if that can be compared. */
  ended(number: number, ms: number | undefined, now: number): void {
    // The first call of a run goes alone, so its latency is that of an upstream at ease.
    this.easeMs ??= ms
    if (!this.isInRound(number)) return
    const { round } = this
    round.ended += 1
    if (ms !== undefined) round.latencies.push(ms)
    if (round.ended < round.size * ENOUGH) return
    // Those still out are slower than all that have ended.
    const typical = round.latencies.sort((a, b) => a - b)[round.latencies.length - round.ended + (round.size >> 1)]
    if (typical !== undefined) this.judge(typical, now)
    if (this.round === round) this.round = this.newRound()
  }

  /** The upstream was in trouble: when it is back, it is not met by the whole crowd. */
  troubled(): void {
    this.cut = undefined
    this.change(this.limitNow / 2)
  }

  private judge(ms: number, now: number): void {
    const { cut, limitNow } = this
    this.cut = undefined
    const helped = cut === undefined || ms <= cut.ms / 2
    if (!helped && cut.times < CUTS && limitNow > 1) {
      this.cut = { ...cut, times: cut.times + 1 }
      this.tooMany()
      this.good = undefined
      this.change(limitNow / 2)
    } else if (!helped) {
      this.easeMs = ms
      this.ceiling = Infinity
      this.found = false
      this.change(cut.limit)
    } else if (ms > Math.max(NEVER_SLOW_MS, TOLERANCE * this.easeMs!)) {
      this.shrink(ms, now)
    } else {
      this.easeMs = Math.min(this.easeMs!, ms)
      if (this.round.full) this.proved(now)
    }
  }

  private tooMany(): void {
    this.ceiling = this.limitNow
    this.growth = FIRST_GROWTH
    this.found = true
  }

  private shrink(ms: number, now: number): void {
    const { good, limitNow } = this
    if (limitNow === 1) return
    this.tooMany()
    this.cut = { limit: limitNow, ms, times: 1 }
    this.restMs = Math.min(LONGEST_REST_MS, Math.max(REST * ms, this.restMs * 2))
    this.restsUntil = now + this.restMs
    const known = good !== undefined && good < limitNow
    this.change(known ? good * CLEARLY : limitNow * Math.max(DEEPEST_CUT, (ROUGHLY * this.easeMs!) / ms))
  }

  /** So many in flight are no trouble: some more may be none either. */
  private proved(now: number): void {
    const { good, limitNow } = this
    if (good !== undefined && limitNow > nextTo(good)) this.restMs = 0
    this.good = limitNow
    if (this.ceiling <= nextTo(limitNow)) {
      if (now < this.restsUntil) return
      // What was too much long ago need not be now.
      this.ceiling = Infinity
      this.growth = FIRST_GROWTH
    }
    const next = Math.min(limitNow * (1 + this.growth), (limitNow + this.ceiling) / 2)
    this.growth = Math.min(MOST_GROWTH, this.growth * FASTER)
    this.change(Math.max(limitNow + 1, next))
  }

  private change(limit: number): void {
    const before = this.limitNow
    this.limitNow = Math.min(this.most, Math.max(1, Math.floor(limit)))
    this.round = this.newRound(Math.max(0, this.limitNow - before))
  }

  private isInRound(number: number): boolean {
    return number >= this.round.from && number < this.round.from + this.round.size
  }

  /** Of calls that are yet to go, without those that only fill new slots: they tell what the limit of now does. */
  private newRound(skipped = 0): Round {
    const size = Math.min(MOST, Math.max(FEWEST, this.limitNow))
    return { from: this.lastNumber + 1 + skipped, size, latencies: [], ended: 0, full: false }
  }
}

/** A number this close is not worth a try. */
function nextTo(limit: number): number {
  return Math.max(limit + 1, limit * CLOSE)
}
