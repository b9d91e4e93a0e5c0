import { RETRY_BUDGET } from '../constants.js'
import type { AdmittedCall, CallReport, Limiter } from './limiter.js'

/**
 * Keeps an upstream that is down from receiving mostly retries. Each retry of an id in trouble (faults, 5xx) takes one from
 * a budget that only answers fill. A retry without budget waits for it, or until no other call is open. Sources: Google's Site
 * Reliability Engineering, "Handling Overload" (retries under a tenth); the retry quota of the AWS SDKs.
 */
export class RetryBudget implements Limiter {
  private left: number = RETRY_BUDGET.full
  private readonly inTrouble = new Set<string>()
  private waiting: (() => void)[] = []

  /** The right to call for this id; undefined: at once. */
  acquire(id: string): Promise<void> | undefined {
    if (!this.inTrouble.has(id)) return undefined
    if (this.left >= 1) {
      this.left -= 1
      return undefined
    }
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  /** No other call is open: one retry may go, or none ever would. */
  idle(): void {
    this.waiting.shift()?.()
  }

  /** The run stops: no retry waits any more. */
  release(): void {
    for (const go of this.waiting.splice(0)) go()
  }

  /** The id is finished. */
  forget(id: string): void {
    this.inTrouble.delete(id)
  }

  /** A refusal does not show whether the upstream works, so it changes nothing. */
  ended({ id }: AdmittedCall, { health }: CallReport): void {
    if (health === 'trouble') this.inTrouble.add(id)
    if (health !== 'working') return
    const value = this.inTrouble.delete(id) ? RETRY_BUDGET.repaid : RETRY_BUDGET.earned
    this.left = Math.min(RETRY_BUDGET.full, this.left + value)
    while (this.left >= 1 && this.waiting.length > 0) {
      this.left -= 1
      this.waiting.shift()!()
    }
  }
}
