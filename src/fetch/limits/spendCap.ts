import type { Billed } from '../../model/outcome.js'
import type { FetchPolicy } from '../fetchPolicy.js'
import type { Stop } from '../stop.js'

/** Counts calls and money against the caps of a run. No cap is ever overrun: a call takes its share before it is sent. */
export class SpendCap {
  private calls = 0
  private inFlight = 0
  private spent = 0
  private waiting: (() => void)[] = []

  constructor(private readonly policy: Pick<FetchPolicy, 'maxCalls' | 'budget'>) {}

  /** Takes the share of one call; `wait` if what is in flight may give some back, `spent` if nothing is left. */
  take(): 'taken' | 'wait' | 'spent' {
    const { maxCalls = Infinity, budget } = this.policy
    if (this.calls >= maxCalls) return 'spent'
    if (this.spent + this.inFlight >= (budget?.calls ?? Infinity)) return this.inFlight > 0 ? 'wait' : 'spent'
    this.calls += 1
    this.inFlight += 1
    return 'taken'
  }

  /** The call ended; it counts on as money unless it was surely not billed. */
  settle(billed: Billed): void {
    this.inFlight -= 1
    if (billed !== 'no') this.spent += 1
    for (const wake of this.waiting.splice(0)) wake()
  }

  /** Why nothing is left. */
  get stop(): Omit<Stop, 'at'> {
    const { maxCalls = Infinity, budget } = this.policy
    if (this.calls < maxCalls && budget?.ofDay)
      return { reason: 'cap', code: 'budget-per-day', message: 'the budget of the day is spent' }
    return { reason: 'cap', code: 'cap', message: 'the cap asked for is reached' }
  }

  /** Resolves when the next call in flight has ended. */
  change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve))
  }
}
