import { count, type Count } from '../core/text.js'
import { compactNumber, sharePercent } from './figures.js'
import { html, type Html } from './html.js'

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

/**
 * A histogram. `from` holds the lower limits of the steps; the last step has no upper limit.
 * @param name says in words how many are in a step
 */
export function histogram(
  title: string,
  from: readonly number[],
  numbers: readonly number[],
  name: (low: number, number: number) => string,
): Html {
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
  const labels = from.flatMap((low, at) => (numbers[at] ? [name(low, numbers[at])] : []))
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

/** The course of one number over days, with the names of the ticks and of the first and the last day. */
export function lineChart(label: string, points: readonly Point[], scale: Scale, names: ChartNames): Html {
  const height = (value: number) => 100 - (100 * (value - scale.low)) / (scale.high - scale.low)
  const { day: first } = points[0]!
  const { day: last } = points.at(-1)!
  const x = (day: number) => (100 * (day - first)) / Math.max(1, last - first)
  const line = (value: number) =>
    html`<line
      ${value === 0 && html`class="zero"`}
      x2="100"
      y1="${height(value).toFixed(1)}"
      y2="${height(value).toFixed(1)}"
    />`
  return html`<div class="plot">
    <ul aria-hidden="true">
      ${scale.ticks.map((tick) => html`<li>${names.value(tick)}</li>`)}
    </ul>
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="${label}">
      ${scale.ticks.map(line)}
      <polyline
        points="${points.map(({ day, value }) => `${x(day).toFixed(1)},${height(value).toFixed(1)}`).join(' ')}"
      />
    </svg>
    <p aria-hidden="true"><span>${names.day(first)}</span><span>${names.day(last)}</span></p>
  </div>`
}

export interface ChartNames {
  readonly value: (value: number) => string
  readonly day: (day: number) => string
}

/** A small chart without names. A straight line bridges days without an observation. */
export function sparklineSvg(label: string, points: readonly Point[], { low, high }: Scale): Html {
  const [first, last] = [points[0]!, points.at(-1)!]
  const x = ({ day }: Point) => (2 + (96 * (day - first.day)) / Math.max(1, last.day - first.day)).toFixed(1)
  const y = ({ value }: Point) => (22 - (20 * (value - low)) / (high - low)).toFixed(1)
  return html`<svg class="spark" viewBox="0 0 100 24" role="img" aria-label="${label}">
    <polyline points="${points.map((point) => `${x(point)},${y(point)}`).join(' ')}" />
    <circle cx="${x(last)}" cy="${y(last)}" r="2" />
  </svg>`
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
