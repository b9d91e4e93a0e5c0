import { first, quotedText, type Connection } from '../core/duckdb.js'
import type { Count } from '../core/text.js'
import { includedColumns } from '../load/schema/views/includedColumns.js'
import type { Language } from '../model/language.js'
import type { Pipeline, PipelineWords } from '../model/pipeline.js'

/** The list of a report that is for others than the operator. */
export interface ReportList {
  readonly name: string
  /** The list's own columns that the report shows, and the place of each in a row of the input. */
  readonly columns: readonly { readonly name: string; readonly place: number }[]
}

/** The input of every section of a report. */
export interface ReportSource {
  /** To the published file, with the temporary view `report_people`. */
  readonly connection: Connection
  readonly pipeline: Pipeline
  readonly lang: Language
  /** The pipeline's words in this language. */
  readonly words: PipelineWords
  /** The only list whose people the report shows; undefined: everybody, for the operator. */
  readonly list: ReportList | undefined
  readonly people: PeopleFigures
  /** The pipeline of the folder whose rows are in the same file. */
  readonly included: Pipeline | undefined
}

/** The sums over those who are in a list. All changes are over `period` days. */
export interface PeopleFigures {
  /** With a profile, also those in no list any more. */
  readonly creators: number
  readonly listed: number
  readonly active: number
  /** Distinct ids in the lists. */
  readonly ids: number
  readonly lists: number
  readonly statuses: number
  readonly fans: Count | null
  readonly medianFans: number | null
  readonly medianPerPost: number | null
  /** Days since 1970-01-01 of the newest profile. */
  readonly newestDay: number | null
  /** When the newest profile was received, in milliseconds since 1970. */
  readonly newestAt: number | null
  /** Undefined: nothing can be compared yet. */
  readonly period: GrowthPeriod | undefined
  /** The creators known at both ends of the period, their followers before and the change. */
  readonly compared: number
  readonly before: Count | null
  readonly change: Count | null
  /** How many of them gained followers. */
  readonly gained: number
  /** How many days a course shows. */
  readonly courseDays: number
}

/** Of a course. All days of many creators take long to read. */
const [DAYS, FEWER_DAYS, MANY_CREATORS] = [30, 14, 50_000]

/** In order of preference: a week says more than a day; a month serves when nothing shorter is known. */
const PERIODS = [7, 1, 30] as const
export type GrowthPeriod = (typeof PERIODS)[number]

/**
 * Makes `report_people`: everybody with a profile, or those of one list. Most sections read it, because the view of all
 * creators is a join of wide tables. `change` is the change of followers over the period; it is NULL where the newest profile is
 * not in the period that ends on the newest day of all, nor in its allowed age.
 */
export async function openPeople(
  connection: Connection,
  list: string | undefined,
  included?: Pipeline,
): Promise<PeopleFigures> {
  const others = included ? includedColumns(included).map(({ name }) => `${name}, `) : []
  const members = `SELECT user_id FROM list_members WHERE user_id IS NOT NULL ${list === undefined ? '' : `AND list = ${quotedText(list)}`}`
  await connection.run(`CREATE OR REPLACE TEMP TABLE report_profiles AS
    SELECT user_id, status, tier, fans, fans_change_1d, fans_change_7d, fans_change_30d, engagement, engagement_per_post,
      posts, age, gender, province, verification, epoch_ms(last_fetched_at) AS fetched_at, last_observed_day,
      allowed_age_days, ${others.join('')}user_id IN (${members}) AS listed
    FROM creator_overview ${list === undefined ? '' : `WHERE user_id IN (${members})`}`)
  const { newest, ...counts } = (await first<Record<string, number>>(
    connection,
    `SELECT max(last_observed_day) - DATE '1970-01-01' AS newest, ${PERIODS.map((days) => `count(fans_change_${days}d) AS known${days}, count(*) FILTER (fans_change_${days}d <> 0) AS moved${days}`).join(', ')}
    FROM report_profiles`,
  ))!
  const period =
    PERIODS.find((days) => counts[`moved${days}`]! > 0) ?? PERIODS.find((days) => counts[`known${days}`]! > 0)
  const isCurrent = `last_observed_day > DATE '1970-01-01' + ${newest ?? 0} - greatest(${period ?? 0}, CAST(ceil(coalesce(allowed_age_days, 0)) AS INTEGER))`
  const change =
    period === undefined ? 'CAST(NULL AS BIGINT)' : `CASE WHEN ${isCurrent} THEN fans_change_${period}d END`
  await connection.run(
    `CREATE OR REPLACE TEMP VIEW report_people AS SELECT *, ${change} AS change FROM report_profiles`,
  )
  const sums = (await first<Omit<PeopleFigures, 'period' | 'courseDays'>>(
    connection,
    `SELECT count(*) AS creators, count(*) FILTER (listed) AS listed, count(*) FILTER (listed AND status = 'active') AS active,
      (SELECT count(DISTINCT user_id) FROM (${members})) AS ids, (SELECT count(*) FROM lists) AS lists,
      count(DISTINCT status) AS statuses, TRY_CAST(sum(fans) FILTER (listed) AS BIGINT) AS fans, median(fans) FILTER (listed) AS "medianFans",
      median(engagement_per_post) FILTER (listed) AS "medianPerPost",
      max(last_observed_day) - DATE '1970-01-01' AS "newestDay", max(fetched_at) AS "newestAt",
      count(change) FILTER (listed) AS compared, TRY_CAST(sum(fans - change) FILTER (listed) AS BIGINT) AS before,
      TRY_CAST(sum(change) FILTER (listed) AS BIGINT) AS change, count(*) FILTER (listed AND change > 0) AS gained
    FROM report_people`,
  ))!
  return { ...sums, period, courseDays: sums.creators > MANY_CREATORS ? FEWER_DAYS : DAYS }
}

/** The word of people for a value of a column of `creator_overview`. */
export function wordOf({ words }: Pick<ReportSource, 'words'>, column: string, value: string): string {
  return words.values?.[column]?.[value] ?? value
}

/** The growth of a sum of followers; null when nothing is known before. */
export function growthOf({ before, change }: Pick<PeopleFigures, 'before' | 'change'>): number | null {
  return before === null || change === null || Number(before) === 0 ? null : Number(change) / Number(before)
}
