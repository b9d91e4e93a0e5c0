import { all } from '../../core/duckdb.js'
import { columnOf, type Role } from '../../model/pipeline.js'
import { bars, type Bar } from '../charts/bars.js'
import { histogram } from '../charts/histogram.js'
import { compactNumber, sharePercent } from '../figures.js'
import { html, type Html } from '../html.js'
import { wordOf, type ReportSource } from '../source.js'
import { peopleSectionText } from '../text/peopleSectionText.js'

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

/** One of the steps: how many have so many followers is the title of the histogram. */
const LARGE = 10_000

/** Where a group stands that has no number of followers. */
const LAST = Number.MAX_SAFE_INTEGER

const GROUPED = ['tier', 'province', 'gender', 'verification'] as const
/** Less frequent words are summed up as one bar. */
const MOST_WORDS = 8
/** Words of the pipeline for what a profile does not say. */
const UNSTATED: readonly (string | null)[] = [null, 'unknown', 'none']

/** The creators in the lists: audience, region, gender, verification. */
export async function peopleSection(source: ReportSource): Promise<Html | false> {
  const { connection, pipeline, people } = source
  const has = (role: Role) => columnOf(pipeline, role) !== undefined
  if (people.listed === 0) return false
  const text = peopleSectionText[source.lang]
  const by = (name: string, word: string) =>
    `SELECT '${name}' AS "by", ${word} AS word, count(*) AS number, min(fans) AS low FROM report_people WHERE listed GROUP BY ALL`
  const groups = await all<Group>(
    connection,
    `${GROUPED.map((name) => by(name, `nullif(${name}, '')`)).join(' UNION ALL ')}
    UNION ALL ${by('step', `CAST(CASE WHEN fans IS NOT NULL THEN ${STEP} END AS VARCHAR)`)}
    ORDER BY "by", number DESC, word`,
  )
  const of = (name: string) => groups.filter((group) => group.by === name)
  const share = (number: number) => sharePercent(number / people.listed)
  const topOf = (name: string) => of(name).find(({ word }) => !UNSTATED.includes(word))
  const tiers = [...of('tier')].sort((a, b) => (a.low ?? LAST) - (b.low ?? LAST))
  const [tier, province, gender] = [topOf('tier'), topOf('province'), topOf('gender')]
  const verified = of('verification').filter(({ word }) => !UNSTATED.includes(word))
  const isVerified = share(verified.reduce((sum, { number }) => sum + number, 0))
  const titles = (label: string) => ({ label, number: text.creators, share: text.share })
  const titled = (top: Group | undefined, title: (word: string, share: string) => string, plain: string) =>
    top ? title(wordOf(source, top.by, top.word!), share(top.number)) : plain
  return html`<section id="people">
    <h2>${people.medianFans === null ? text.plainTitle : text.title(Math.round(people.medianFans))}</h2>
    <div class="cards">
      ${
        has('tier') &&
        html`<div class="card">
          ${bars(
            titled(tier, text.topTier, text.tiers),
            titles(text.tiers),
            tiers.map((group) => barOf(source, group)),
          )}
        </div>`
      }
      ${stepsCard(source, of('step'))}
      ${
        has('region') &&
        html`<div class="card">
          ${bars(titled(province, text.topProvince, text.provinces), titles(text.provinces), topBars(source, of('province')))}
        </div>`
      }
      <div class="card">
        ${has('gender') && bars(titled(gender, text.topGender, text.genders), titles(text.genders), topBars(source, of('gender')))}
        ${has('verification') && bars(verified.length > 0 ? text.verified(isVerified) : text.verification, titles(text.verification), topBars(source, of('verification')))}
      </div>
    </div>
  </section>`
}

/** Nothing when all are in one step. */
function stepsCard({ lang, people }: ReportSource, groups: readonly Group[]): Html | false {
  const text = peopleSectionText[lang]
  const steps = STEPS.map((_, at) => groups.find(({ word }) => word === String(at))?.number ?? 0)
  const used = steps.flatMap((number, at) => (number > 0 ? [at] : []))
  const [from, to] = [used[0] ?? 0, (used.at(-1) ?? 0) + 1]
  if (to - from < 2) return false
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
  const share = sum(steps.slice(STEPS.indexOf(LARGE))) / people.listed
  return html`<div class="card">
    ${histogram(text.steps(sharePercent(share), LARGE), STEPS.slice(from, to), steps.slice(from, to), { step: text.step, limit: (low) => compactNumber(low, lang) })}
    <p class="fine">${text.stepsMore}</p>
  </div>`
}

function barOf(source: ReportSource, { by, word, number }: Group): Bar {
  const label = word === null ? peopleSectionText[source.lang].notStated : wordOf(source, by, word)
  return { label, number, quiet: UNSTATED.includes(word) }
}

function topBars(source: ReportSource, groups: readonly Group[]): Bar[] {
  const text = peopleSectionText[source.lang]
  const bar = (group: Group) => barOf(source, group)
  const stated = groups.filter(({ word }) => word !== null)
  const shown = stated.length > MOST_WORDS + 1 ? stated.slice(0, MOST_WORDS) : stated
  const others = stated.slice(shown.length)
  const rest = others.reduce((sum, { number }) => sum + number, 0)
  return [
    ...shown.map(bar),
    ...(rest > 0 ? [{ label: text.others(others.length), number: rest, quiet: true }] : []),
    ...groups.filter(({ word }) => word === null).map(bar),
  ]
}
