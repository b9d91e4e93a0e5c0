/** A grant whose time is known less exactly is not used. */
const MOST_UNSURE_MS = 1_000

/**
 * Where the times of the database lie on the own clock that never jumps. The database reads its clock between the question and
 * the reply, so each reply bounds the difference; the closest bounds are kept. A reply that was read late, because this process
 * stood still, bounds less and changes nothing.
 */
export class GrantClock {
  private low = -Infinity
  private high = Infinity

  /**
   * @param nowMs by the database
   * @param askedAt before and
   * @param readAt after it, by the own clock
   */
  learn(nowMs: number, askedAt: number, readAt: number): void {
    const [low, high] = [askedAt - nowMs, readAt - nowMs]
    // No difference fits to both: one of the clocks was set, or they drift.
    const isMoved = low > this.high || high < this.low
    this.low = isMoved ? low : Math.max(low, this.low)
    this.high = isMoved ? high : Math.min(high, this.high)
  }

  /** The own time of a time of the database, rather late than early; undefined: not known well enough. */
  timeOf(databaseMs: number): number | undefined {
    return this.high - this.low > MOST_UNSURE_MS ? undefined : databaseMs + this.high
  }
}
