/** Timers of a busy machine may be late by this without slowing calls down; beyond it, lost time stays lost. */
const SLACK_MS = 200

/**
 * Spaces calls evenly. A rate that people set is kept in every second, wherever it begins: what a late timer makes good must
 * not become a burst, nor must a process that was frozen and wakes.
 */
export class Spacing {
  private nextAt = -Infinity
  private intervalMs = 0
  private idleUntil = 0
  /** When the calls of the last second went; kept only where a rate is set. */
  private readonly lastSecond: number[] = []
  private readonly mostInASecond: number

  /** @param ratePerSecond calls a second that must never be exceeded */
  constructor(private readonly ratePerSecond = Infinity) {
    this.mostInASecond = Math.ceil(ratePerSecond)
  }

  /** Milliseconds until the next call may go. */
  waitMs(now: number): number {
    return Math.max(0, this.nextAt - now)
  }

  /**
   * A call is about to be sent, some time after it was its turn: what a slow disk held back must not go all at once.
   * @returns milliseconds it must wait, and ask again; 0: it goes now
   */
  depart(now: number): number {
    if (this.ratePerSecond === Infinity) return 0
    while (this.lastSecond.length > 0 && this.lastSecond[0]! <= now - 1000) this.lastSecond.shift()
    if (this.lastSecond.length >= this.mostInASecond) return this.lastSecond[0]! + 1000 - now
    this.lastSecond.push(now)
    return 0
  }

  /**
   * One call goes, and the next one no sooner than this pace and the rate allow.
   * @returns whether it was the spacing that held it back, not a lack of slots or of work
   */
  take(now: number, perSecond: number): boolean {
    const held = this.nextAt > now - SLACK_MS
    this.intervalMs = 1000 / Math.min(perSecond, this.ratePerSecond)
    this.nextAt = (held ? Math.max(this.nextAt, this.idleUntil) : now) + this.intervalMs
    return held
  }

  /** Nothing goes before this, and nothing of that time is made up for. */
  rest(until: number): void {
    this.idleUntil = Math.max(this.idleUntil, until)
  }

  /** The last call did not go after all: its turn is the next one's. */
  giveBack(): void {
    this.nextAt -= this.intervalMs
  }
}
