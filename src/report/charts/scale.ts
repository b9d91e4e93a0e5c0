/** The values that a chart shows, from `low` to `high`, and where its lines are. Charts that are compared share one. */
export interface Scale {
  readonly low: number
  readonly high: number
  /** From the highest. */
  readonly ticks: readonly number[]
}

/**
 * A scale of round steps around these values and 0.
 * @param least the shortest scale, so that a small change looks small
 */
export function scaleOf(values: readonly number[], least: number): Scale {
  const [lowest, highest] = [Math.min(0, ...values), Math.max(0, ...values)]
  const rough = Math.max(highest - lowest, least) / 3
  const unit = 10 ** Math.floor(Math.log10(rough))
  const step = unit * [1, 2, 5, 10].find((times) => times * unit >= rough)!
  const [from, to] = [
    Math.floor(lowest / step + 1e-9),
    Math.max(Math.ceil(highest / step - 1e-9), Math.ceil(least / step)),
  ]
  const ticks = Array.from({ length: to - from + 1 }, (_, at) => (to - at) * step)
  return { low: from * step, high: to * step, ticks }
}
