import { plural } from '../core/text.js'
import type { Spent } from '../load/spent.js'

/** Money and calls of a period, as the parts of a line: `¥7.20 billed (48 calls)`. */
export function spentParts({ billed, maybe_billed, money_billed, money_maybe_billed, unpriced }: Spent): string[] {
  return [
    `${yuan(money_billed)} billed (${plural(billed, 'call')})`,
    ...(maybe_billed > 0
      ? [`up to ${yuan(money_maybe_billed)} more (${plural(maybe_billed, 'call')} maybe billed)`]
      : []),
    ...(unpriced > 0 ? [`the price of ${plural(unpriced, 'call')} is not known`] : []),
  ]
}

/** Up to four decimals: the shares of lists may not be whole cents. */
export function yuan(amount: number): string {
  return `¥${amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 4 })}`
}
