import { all, first, quotedText } from '../../core/duckdb.js'
import { count, plural } from '../../core/text.js'
import { sparklineSvg, type Point } from '../charts.js'
import { change, changePercent } from '../figures.js'
import { html, type Html } from '../html.js'
import { person, type ReportPerson } from '../person.js'
import type { ReportSource } from '../source.js'

interface Mover extends ReportPerson {
  readonly ranked_by: string
  readonly direction: string
  readonly tier: string | null
  readonly fans: number
  readonly fans_change: number
  readonly fans_change_share: number | null
  readonly days: number
}

const PLACES = 8
const HISTORY_DAYS = 60
/** In order of preference: a week says more than a day; a month serves when nothing shorter is known. */
const PERIODS = [7, 1, 30]

const RANKINGS = [
  { title: 'Gained the most followers', ranked_by: 'absolute', direction: 'up' },
  { title: 'Grew fastest', ranked_by: 'relative', direction: 'up' },
  { title: 'Lost the most followers', ranked_by: 'absolute', direction: 'down' },
] as const

/** Creators who gained or lost followers, each with the course of the last weeks. */
export async function moversSection(source: ReportSource): Promise<Html> {
  const days = await period(source)
  if (days !== undefined) {
    const movers = await moversOver(source, days)
    return shown(movers, days, await histories(source, movers))
  }
  return html`<section id="movers">
    <h2>Top movers</h2>
    <p class="empty">
      Nothing to compare yet: growth appears when creators have been fetched on two days, and growth over a week when
      their days are a week apart.
    </p>
  </section>`
}

/** The first period over which a follower count changed. */
async function period({ connection }: ReportSource): Promise<number | undefined> {
  const moved = (await first<Record<string, number>>(
    connection,
    `SELECT ${PERIODS.map((days) => `count(*) FILTER (fans_change_${days}d <> 0) AS d${days}`).join(', ')} FROM creator_overview`,
  ))!
  return PERIODS.find((days) => moved[`d${days}`]! > 0)
}

async function moversOver({ connection }: ReportSource, days: number): Promise<Mover[]> {
  return all<Mover>(
    connection,
    `SELECT user_id, nickname, profile_url, ranked_by, direction, tier, fans, fans_change, fans_change_share, days
    FROM top_movers WHERE period_days = ${days} AND place <= ${PLACES} ORDER BY ranked_by, direction, place`,
  )
}

/** The followers of these creators by day. */
async function histories({ connection }: ReportSource, movers: readonly Mover[]): Promise<Map<string, Point[]>> {
  if (movers.length === 0) return new Map()
  const ids = [...new Set(movers.map(({ user_id }) => quotedText(user_id)))].join(', ')
  const days = await all<{ user_id: string; day: number; value: number }>(
    connection,
    `SELECT user_id, observed_day - DATE '1970-01-01' AS day, fans AS value
    FROM creator_growth_daily
    WHERE user_id IN (${ids}) AND fans IS NOT NULL
      AND observed_day > (SELECT max(last_observed_day) FROM creator_overview) - ${HISTORY_DAYS}
    ORDER BY user_id, observed_day`,
  )
  const histories = new Map<string, Point[]>()
  for (const { user_id, ...point } of days) histories.set(user_id, [...(histories.get(user_id) ?? []), point])
  return histories
}

function shown(movers: readonly Mover[], days: number, histories: ReadonlyMap<string, Point[]>): Html {
  const ranking = ({ title, ranked_by, direction }: (typeof RANKINGS)[number]) => {
    const ranked = movers.filter((each) => each.ranked_by === ranked_by && each.direction === direction)
    return html`<div>
      <h3>${title}</h3>
      ${ranked.length === 0 ? html`<p class="empty">None${ranked_by === 'relative' && ' with 1,000 followers or more'}.</p>` : table(title, ranked, histories)}
    </div>`
  }
  const period = days === 1 ? 'since the day before' : `over ${days} days`
  return html`<section id="movers">
    <h2>Top movers</h2>
    <p class="lead">Followers gained and lost ${period}; the lines show up to ${HISTORY_DAYS} days.</p>
    <div class="rankings">${RANKINGS.map(ranking)}</div>
    ${days > 1 && html`<p class="fine">A creator who was not observed exactly ${days} days before may have a slightly longer span: see column <code>days</code> of <code>top_movers</code>.</p>`}
  </section>`
}

function table(title: string, movers: readonly Mover[], histories: ReadonlyMap<string, Point[]>): Html {
  const line = (mover: Mover) =>
    html`<tr>
      <td class="name">${person(mover)}<small>${mover.tier && `${mover.tier} · `}${count(mover.fans)}</small></td>
      <td>${sparklineSvg(histories.get(mover.user_id) ?? [])}</td>
      <td class="n ${mover.fans_change < 0 ? 'down' : 'up'}" title="over ${plural(mover.days, 'day')}">
        ${change(mover.fans_change)}<small>${changePercent(mover.fans_change_share)}</small>
      </td>
    </tr>`
  return html`<table class="movers">
    <caption class="hidden">
      ${title}
    </caption>
    <thead class="hidden">
      <tr>
        <th scope="col">Creator, followers</th>
        <th scope="col">Course</th>
        <th scope="col">Change</th>
      </tr>
    </thead>
    <tbody>
      ${movers.map(line)}
    </tbody>
  </table>`
}
