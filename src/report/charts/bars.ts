import { count, type Count } from '../../core/text.js'
import { sharePercent } from '../figures.js'
import { html, type Html } from '../html.js'
import type { Scale } from './scale.js'

export interface Bar {
  readonly label: string
  readonly number: Count
  /** A row for unknown values, or for the sum of all others. */
  readonly quiet?: boolean
}

/** A table of counts with a bar for each, which shows its share: a full bar is the sum of all rows. */
export function bars(title: string, columns: BarTitles, rows: readonly Bar[]): Html {
  const total = Math.max(
    1,
    rows.reduce((sum, { number }) => sum + Number(number), 0),
  )
  const line = ({ label, number, quiet }: Bar) => html`
    <tr${quiet ? html` class="quiet"` : ''}>
      <th scope="row"><bdi>${label}</bdi></th>
      <td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width="${((100 * Number(number)) / total).toFixed(2)}" height="10"/></svg></td>
      <td class="n">${count(number)}</td>
      <td class="n muted">${sharePercent(Number(number) / total)}</td>
    </tr>`
  return html`<table class="bars">
    <caption>
      ${title}
    </caption>
    <thead class="hidden">
      <tr>
        <th scope="col">${columns.label}</th>
        <td></td>
        <th scope="col">${columns.number}</th>
        <th scope="col">${columns.share}</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(line)}
    </tbody>
  </table>`
}

/** The heads of a table of bars, for screen readers. */
export interface BarTitles {
  readonly label: string
  readonly number: string
  readonly share: string
}

export interface Share {
  readonly name: string
  readonly label: string
  readonly number: number
}

/** One bar of parts, with a legend of their numbers. The colour follows from the part's name. */
export function shareBars(title: string, parts: readonly Share[]): Html {
  const total = parts.reduce((sum, { number }) => sum + number, 0)
  const shown = parts.filter(({ number }) => number > 0)
  let at = 0
  const piece = ({ name, number }: Share) => {
    const [x, width] = [at, (100 * number) / Math.max(1, total)]
    at += width
    return html`<rect class="part-${name}" x="${x.toFixed(3)}" width="${width.toFixed(3)}" height="10" />`
  }
  return html`<figure class="shares">
    <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${shown.map(piece)}</svg>
    <figcaption>
      <span class="hidden">${title}</span>
      <ul>
        ${shown.map(
          ({ name, label, number }) => html`<li><i class="key part-${name}"></i>${label} <b>${count(number)}</b></li> `,
        )}
      </ul>
    </figcaption>
  </figure>`
}

/** A bar that starts at 0, to the left for less. */
export function changeBar(value: number, { low, high }: Scale): Html {
  const at = (each: number) => (100 * (each - low)) / (high - low)
  const [from, to] = [Math.min(0, value), Math.max(0, value)].map(at) as [number, number]
  return html`<svg class="change-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
    <rect
      class="${value < 0 ? 'down' : 'up'}"
      x="${from.toFixed(2)}"
      width="${Math.max(0.5, to - from).toFixed(2)}"
      height="10"
    />
    <line x1="${at(0).toFixed(2)}" x2="${at(0).toFixed(2)}" y2="10" />
  </svg>`
}
