import { count } from '../../core/text.js'
import { html, type Html } from '../html.js'

const COLUMN = 44
const HEIGHT = 120

export interface StepNames {
  /** Says in words how many are in a step. */
  readonly step: (low: number, number: number) => string
  readonly limit: (low: number) => string
}

/**
 * A histogram. `from` holds the lower limits of the steps; the last step has no upper limit.
 */
export function histogram(title: string, from: readonly number[], numbers: readonly number[], names: StepNames): Html {
  const most = Math.max(1, ...numbers)
  const width = COLUMN * from.length
  const columns = from.map((low, at) => {
    const number = numbers[at] ?? 0
    const height = number === 0 ? 0 : Math.max(1.5, (HEIGHT * number) / most)
    const [x, y] = [at * COLUMN, HEIGHT + 16 - height]
    const top = html`<text x="${x + COLUMN / 2}" y="${(y - 4).toFixed(1)}">${number === 0 ? '' : count(number)}</text>`
    return html`<rect
        x="${x + 3}"
        y="${y.toFixed(1)}"
        width="${COLUMN - 6}"
        height="${height.toFixed(1)}"
        rx="1.5"
      />${top} <text class="axis" x="${x + COLUMN / 2}" y="${HEIGHT + 32}">${names.limit(low)}</text>`
  })
  const labels = from.flatMap((low, at) => (numbers[at] ? [names.step(low, numbers[at])] : []))
  return html`<figure class="histogram">
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${width} ${HEIGHT + 36}" role="img" aria-label="${title}. ${labels.join(', ')}">
      ${columns}
      <line x1="0" x2="${width}" y1="${HEIGHT + 16.5}" y2="${HEIGHT + 16.5}" />
    </svg>
  </figure>`
}
