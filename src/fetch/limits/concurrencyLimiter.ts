import { IN_FLIGHT } from '../constants.js'
import type { AdmittedCall, CallReport, Limiter } from './limiter.js'

/** Some calls in a row. The quick ones end first, so a part of a round would mislead. */
interface Round {
  readonly from: number
  readonly size: number
  readonly latencies: number[]
  ended: number
  /** Whether all slots were in use. */
  full: boolean
}

/**
 * How many calls may be in flight, learned from their latency: more calls are useless when each only waits longer. As in
 * TCP Vegas and Netflix's concurrency-limits (`VegasLimit`, `Gradient2Limit`), the recent latency is compared with that of an
 * unloaded upstream, the ratio shows how many calls were too many, and the limit grows only while all slots are in use.
 *
 * When fewer calls do not lower the latency, the cause is another one: the limit is restored, and the reference moves. In
 * those libraries the reference follows slowly, but a paid batch has too few answers for long averages.
 */
export class ConcurrencyLimiter implements Limiter {
  private inFlight = 0
  private limit: number
  private round: Round
  private lastNumber = 0
  private unloadedMs: number | undefined
  /** The last limit with an unloaded latency. */
  private good: number | undefined
  /** The lowest limit known to be too high. */
  private ceiling = Infinity
  private restMs = 0
  private restsUntil = -Infinity
  private growth: number = IN_FLIGHT.mostGrowth
  /** The limit and the latency before a cut, until the next round shows whether the cut helped. */
  private cut: { readonly limit: number; readonly ms: number; readonly times: number } | undefined
  private isFound: boolean

  /**
   * @param now on the clock that never jumps
   * @param most `--concurrency`
   * @param known the limit that an earlier run has found
   */
  constructor(
    now: number,
    private readonly most: number,
    private readonly known = Infinity,
  ) {
    this.limit = Math.max(1, Math.min(most, known))
    this.round = this.newRound()
    this.isFound = this.limit < most
    if (!this.isFound) return
    this.ceiling = nextTo(this.limit)
    this.growth = IN_FLIGHT.firstGrowth
    this.restsUntil = now + IN_FLIGHT.learnedRestMs
  }

  /** Calls in flight up to which latency stays unloaded; undefined until there were too many. */
  get learned(): number | undefined {
    // A run with fewer slots than the known limit has learned nothing about it.
    if (!this.isFound && this.known !== Infinity && this.known >= this.most) return this.known
    if (!this.isFound || this.limit >= this.most) return undefined
    return Math.min(this.good ?? this.limit, this.limit)
  }

  waitMs(): number {
    return this.inFlight >= this.limit ? Infinity : 0
  }

  acquired({ number }: AdmittedCall): void {
    this.inFlight += 1
    this.lastNumber = number
    if (this.isInRound(number) && this.inFlight >= this.limit) this.round.full = true
  }

  ended({ number }: AdmittedCall, { at, ms, isStalled }: CallReport): void {
    this.inFlight -= 1
    // The first call of a run goes alone, so its latency is that of an unloaded upstream.
    this.unloadedMs ??= ms
    if (!this.isInRound(number)) return
    if (isStalled) {
      // The other calls of the round were late as well, or will be.
      this.round = this.newRound()
      return
    }
    const { round } = this
    round.ended += 1
    if (ms !== undefined) round.latencies.push(ms)
    if (round.ended < round.size * IN_FLIGHT.enoughEnded) return
    // The calls still in flight are slower than all that have ended.
    const median = round.latencies.sort((a, b) => a - b)[round.latencies.length - round.ended + (round.size >> 1)]
    if (median !== undefined) this.judge(median, at)
    if (this.round === round) this.round = this.newRound()
  }

  notSent(): void {
    this.inFlight -= 1
  }

  /** The upstream is in trouble. When it is back, it must not meet the whole crowd. */
  halve(): void {
    this.cut = undefined
    this.setLimit(this.limit / 2)
  }

  private judge(ms: number, now: number): void {
    const { cut, limit } = this
    this.cut = undefined
    const helped = cut === undefined || ms <= cut.ms / 2
    if (!helped && cut.times < IN_FLIGHT.cuts && limit > 1) {
      this.cut = { ...cut, times: cut.times + 1 }
      this.setTooMany()
      this.good = undefined
      this.setLimit(limit / 2)
    } else if (!helped) {
      this.unloadedMs = ms
      this.ceiling = Infinity
      this.isFound = false
      this.setLimit(cut.limit)
    } else if (ms > Math.max(IN_FLIGHT.neverSlowMs, IN_FLIGHT.overload * this.unloadedMs!)) {
      this.shrink(ms, now)
    } else {
      this.unloadedMs = Math.min(this.unloadedMs!, ms)
      if (this.round.full) this.grow(now)
    }
  }

  private setTooMany(): void {
    this.ceiling = this.limit
    this.growth = IN_FLIGHT.firstGrowth
    this.isFound = true
  }

  private shrink(ms: number, now: number): void {
    const { good, limit } = this
    if (limit === 1) return
    this.setTooMany()
    this.cut = { limit, ms, times: 1 }
    this.restMs = Math.min(IN_FLIGHT.longestRestMs, Math.max(IN_FLIGHT.restFactor * ms, this.restMs * 2))
    this.restsUntil = now + this.restMs
    const share = Math.max(IN_FLIGHT.deepestCut, (IN_FLIGHT.roughCut * this.unloadedMs!) / ms)
    this.setLimit(good !== undefined && good < limit ? good * IN_FLIGHT.belowGood : limit * share)
  }

  /** This limit is good, so a higher one may be good too. */
  private grow(now: number): void {
    const { good, limit } = this
    if (good !== undefined && limit > nextTo(good)) this.restMs = 0
    this.good = limit
    if (this.ceiling <= nextTo(limit)) {
      if (now < this.restsUntil) return
      // A limit that was too high long ago may be good now.
      this.ceiling = Infinity
      this.growth = IN_FLIGHT.firstGrowth
    }
    const next = Math.min(limit * (1 + this.growth), (limit + this.ceiling) / 2)
    this.growth = Math.min(IN_FLIGHT.mostGrowth, this.growth * IN_FLIGHT.growthFactor)
    this.setLimit(Math.max(limit + 1, next))
  }

  private setLimit(limit: number): void {
    const before = this.limit
    this.limit = Math.min(this.most, Math.max(1, Math.floor(limit)))
    this.round = this.newRound(Math.max(0, this.limit - before))
  }

  private isInRound(number: number): boolean {
    return number >= this.round.from && number < this.round.from + this.round.size
  }

  /** The calls that come next, without those that only fill new slots: they show what the new limit does. */
  private newRound(skipped = 0): Round {
    const size = Math.min(IN_FLIGHT.largestRound, Math.max(IN_FLIGHT.smallestRound, this.limit))
    return { from: this.lastNumber + 1 + skipped, size, latencies: [], ended: 0, full: false }
  }
}

/** The lowest limit that is worth a try after this one. */
function nextTo(limit: number): number {
  return Math.max(limit + 1, limit * IN_FLIGHT.close)
}
