import { all, first } from '../../core/duckdb.js'
import { count, plural, type Count } from '../../core/text.js'
import { bars, histogram, type Bar } from '../charts.js'
import { compactNumber, sharePercent } from '../figures.js'
import { html, type Html } from '../html.js'
import type { ReportSource } from '../source.js'

interface Totals {
  readonly creators: number
  readonly active: number
  readonly fans: Count | null
  readonly median: number | null
  readonly with_fans: number
  readonly in_no_list: number
}

interface Group {
  readonly by: string
  readonly word: string | null
  readonly number: number
  readonly low: number | null
}

/** Lower limits of the steps of the histogram, in followers. */
const STEPS = [0, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000]
const STEP = `CASE ${STEPS.slice(1)
  .map((limit, at) => `WHEN fans < ${limit} THEN ${at}`)
  .join(' ')} ELSE ${STEPS.length - 1} END`

/** People in at least one list. */
const LISTED = '(SELECT * FROM creator_overview SEMI JOIN list_members USING (user_id))'

const GROUPED = ['tier', 'province', 'gender', 'verification'] as const
/** Less frequent words are summed up as one bar. */
const MOST_WORDS = 8

/** The creators in the lists: audience, region, gender, verification. */
export async function peopleSection({ connection }: ReportSource): Promise<Html> {
  const totals = (await first<Totals>(
    connection,
    `SELECT count(*) AS creators, count(*) FILTER (status = 'active') AS active, count(fans) AS with_fans,
      CAST(sum(fans) AS BIGINT) AS fans, median(fans) AS median,
      (SELECT count(*) FROM creator_overview ANTI JOIN list_members USING (user_id)) AS in_no_list
    FROM ${LISTED}`,
  ))!
  if (totals.creators === 0) {
    return html`<section id="people">
      <h2>Who is in your lists</h2>
      <p class="empty">No profile has been received yet.</p>
    </section>`
  }
  const by = (name: string, word: string) =>
    `SELECT '${name}' AS "by", ${word} AS word, count(*) AS number, min(fans) AS low FROM o GROUP BY ALL`
  const groups = await all<Group>(
    connection,
    `WITH o AS MATERIALIZED (SELECT tier, province, gender, verification, fans FROM ${LISTED})
    ${GROUPED.map((name) => by(name, `nullif(${name}, '')`)).join(' UNION ALL ')}
    UNION ALL ${by('step', `CAST(CASE WHEN fans IS NOT NULL THEN ${STEP} END AS VARCHAR)`)}
    ORDER BY "by", number DESC, word`,
  )
  const of = (name: string) => groups.filter((group) => group.by === name)
  const tiers = of('tier').sort((a, b) => (a.low ?? -1) - (b.low ?? -1))
  const steps = STEPS.map((_, at) => of('step').find(({ word }) => word === String(at))?.number ?? 0)
  const used = steps.flatMap((number, at) => (number > 0 ? [at] : []))
  const [from, to] = [used[0] ?? 0, (used.at(-1) ?? 0) + 1]
  return html`<section id="people">
    <h2>Who is in your lists</h2>
    <dl class="tiles">
      <div>
        <dt>Creators with a profile</dt>
        <dd>
          <b>${count(totals.creators)}</b
          ><small>${totals.active === totals.creators ? 'all active' : `${count(totals.active)} active`}</small>
        </dd>
      </div>
      <div>
        <dt>Total followers</dt>
        <dd><b>${compactNumber(totals.fans)}</b><small>${count(totals.fans)}</small></dd>
      </div>
      <div>
        <dt>Median</dt>
        <dd><b>${count(totals.median)}</b><small>followers per creator</small></dd>
      </div>
      ${commonest(tiers, totals)}
    </dl>
    ${totals.in_no_list > 0 && html`<p class="fine">${plural(totals.in_no_list, 'more creator')} with a profile, in no list any more, not counted here.</p>`}
    <div class="cards">
      <div class="card">${bars('Tier', tiers.map(barOf))}</div>
      ${to - from > 1 && html`<div class="card">${histogram('Creators by followers (lower limit of each step)', STEPS.slice(from, to), steps.slice(from, to))}</div>`}
      <div class="card">${bars('Province or region', topBars(of('province')))}</div>
      <div class="card">
        ${bars('Gender', topBars(of('gender')))}${bars('Verification', topBars(of('verification')))}
      </div>
    </div>
  </section>`
}

/** The tier with the most creators. */
function commonest(tiers: readonly Group[], { creators }: Totals): Html | false {
  const top = [...tiers].sort((a, b) => b.number - a.number)[0]
  if (!top?.word || tiers.length < 2) return false
  return html`<div>
    <dt>Most common tier</dt>
    <dd><b>${top.word}</b><small>${sharePercent(top.number / creators)} of the creators</small></dd>
  </div>`
}

function barOf({ word, number }: Group): Bar {
  return word === null || word === 'unknown' || word === 'none'
    ? { label: word ?? 'not stated', number, quiet: true }
    : { label: word, number }
}

function topBars(groups: readonly Group[]): Bar[] {
  const stated = groups.filter(({ word }) => word !== null)
  const shown = stated.length > MOST_WORDS + 1 ? stated.slice(0, MOST_WORDS) : stated
  const others = stated.slice(shown.length)
  const rest = others.reduce((sum, { number }) => sum + number, 0)
  return [
    ...shown.map(barOf),
    ...(rest > 0 ? [{ label: `${others.length} others`, number: rest, quiet: true }] : []),
    ...groups.filter(({ word }) => word === null).map(barOf),
  ]
}
