import { DAY_MS } from '../core/time.js'

/**
 * Every number that tunes the fetch, with its unit and its reason. A name without a unit is a share or a count.
 * docs/pace.md says what the numbers do together.
 */

/** Ids and their attempts: `fetchAll.ts`, `retry.ts`. */
export const ATTEMPTS = {
  /** Unfinished ids at most, with those that wait for a retry. This bounds memory, however long the list is. */
  openIds: 1024,
  /** The bound of the backoff after the first failure. It doubles with each failure. */
  backoffMs: 1_000,
  longestBackoffMs: 30_000,
  /** A throttled id waits between this and twice this, because the pause of the run may be nearly over. */
  throttledMs: 500,
} as const

/** When the whole run pauses, and when it gives up: `limits/circuitBreaker.ts`. */
export const PAUSE = {
  /** The first pause. Each further one in a row is twice as long. */
  firstMs: 1_000,
  longestMs: 30_000,
  /** The pause after a refusal where the limit is known. The pace then stays below the limit, so a short pause is enough. */
  pacedMs: 300,
  /** A longer `Retry-After` is cut to this. Then one call finds out. */
  longestRetryAfterMs: 300_000,
  /** After trouble the next pause is short again when the quiet since then has lasted this many times the last pause. */
  quietPauses: 2,
  /** Ids in trouble in a row that pause the run: as many as there are slots, within these two. Fewer may be bad ids. */
  fewestTroubles: 5,
  mostTroubles: 20,
} as const

/** When answers are of no use: `limits/uselessAnswers.ts`. */
export const USELESS = {
  /** The run is judged by these. */
  lastAnswers: 100,
  /** It stops when more than half of them are useless, and at least this many: fewer may be chance. */
  fewest: 20,
  /** At its end a shorter run is judged, too. Two or three people may really be gone. */
  fewestOfShortRun: 5,
  /** Of ids never seen before, many may not exist, but not this many of the last answers. */
  uselessOrEmpty: 95,
  /** Answers in a row that may be billed and hold neither a profile nor the word that there is none. */
  inARow: 50,
} as const

/** The pace: `limits/rateLimiter.ts`. */
export const RATE = {
  /** The pace as a share of the measured limit: a little below it, because a measurement has an error. */
  belowLimit: 0.97,
  /** The first refusal only shows that the pace was too high, so the pace is halved, as in TCP. */
  firstCut: 0.5,
  /** Fewer answered calls than this between two bursts measure no limit. The pace then drops to this share. */
  fewCalls: 5,
  fewCallsCut: 0.8,
  /** Two measured limits that differ by less than this share are the same limit. */
  sameLimit: 0.15,
  /** The pace rests below a known limit for this long, and twice as long each time it finds the same limit. */
  restMs: 5_000,
  longestRestMs: 10_000,
  /** Growth a second up to `beyondLimit` times the known limit, */
  slowGrowth: 0.02,
  /** and growth a second beyond that, or where no limit is known. */
  fastGrowth: 0.25,
  beyondLimit: 1.15,
  /** One step of growth counts no more time than this: a frozen process has learned nothing meanwhile. */
  longestStepMs: 1_000,
  slowestPerSecond: 0.05,
  /** Below this pace rests and growth take longer, because the number of calls counts, not the time. */
  fullPacePerSecond: 10,
  mostPatience: 6,
  /** A timer may be this late without slowing the calls down. Time lost beyond it is not made good. */
  lateTimerMs: 200,
} as const

/** How many calls are in flight: `limits/concurrencyLimiter.ts`. */
export const IN_FLIGHT = {
  /** The upstream is overloaded when latency is this many times the unloaded latency. Less may be chance. */
  overload: 3,
  /** A latency below this is never too slow: there is little to gain, and our own process may have caused it. */
  neverSlowMs: 250,
  /** Calls whose latencies are compared: as many as there are slots, within these two. */
  smallestRound: 5,
  largestRound: 50,
  /** When this share of a round has ended, its median is known: the calls still in flight are the slow ones. */
  enoughEnded: 0.75,
  /** One cut never goes below this share of the limit. */
  deepestCut: 0.09,
  /** A cut goes to this share of the last good limit. A smaller cut would prove nothing. */
  belowGood: 0.9,
  /** Without a good limit the latency ratio is rough, because the first call, alone, took longer than it had to. */
  roughCut: 0.7,
  /** The first cut may be too small to help. When the second one, to half, does not help either, the cause is another one. */
  cuts: 2,
  /** Growth a round: small where the next step may be too much, then faster with each good round. */
  firstGrowth: 0.05,
  growthFactor: 1.5,
  mostGrowth: 0.4,
  /** A good limit and one that is too high rest when they are this close. */
  close: 1.1,
  /** The rest is this many times the latency of the failed step, and doubles each time the result is the same. */
  restFactor: 20,
  longestRestMs: 300_000,
  /** A limit from an earlier run is kept for this long. */
  learnedRestMs: 60_000,
} as const

/** What a process that stood still or lagged measures: `limits/callReport.ts`. */
export const STALL = {
  /** A latency says nothing about the upstream when this process was late for more than this share of it. */
  share: 0.1,
  /** The process stood still: what goes wrong meanwhile, or is counted, says nothing either. */
  standstillMs: 1_000,
} as const

/** Retries of ids in trouble: `limits/retryBudget.ts`. */
export const RETRY_BUDGET = {
  /** Retries that may go before any answer arrives. */
  full: 5,
  /** An answer for an id that was not in trouble adds this. At nine failures in ten, retries stay under a tenth. */
  earned: 0.1,
  /** An answer for an id in trouble adds this. Where a third of the retries succeed, they pay for themselves. */
  repaid: 3,
} as const

/** How long `state/learned.json` holds: `limits/learnedLimits.ts`. */
export const LEARNED = {
  /** The vendor changes the limits of an account without notice. */
  oldestMs: 30 * DAY_MS,
  /** A clock may have been set back by this. */
  clockMs: DAY_MS,
} as const

/** One request: `http/`. */
export const HTTP = {
  connectTimeoutMs: 10_000,
  /** A deadline that fires this late was missed by a frozen process, not by the upstream. It then gets this much more. */
  lateDeadlineMs: 1_000,
  /** The longest body, before and after decompression. A profile has about 5 kB; 200 kB of gzip can hold 200 MB. */
  mostBodyBytes: 16 << 20,
  /** A smaller body is decompressed at once, because a thread would cost more. */
  syncDecodeBytes: 32 << 10,
} as const
