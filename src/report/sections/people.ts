import { all } from '../../core/duckdb.js'
import { count, plural } from '../../core/text.js'
import { bars, type Bar } from '../charts/bars.js'
import { histogram } from '../charts/histogram.js'
import { sharePercent } from '../figures.js'
import { html, type Html } from '../html.js'
import type { ReportSource } from '../source.js'

const TEXT = {
  title: (median: number) => `Half of the creators have ${count(median)} followers or more`,
  plainTitle: 'Who they are',
  tiers: 'Tier',
  topTier: (word: string, share: string) => `Tier: ${word} leads with ${share}`,
  steps: (share: string, followers: number) => `${share} have ${count(followers)} followers or more`,
  stepsMore: 'Creators by followers; each label is the lower limit of its step.',
  step: (low: number, creators: number) => `from ${count(low)}: ${count(creators)}`,
  provinces: 'Province or region',
  topProvince: (word: string, share: string) => `Province or region: ${word} leads with ${share}`,
  genders: 'Gender',
  topGender: (word: string, share: string) => `Gender: ${share} are ${word}`,
  verification: 'Verification',
  verified: (share: string) => `Verification: ${share} are verified`,
  others: (words: number) => plural(words, 'other'),
  notStated: 'not stated',
  creators: 'Creators',
  share: 'Share',
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

/** One of the steps: how many have so many followers is the title of the histogram. */
const LARGE = 10_000

const GROUPED = ['tier', 'province', 'gender', 'verification'] as const
/** Less frequent words are summed up as one bar. */
const MOST_WORDS = 8
/** Words of the pipeline for what a profile does not say. */
const UNSTATED: readonly (string | null)[] = [null, 'unknown', 'none']

/** The creators in the lists: audience, region, gender, verification. */
export async function peopleSection({ connection, people }: ReportSource): Promise<Html | false> {
  if (people.listed === 0) return false
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
  const tiers = [...of('tier')].sort((a, b) => (a.low ?? -1) - (b.low ?? -1))
  const [tier, province, gender] = [topOf('tier'), topOf('province'), topOf('gender')]
  const verified = of('verification').filter(({ word }) => !UNSTATED.includes(word))
  const isVerified = share(verified.reduce((sum, { number }) => sum + number, 0))
  const titles = (label: string) => ({ label, number: TEXT.creators, share: TEXT.share })
  const titled = (top: Group | undefined, text: (word: string, share: string) => string, plain: string) =>
    top ? text(top.word!, share(top.number)) : plain
  return html`<section id="people">
    <h2>${people.medianFans === null ? TEXT.plainTitle : TEXT.title(Math.round(people.medianFans))}</h2>
    <div class="cards">
      <div class="card">${bars(titled(tier, TEXT.topTier, TEXT.tiers), titles(TEXT.tiers), tiers.map(barOf))}</div>
      ${stepsCard(of('step'))}
      <div class="card">
        ${bars(titled(province, TEXT.topProvince, TEXT.provinces), titles(TEXT.provinces), topBars(of('province')))}
      </div>
      <div class="card">
        ${bars(titled(gender, TEXT.topGender, TEXT.genders), titles(TEXT.genders), topBars(of('gender')))}
        ${bars(verified.length > 0 ? TEXT.verified(isVerified) : TEXT.verification, titles(TEXT.verification), topBars(of('verification')))}
      </div>
    </div>
  </section>`
}

/** Nothing when all are in one step. */
function stepsCard(groups: readonly Group[]): Html | false {
  const steps = STEPS.map((_, at) => groups.find(({ word }) => word === String(at))?.number ?? 0)
  const used = steps.flatMap((number, at) => (number > 0 ? [at] : []))
  const [from, to] = [used[0] ?? 0, (used.at(-1) ?? 0) + 1]
  if (to - from < 2) return false
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
  const share = sum(steps.slice(STEPS.indexOf(LARGE))) / sum(steps)
  return html`<div class="card">
    ${histogram(TEXT.steps(sharePercent(share), LARGE), STEPS.slice(from, to), steps.slice(from, to), TEXT.step)}
    <p class="fine">${TEXT.stepsMore}</p>
  </div>`
}

function barOf({ word, number }: Group): Bar {
  return { label: word ?? TEXT.notStated, number, quiet: UNSTATED.includes(word) }
}

function topBars(groups: readonly Group[]): Bar[] {
  const stated = groups.filter(({ word }) => word !== null)
  const shown = stated.length > MOST_WORDS + 1 ? stated.slice(0, MOST_WORDS) : stated
  const others = stated.slice(shown.length)
  const rest = others.reduce((sum, { number }) => sum + number, 0)
  return [
    ...shown.map(barOf),
    ...(rest > 0 ? [{ label: TEXT.others(others.length), number: rest, quiet: true }] : []),
    ...groups.filter(({ word }) => word === null).map(barOf),
  ]
}
