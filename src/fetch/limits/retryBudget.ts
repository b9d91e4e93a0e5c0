import type { UpstreamHealth } from './circuitBreaker.js'

/** Retries that may go before anything is heard of the upstream. */
const FULL = 5
/** What an answer is worth: one of an id asked for the first time, and one that a retry has brought. */
const EARNED = 0.1
const REPAID = 3

/**
 * Keeps retries of ids in trouble (faults, 5xx) from being what an upstream that is down gets to see: each takes one from a
 * budget that only signs of life fill. At nine failures in ten, retries stay under a tenth of all calls; where a third of
 * them succeed, they pay for themselves. Nothing is lost: what finds no budget waits for it, or for the moment when there
 * is nothing else to do.
 */
export class RetryBudget {
  private left = FULL
  private readonly inTrouble = new Set<string>()
  private waiting: (() => void)[] = []

  /** What came of a call for this id. That it was refused tells nothing of whether answers can be had. */
  heard(id: string, sign: UpstreamHealth): void {
    if (sign === 'throttled') return
    if (sign === 'trouble') {
      this.inTrouble.add(id)
      return
    }
    this.left = Math.min(FULL, this.left + (this.inTrouble.delete(id) ? REPAID : EARNED))
    while (this.left >= 1 && this.waiting.length > 0) this.spend()
  }

  /** The id is not asked again. */
  forget(id: string): void {
    this.inTrouble.delete(id)
  }

  /** Leave to ask this id again; undefined: at once. */
  leave(id: string): Promise<void> | undefined {
    if (!this.inTrouble.has(id)) return undefined
    if (this.left >= 1) {
      this.left -= 1
      return undefined
    }
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  /** Nothing else is under way: one that waits may go, or nothing ever would. */
  idle(): void {
    this.waiting.shift()?.()
  }

  /** The run stops: nobody waits any more. */
  release(): void {
    for (const go of this.waiting.splice(0)) go()
  }

  private spend(): void {
    this.left -= 1
    this.waiting.shift()!()
  }
}
