import type { Anomaly, Row } from '../../src/model/pipeline.js'

const OFFERS = [
  ['picture_price', 'picture_price_gt_zero'],
  ['video_price', 'video_price_gt_zero'],
] as const

/** A quote, and the flag that says whether there is one. It is not known which of them is right. */
export function check(row: Row): readonly Anomaly[] {
  return OFFERS.flatMap(([column, flag]) => {
    const [price, isOffered] = [row[column] ?? null, row[flag] ?? null]
    if (price === null || isOffered === null || Number(price) > 0 === isOffered) return []
    return [{ kind: 'quote_disagrees', column, detail: `${column} ${String(price)}, ${flag} ${String(isOffered)}` }]
  })
}
