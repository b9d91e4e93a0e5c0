import { all } from '../../core/duckdb.js'
import type { Count } from '../../core/text.js'
import { lineChart, type Point } from '../charts/lineChart.js'
import { scaleOf } from '../charts/scale.js'
import { changePercent, compactNumber, dayText } from '../figures.js'
import { html, type Html } from '../html.js'
import type { ListFigures } from '../listFigures.js'
import type { ReportSource } from '../source.js'
import { growthSectionText } from '../text/growthSectionText.js'

const MOST_LISTS = 12
/** A change below this looks flat. */
const LEAST_SCALE = 0.01

interface ListDay {
  readonly list: string
  readonly day: number
  /** By creators that were known before. */
  readonly change: Count | null
  /** Of creators first seen on this day. */
  readonly first: Count | null
}

/** How the followers of each list grew: a small chart for each list, on one scale. */
export async function growthSection(source: ReportSource, lists: readonly ListFigures[]): Promise<Html | false> {
  if (lists.length === 0) return false
  const text = growthSectionText[source.lang]
  const tick = (value: number): string => (value === 0 ? text.zero : changePercent(value))
  const courses = coursesOf(lists, await days(source))
  const shown = courses.slice(0, MOST_LISTS)
  const best = [...shown].sort((a, b) => b.points.at(-1)!.value - a.points.at(-1)!.value)[0]
  if (!best) {
    return html`<section id="growth">
      <h2>${text.name}</h2>
      <p class="empty">${text.none}</p>
    </section>`
  }
  const scale = scaleOf(
    shown.flatMap(({ points }) => points.map(({ value }) => value)),
    LEAST_SCALE,
  )
  const [growth, since] = [best.points.at(-1)!.value, dayText(best.points[0]!.day)]
  const grown = growth > 0 ? text.best(best.list, changePercent(growth), since) : text.noneGrew(since)
  const chart = ({ list, fans, creators, points }: Course) => {
    const [from, to] = [dayText(points[0]!.day), dayText(points.at(-1)!.day)]
    const growth = changePercent(points.at(-1)!.value)
    return html`<figure class="course">
      <figcaption>
        ${shown.length > 1 && html`<b class="${points.at(-1)!.value < 0 ? 'down' : 'up'}">${growth}</b> <bdi>${list}</bdi>`}
        <small>${text.followers(compactNumber(fans, source.lang), creators)}</small>
      </figcaption>
      ${lineChart(text.chart(list, growth, from, to), points, scale, { value: tick, day: dayText })}
    </figure>`
  }
  return html`<section id="growth">
    <h2>${shown.length === 1 ? text.one(changePercent(growth), since) : grown}</h2>
    <p class="lead">${text.lead(source.people.courseDays)}${shown.length > 1 && text.scale}</p>
    <div class="${shown.length === 1 ? 'courses single' : 'courses'}">${shown.map(chart)}</div>
    ${courses.length > shown.length && html`<p class="fine">${text.rest(courses.length - shown.length)}</p>`}
  </section>`
}

async function days({ connection, list, people }: ReportSource): Promise<ListDay[]> {
  return all<ListDay>(
    connection,
    `SELECT l.list, d.observed_day - DATE '1970-01-01' AS day, sum(d.fans_change) FILTER (d.previous_day IS NOT NULL) AS change,
      sum(d.fans) FILTER (d.previous_day IS NULL) AS first
    FROM creator_days AS d JOIN creator_lists AS l ON l.user_id = d.user_id
    WHERE d.observed_day > DATE '1970-01-01' + ${(people.newestDay ?? 0) - people.courseDays} ${list === undefined ? '' : 'AND l.list = $list'}
    GROUP BY l.list, d.observed_day ORDER BY l.list, d.observed_day DESC`,
    list === undefined ? {} : { list: list.name },
  )
}

interface Course extends ListFigures {
  /** The growth since the first day. */
  readonly points: readonly Point[]
}

/** From today's followers back to the first day; lists that were seen on one day only are left out. */
function coursesOf(lists: readonly ListFigures[], days: readonly ListDay[]): Course[] {
  return lists.flatMap((list) => {
    let fans = Number(list.fans ?? 0)
    const steps = days
      .filter((day) => day.list === list.list)
      .map(({ day, change, first }) => {
        const before = fans - Number(change ?? 0) - Number(first ?? 0)
        const growth = before > 0 ? Number(change ?? 0) / before : 0
        fans = before
        return { day, growth }
      })
      .reverse()
    let index = 1
    const points = steps.map(({ day, growth }, at) => {
      if (at > 0) index *= 1 + growth
      return { day, value: index - 1 }
    })
    return points.length > 1 ? [{ ...list, points }] : []
  })
}
