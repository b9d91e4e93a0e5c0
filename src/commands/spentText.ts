import { longMoneyText, plural } from '../core/text.js'
import type { Spent } from '../load/spent.js'

/** Money and calls of a period, as the parts of a line: `¥7.20 billed (48 calls)`. */
export function spentParts(spent: Spent, currency: string): string[] {
  const { billed, maybe_billed, money_billed, money_maybe_billed, unpriced } = spent
  return [
    `${exactMoney(money_billed, currency)} billed (${plural(billed, 'call')})`,
    ...(maybe_billed > 0
      ? [`up to ${exactMoney(money_maybe_billed, currency)} more (${plural(maybe_billed, 'call')} maybe billed)`]
      : []),
    ...(unpriced > 0 ? [`the price of ${plural(unpriced, 'call')} is not known`] : []),
  ]
}

/** Up to four decimals: the shares of lists may not be whole cents. */
export function exactMoney(amount: number, currency: string): string {
  return longMoneyText(amount, currency, 4)
}
