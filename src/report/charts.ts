import { count, type Count } from '../core/text.js'
import { change, compactNumber, sharePercent } from './figures.js'
import { html, type Html } from './html.js'

export interface Bar {
  readonly label: string
  readonly number: Count
  /** A row for unknown values, or for the sum of all others. */
  readonly quiet?: boolean
}

/** A table of counts with a bar for each; the bars only repeat the numbers. */
export function bars(title: string, rows: readonly Bar[]): Html {
  const total = rows.reduce((sum, { number }) => sum + Number(number), 0)
  const most = Math.max(1, ...rows.map(({ number }) => Number(number)))
  const line = ({ label, number, quiet }: Bar) => html`
    <tr${quiet ? html` class="quiet"` : ''}>
      <th scope="row"><bdi>${label}</bdi></th>
      <td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width="${((100 * Number(number)) / most).toFixed(2)}" height="10"/></svg></td>
      <td class="n">${count(number)}</td>
      <td class="n muted">${sharePercent(total === 0 ? null : Number(number) / total)}</td>
    </tr>`
  return html`<table class="bars">
    <caption>
      ${title}
    </caption>
    <thead class="hidden">
      <tr>
        <th scope="col">${title}</th>
        <td></td>
        <th scope="col">Creators</th>
        <th scope="col">Share</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(line)}
    </tbody>
  </table>`
}

export interface Share {
  readonly name: string
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
      <span class="hidden">${title}: </span>
      <ul>
        ${shown.map(
          ({ name, number }) => html`<li><i class="key part-${name}"></i>${name} <b>${count(number)}</b></li> `,
        )}
      </ul>
    </figcaption>
  </figure>`
}

const COLUMN = 44
const HEIGHT = 120

/** A histogram. `from` holds the lower limits of the steps; the last step has no upper limit. */
export function histogram(title: string, from: readonly number[], numbers: readonly number[]): Html {
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
      />${top} <text class="axis" x="${x + COLUMN / 2}" y="${HEIGHT + 32}">${compactNumber(low)}</text>`
  })
  const labels = from.flatMap((low, at) => (numbers[at] ? [`from ${count(low)}: ${count(numbers[at])}`] : []))
  return html`<figure class="histogram">
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${width} ${HEIGHT + 40}" role="img" aria-label="${title}. ${labels.join(', ')}">
      ${columns}
      <line x1="0" x2="${width}" y1="${HEIGHT + 16.5}" y2="${HEIGHT + 16.5}" />
    </svg>
  </figure>`
}

export interface Point {
  /** Days since 1970-01-01. */
  readonly day: number
  readonly value: number
}

/** The course of one number over days. A straight line bridges days without an observation. */
export function sparklineSvg(points: readonly Point[]): Html {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last || first === last) return html`<span class="muted">one day</span>`
  const [low, high] = [Math.min(...points.map(({ value }) => value)), Math.max(...points.map(({ value }) => value))]
  const x = ({ day }: Point) => (2 + (96 * (day - first.day)) / (last.day - first.day)).toFixed(1)
  const y = ({ value }: Point) => (high === low ? 12 : 22 - (20 * (value - low)) / (high - low)).toFixed(1)
  const label = `${count(first.value)} to ${count(last.value)} over ${last.day - first.day} days (${change(last.value - first.value)})`
  return html`<svg class="spark" viewBox="0 0 100 24" role="img" aria-label="${label}">
    <polyline points="${points.map((point) => `${x(point)},${y(point)}`).join(' ')}" />
    <circle cx="${x(last)}" cy="${y(last)}" r="2" />
  </svg>`
}
