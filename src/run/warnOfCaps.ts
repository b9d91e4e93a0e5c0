import type { OptionName, Settings } from '../config/options.js'
import type { Effects } from '../core/effects.js'
import { plural } from '../core/text.js'

/**
 * Warns when a cap is below the price of one call: such a cap parks every id in every run, which is hardly meant.
 * @param due the ids that would be fetched
 */
export function warnOfCaps(settings: Settings, due: number, { log }: Pick<Effects, 'log'>): void {
  const { maxCalls, price, from } = settings
  const budgets = (['budget', 'budgetPerDay'] as const).find((name) => (settings[name] ?? price) < price)
  const cap: OptionName | undefined = maxCalls === 0 ? 'maxCalls' : budgets
  if (cap === undefined) return
  const flags = { maxCalls: '--max-calls', budget: '--budget', budgetPerDay: '--budget-per-day' }
  log(
    'warn',
    `${from?.[cap] ?? flags[cap]} ${settings[cap]} allows no call (one costs ¥${price}): ${plural(due, 'due id is', 'due ids are')} parked`,
    'cap_allows_nothing',
  )
}
