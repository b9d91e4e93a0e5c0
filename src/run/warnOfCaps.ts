import type { OptionName } from '../config/options.js'
import { currencySign, plural } from '../core/text.js'
import type { RunContext } from './context.js'

/**
 * Warns when a cap is below the price of one call: such a cap parks every id in every run, which is hardly meant.
 * @param due the ids that would be fetched
 */
export function warnOfCaps(
  { settings, pipeline, effects: { log } }: Pick<RunContext, 'settings' | 'pipeline' | 'effects'>,
  due: number,
): void {
  const { maxCalls, price, from } = settings
  const budgets = (['budget', 'budgetPerDay'] as const).find((name) => (settings[name] ?? price) < price)
  const cap: OptionName | undefined = maxCalls === 0 ? 'maxCalls' : budgets
  if (cap === undefined) return
  const flags = { maxCalls: '--max-calls', budget: '--budget', budgetPerDay: '--budget-per-day' }
  log(
    'warn',
    `${from?.[cap] ?? flags[cap]} ${settings[cap]} allows no call (one costs ${currencySign(pipeline.vendor.currency)}${price}): ${plural(due, 'due id is', 'due ids are')} parked`,
    'cap_allows_nothing',
  )
}
