import type { FetchPolicy } from '../fetchPolicy.js'
import type { Stop } from '../stop.js'
import type { AdmittedCall, CallReport, Limiter } from './limiter.js'

/** Counts calls and money against the caps of a run. A call takes its share before it is sent, so no cap is ever overrun. */
export class SpendCap implements Limiter {
  private calls = 0
  private inFlight = 0
  private billed = 0
  /** Numbers of the calls in flight that were billed, or may have been. */
  private readonly billedCalls = new Set<number>()

  constructor(private readonly policy: Pick<FetchPolicy, 'maxCalls' | 'budget'>) {}

  /** A call in flight may turn out to be free. */
  waitMs(): number {
    return this.calls < this.maxCalls && this.isBudgetTaken && this.inFlight > 0 ? Infinity : 0
  }

  /** Whether no call may go any more, even if those in flight are free. */
  get isSpent(): boolean {
    return this.calls >= this.maxCalls || (this.isBudgetTaken && this.inFlight === 0)
  }

  /** Why nothing is left. */
  get stop(): Omit<Stop, 'at'> {
    if (this.calls < this.maxCalls && this.policy.budget?.ofDay)
      return { reason: 'cap', code: 'budget-per-day', message: 'the budget of the day is spent' }
    return { reason: 'cap', code: 'cap', message: 'the cap of this run is reached' }
  }

  acquired(): void {
    this.calls += 1
    this.inFlight += 1
  }

  /** The share of the call stays taken until its end is durable: after a crash before that, the call may have been billed. */
  ended({ number }: AdmittedCall, { billed }: CallReport): void {
    if (billed !== 'no') this.billedCalls.add(number)
  }

  released({ number }: AdmittedCall): void {
    this.inFlight -= 1
    if (this.billedCalls.delete(number)) this.billed += 1
  }

  private get maxCalls(): number {
    return this.policy.maxCalls ?? Infinity
  }

  private get isBudgetTaken(): boolean {
    return this.billed + this.inFlight >= (this.policy.budget?.calls ?? Infinity)
  }
}
