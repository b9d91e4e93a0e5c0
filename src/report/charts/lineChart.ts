import { html, type Html } from '../html.js'
import type { Scale } from './scale.js'

export interface Point {
  /** Days since 1970-01-01. */
  readonly day: number
  readonly value: number
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
