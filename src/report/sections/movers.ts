import { all, quotedText } from '../../core/duckdb.js'
import { ofRole } from '../../load/schema/definition.js'
import type { Language } from '../../model/language.js'
import { sparklineSvg, type Point } from '../charts/lineChart.js'
import { scaleOf } from '../charts/scale.js'
import { change, changePercent } from '../figures.js'
import { html, type Html } from '../html.js'
import { person, type ReportPerson } from '../person.js'
import { wordOf, type ReportSource } from '../source.js'
import { moversSectionText } from '../text/moversSectionText.js'

const PLACES = 8
/** Of changes that are news: so many followers, or this share of them. */
const LEAST_CHANGE = 1_000
const LEAST_SHARE = 0.01
/** With fewer followers before, a few more would be a large share. */
const LEAST_FANS = 1_000
/** A course below this looks flat. */
const LEAST_SCALE = 0.05

const SHARE = 'change / CAST(fans - change AS DOUBLE)'
const LARGE_SHARE = `abs(change) >= ${LEAST_SHARE} * (fans - change) AND fans - change >= ${LEAST_FANS}`
const NEWS = `(abs(change) >= ${LEAST_CHANGE} OR ${LARGE_SHARE})`
const RANKINGS = [
  { ranking: 'gained', where: `change > 0 AND ${NEWS}`, order: 'change DESC' },
  { ranking: 'fastest', where: `change > 0 AND ${LARGE_SHARE}`, order: `${SHARE} DESC` },
  { ranking: 'lost', where: `change < 0 AND ${NEWS}`, order: 'change' },
] as const
const PERCENT = `${100 * LEAST_SHARE}%`
type Ranking = (typeof RANKINGS)[number]['ranking']

/** What is news, in words. */
function floorOf(ranking: Ranking, text: (typeof moversSectionText)[Language]): string {
  return ranking === 'fastest' ? text.fastestFloor(PERCENT, LEAST_FANS) : text.floor(LEAST_CHANGE, PERCENT)
}

interface Mover extends ReportPerson {
  readonly ranking: Ranking
  readonly tier: string | null
  readonly fans: number
  readonly change: number
  readonly share: number | null
}

/** Creators who gained or lost enough followers to be news, each with the course of the last weeks. */
export async function moversSection(source: ReportSource): Promise<Html> {
  const { period } = source.people
  const text = moversSectionText[source.lang]
  if (period === undefined) return emptySection(text.title, text.early)
  const movers = await readMovers(source)
  const [top] = movers
  if (!top) return emptySection(text.title, text.none(floorOf('gained', text), period))
  const courses = await readCourses(source, movers)
  const column = ({ ranking }: (typeof RANKINGS)[number]) => {
    const ranked = movers.filter((each) => each.ranking === ranking)
    return html`<div>
      <h3>${text[ranking]} <small>${floorOf(ranking, text)}</small></h3>
      ${ranked.length === 0 ? html`<p class="empty">${text.nobody}</p>` : table(source, text[ranking], ranked, courses)}
    </div>`
  }
  return html`<section id="movers">
    <h2>${top.ranking === 'gained' ? html`${person(top)} ${text.top(change(top.change), period)}` : text.title}</h2>
    <p class="lead">${text.lead(source.people.courseDays)}</p>
    <div class="rankings">${RANKINGS.map(column)}</div>
  </section>`
}

function emptySection(title: string, why: string): Html {
  return html`<section id="movers">
    <h2>${title}</h2>
    <p class="empty">${why}</p>
  </section>`
}

async function readMovers({ connection, pipeline }: ReportSource): Promise<Mover[]> {
  const ranked = RANKINGS.map(
    ({ ranking, where, order }, at) =>
      `(SELECT ${at} AS place, '${ranking}' AS ranking, user_id, tier, fans, change, ${SHARE} AS share
      FROM report_people WHERE listed AND ${where} ORDER BY ${order}, user_id LIMIT ${PLACES})`,
  )
  return all<Mover>(
    connection,
    `SELECT r.*, ${ofRole(pipeline, 'displayName')} AS nickname, ${ofRole(pipeline, 'profileUrl')} AS profile_url
    FROM (${ranked.join(' UNION ALL ')}) AS r JOIN creators AS c ON c.user_id = r.user_id
    ORDER BY r.place, CASE r.ranking WHEN 'fastest' THEN -r.share WHEN 'lost' THEN r.change ELSE -r.change END, r.user_id`,
  )
}

type Courses = ReadonlyMap<string, readonly Point[]>

/** The followers of these creators by day. */
async function readCourses({ connection, people }: ReportSource, movers: readonly Mover[]): Promise<Courses> {
  const ids = [...new Set(movers.map(({ user_id }) => quotedText(user_id)))].join(', ')
  const days = await all<{ user_id: string; day: number; value: number }>(
    connection,
    `SELECT user_id, observed_day - DATE '1970-01-01' AS day, fans AS value
    FROM creator_growth_daily
    WHERE user_id IN (${ids}) AND fans IS NOT NULL
      AND observed_day > DATE '1970-01-01' + ${(people.newestDay ?? 0) - people.courseDays}
    ORDER BY user_id, observed_day`,
  )
  const courses = new Map<string, Point[]>()
  for (const { user_id, ...point } of days) courses.set(user_id, [...(courses.get(user_id) ?? []), point])
  return courses
}

/** The values as shares of the first, from 0. */
function growth(points: readonly Point[]): Point[] {
  const first = points[0]?.value ?? 0
  return points.map(({ day, value }) => ({ day, value: first === 0 ? 0 : value / first - 1 }))
}

function table(source: ReportSource, title: string, movers: readonly Mover[], courses: Courses): Html {
  const text = moversSectionText[source.lang]
  const grown = new Map(movers.map(({ user_id }) => [user_id, growth(courses.get(user_id) ?? [])]))
  const scale = scaleOf(
    [...grown.values()].flat().map(({ value }) => value),
    LEAST_SCALE,
  )
  const course = ({ user_id }: Mover) => {
    const points = courses.get(user_id) ?? []
    const [first, last] = [points[0], points.at(-1)]
    if (!first || !last || first === last) return html`<span class="muted">${text.oneDay}</span>`
    const label = text.course(first.value, last.value, last.day - first.day, change(last.value - first.value))
    return sparklineSvg(label, grown.get(user_id)!, scale)
  }
  const line = (mover: Mover) =>
    html`<tr>
      <td class="name">
        ${person(mover)}<small>${text.about(mover.tier && wordOf(source, 'tier', mover.tier), mover.fans)}</small>
      </td>
      <td>${course(mover)}</td>
      <td class="n ${mover.change < 0 ? 'down' : 'up'}">
        ${change(mover.change)}<small>${changePercent(mover.share)}</small>
      </td>
    </tr>`
  return html`<table class="movers">
    <caption class="hidden">
      ${title}
    </caption>
    <thead class="hidden">
      <tr>
        <th scope="col">${text.creator}</th>
        <th scope="col">${text.line}</th>
        <th scope="col">${text.change}</th>
      </tr>
    </thead>
    <tbody>
      ${movers.map(line)}
    </tbody>
  </table>`
}
