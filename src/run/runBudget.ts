import type { PricedSettings } from '../config/settings.js'
import type { Connection } from '../core/duckdb.js'
import { dayIn } from '../core/time.js'
import type { FetchPolicy } from '../fetch/fetchPolicy.js'
import { spentByDay } from './budget.js'
import type { OpenRun } from './openRun.js'

/** What the caps of a run leave, over all endpoints: each call counts with the price of its own. */
export class RunBudget {
  private calls = 0
  private spent = 0
  /** Money of all runs, by day. */
  private readonly ofDays: Map<string, number>

  private constructor(
    private readonly settings: PricedSettings,
    private readonly timeZone: string,
    spentByDay: ReadonlyMap<string, number>,
  ) {
    this.ofDays = new Map(spentByDay)
  }

  /** With what earlier runs have spent today. */
  static async open({ settings, pipeline, effects }: OpenRun, connection: Connection): Promise<RunBudget> {
    const { budgetPerDay, price } = settings
    const spent = budgetPerDay === undefined ? new Map() : await spentByDay(connection, pipeline, effects.now(), price)
    return new RunBudget(settings, pipeline.timeZone, spent)
  }

  sent(): void {
    this.calls += 1
  }

  /** A call at this price was billed, or may have been. */
  paid(price: number, sentAt: number): void {
    const day = dayIn(this.timeZone, sentAt)
    this.spent += price
    this.ofDays.set(day, (this.ofDays.get(day) ?? 0) + price)
  }

  /** The calls at this price that are left. */
  left(price: number): Pick<FetchPolicy, 'maxCalls' | 'budget' | 'dayBudget'> {
    const { maxCalls, budget, budgetPerDay } = this.settings
    const ofCalls = maxCalls === undefined ? {} : { maxCalls: maxCalls - this.calls }
    if (price === 0) return ofCalls
    // The small addition corrects binary fractions: 0.45 at 0.15 each pays three calls, not two.
    const callsFor = (amount: number): number => Math.floor(Math.max(0, amount) / price + 1e-9)
    const ofRun = budget === undefined ? {} : { budget: { calls: callsFor(budget - this.spent) } }
    if (budgetPerDay === undefined) return { ...ofCalls, ...ofRun }
    const left = Object.fromEntries([...this.ofDays].map(([day, amount]) => [day, callsFor(budgetPerDay - amount)]))
    return { ...ofCalls, ...ofRun, dayBudget: { timeZone: this.timeZone, calls: callsFor(budgetPerDay), left } }
  }
}

/** How calls may be made, by the settings and these caps. */
export function fetchPolicyOf(
  settings: Omit<PricedSettings, 'maxCalls'>,
  caps: Pick<FetchPolicy, 'maxCalls' | 'budget' | 'dayBudget'>,
): FetchPolicy {
  const { concurrency, attempts, giveUp, onAmbiguous, rate } = settings
  return {
    concurrency,
    attempts,
    giveUpMs: giveUp,
    onAmbiguous,
    ...(rate === undefined ? {} : { ratePerSecond: rate }),
    ...caps,
  }
}
