import { DAY_BUDGET } from '../../model/runAgain.js'
import type { FetchPolicy } from '../fetchPolicy.js'
import type { Stop } from '../stop.js'
import { CalendarDay } from './calendarDay.js'
import type { AdmittedCall, CallReport, Limiter } from './limiter.js'

/** Calls that are billed, may be billed or are in flight. */
interface Spending {
  inFlight: number
  billed: number
}

/**
 * Counts calls and money against the caps of a run. A call takes its share before it is sent, so no cap is ever overrun. Of
 * the budgets of the days each call takes from the day in which it is sent.
 */
export class SpendCap implements Limiter {
  private calls = 0
  private readonly run: Spending = { inFlight: 0, billed: 0 }
  private readonly days = new Map<string, Spending>()
  private readonly dayOfCall = new Map<AdmittedCall, Spending>()
  /** The calls in flight that were billed, or may have been. */
  private readonly billedCalls = new Set<AdmittedCall>()
  private readonly calendar: CalendarDay | undefined

  /** @param now the wall clock */
  constructor(
    private readonly policy: Pick<FetchPolicy, 'maxCalls' | 'budget' | 'dayBudget'>,
    private readonly now: () => number,
  ) {
    this.calendar = policy.dayBudget && new CalendarDay(policy.dayBudget.timeZone)
  }

  /** A call in flight may turn out to be free. */
  waitMs(): number {
    return !this.isSpent && (this.isRunTaken || this.isDayTaken) ? Infinity : 0
  }

  /** Whether no call may go any more, even if those in flight are free. A new day is not waited for. */
  get isSpent(): boolean {
    if (this.calls >= this.maxCalls || (this.isRunTaken && this.run.inFlight === 0)) return true
    return this.isDayTaken && this.today.inFlight === 0
  }

  /** Why nothing is left. */
  get stop(): Omit<Stop, 'at'> {
    if (this.calls < this.maxCalls && !this.isRunTaken)
      return { reason: 'cap', code: DAY_BUDGET, message: 'the budget of the day is spent' }
    return { reason: 'cap', code: 'cap', message: 'the cap of this run is reached' }
  }

  acquired(call: AdmittedCall): void {
    this.calls += 1
    const day = this.spendingOf(call.sentAt)
    this.dayOfCall.set(call, day)
    for (const spending of [this.run, day]) spending.inFlight += 1
  }

  /** The share of the call stays taken until its end is durable: after a crash before that, the call may have been billed. */
  ended(call: AdmittedCall, { billed }: CallReport): void {
    if (billed !== 'no') this.billedCalls.add(call)
  }

  released(call: AdmittedCall): void {
    const day = this.dayOfCall.get(call)
    const isBilled = this.billedCalls.delete(call)
    this.dayOfCall.delete(call)
    for (const spending of day ? [this.run, day] : [this.run]) {
      spending.inFlight -= 1
      if (isBilled) spending.billed += 1
    }
  }

  private get maxCalls(): number {
    return this.policy.maxCalls ?? Infinity
  }

  private get isRunTaken(): boolean {
    return this.run.billed + this.run.inFlight >= (this.policy.budget?.calls ?? Infinity)
  }

  private get isDayTaken(): boolean {
    const { dayBudget } = this.policy
    if (dayBudget === undefined) return false
    const left = dayBudget.left[this.dayAt(this.now())] ?? dayBudget.calls
    return this.today.billed + this.today.inFlight >= left
  }

  private get today(): Spending {
    return this.spendingOf(this.now())
  }

  private spendingOf(time: number): Spending {
    const day = this.dayAt(time)
    const known = this.days.get(day)
    if (known) return known
    const spending = { inFlight: 0, billed: 0 }
    this.days.set(day, spending)
    return spending
  }

  private dayAt(time: number): string {
    return this.calendar?.at(time) ?? ''
  }
}
