import { quotedText, quotedName } from '../../core/duckdb.js'
import type { Pipeline, Role } from '../../model/pipeline.js'
import { MEASURES, SPANS, seriesColumnOf } from '../schema/dayTables.js'
import { columnList } from './statement.js'

const MEASURED = MEASURES.map(({ name }) => name)
const ROW = ['user_id', 'observed_day', 'previous_day', 'tier', ...MEASURED, ...MEASURED.map(changeOf)]

function changeOf(measure: string): string {
  return `${measure}_change`
}

/** A counter may have any value of BIGINT; a difference that does not fit is NULL. */
function difference(now: string, before: string): string {
  return `TRY_CAST(${now}::HUGEINT - ${before}::HUGEINT AS BIGINT)`
}

function localDay({ timeZone }: Pipeline, time: string): string {
  return `CAST(${time} AT TIME ZONE ${quotedText(timeZone)} AS DATE)`
}

/** The last profile of each creator and day. `from`: rows `s` with the columns of `creator_counters`. */
function lastOfDays(pipeline: Pipeline, from: string): string {
  const day = localDay(pipeline, 's.observed_at')
  const last = (name: string, role: Role, type: string): string => {
    const column = seriesColumnOf(pipeline, role)
    return column === undefined
      ? `CAST(NULL AS ${type}) AS ${name}`
      : `arg_max_null(s.${quotedName(column)}, s.observed_at) AS ${name}`
  }
  return `
SELECT
  s.user_id,
  ${day} AS observed_day,
  ${[last('tier', 'tier', 'VARCHAR'), ...MEASURES.map(({ name, role }) => last(name, role, 'BIGINT'))].join(',\n  ')}
FROM ${from}
GROUP BY s.user_id, ${day}`
}

/**
 * The days of the new profiles, each as if it were the next day of its creator: for most creators it is.
 * @param single no creator has two new profiles, so that no day has two either
 */
export function newDays(pipeline: Pipeline, { single }: { readonly single: boolean }): string {
  const column = (role: Role, type: string): string => {
    const name = seriesColumnOf(pipeline, role)
    return name === undefined ? `CAST(NULL AS ${type})` : `s.${quotedName(name)}`
  }
  const each = `
SELECT
  s.user_id,
  ${localDay(pipeline, 's.observed_at')} AS observed_day,
  ${column('tier', 'VARCHAR')} AS tier,
  ${MEASURES.map(({ name, role }) => `${column(role, 'BIGINT')} AS ${name}`).join(', ')}
FROM new_answers AS s`
  return `
CREATE OR REPLACE TEMP TABLE latest_days AS
SELECT
  fresh.user_id, fresh.observed_day, known.observed_day AS previous_day, fresh.tier, ${columnList(MEASURED, 'fresh')},
  ${MEASURED.map((name) => `${difference(`fresh.${name}`, `known.${name}`)} AS ${changeOf(name)}`).join(', ')},
  known.previous_day AS day_before_known
FROM (${single ? each : lastOfDays(pipeline, 'new_answers AS s')}) AS fresh
LEFT JOIN creator_recent AS known ON known.user_id = fresh.user_id`
}

/** Earlier than any profile. */
const FIRST_DAY = `DATE '1900-01-01'`

/**
 * Creators whose days are made again from `from_day` on, because the new profile is not simply their next day. Their last
 * day before that, if there is one, is not earlier than `base_day`.
 */
export function rebuiltDays({ single }: { readonly single: boolean }): string {
  return `
CREATE OR REPLACE TEMP TABLE rebuilt_days AS
SELECT
  user_id,
  min(observed_day) AS from_day,
  CASE
    WHEN min(observed_day) > any_value(previous_day) THEN any_value(previous_day)
    WHEN min(observed_day) = any_value(previous_day) THEN any_value(day_before_known)
    WHEN min(observed_day) < any_value(previous_day) THEN ${FIRST_DAY}
  END AS base_day
FROM latest_days
${single ? 'WHERE observed_day <= previous_day' : ''}
GROUP BY user_id
HAVING count(*) > 1 OR min(observed_day) <= any_value(previous_day)`
}

/** All creators of one part; the parts are of about the same size. */
export function everyCreator(part: number, parts: number): string {
  return `
CREATE OR REPLACE TEMP TABLE rebuilt_days AS
SELECT DISTINCT user_id, ${FIRST_DAY} AS from_day, CAST(NULL AS DATE) AS base_day
FROM creator_counters
WHERE hash(user_id) % ${parts} = ${part}`
}

/** In the order of ids, so that the rows of one creator lie close together. */
export const appendDays = [
  `DELETE FROM latest_days WHERE user_id IN (SELECT user_id FROM rebuilt_days)`,
  `
INSERT INTO creator_days (${columnList(ROW)})
SELECT ${columnList(ROW)} FROM latest_days ORDER BY user_id`,
]

export const noLatestDays = `CREATE OR REPLACE TEMP TABLE latest_days AS SELECT ${columnList(ROW)} FROM creator_days LIMIT 0`

/** The statements that follow name these as literals, so that DuckDB reads only the parts of the large tables with such days. */
export const rebuiltBounds = `
SELECT
  count(*) AS creators,
  min(from_day)::VARCHAR AS from_day,
  (min(from_day) - 1)::VARCHAR AS since,
  coalesce(min(base_day), DATE '9999-12-31')::VARCHAR AS base_day
FROM rebuilt_days`

export interface RebuiltBounds {
  readonly creators: number
  readonly from_day: string
  /** The day before `from_day`: as UTC it is earlier than any time of `from_day` in any zone. */
  readonly since: string
  readonly base_day: string
}

/** Makes the days of these creators again from the whole time series since `from_day`. */
export function rebuildSeries(pipeline: Pipeline, { from_day, since, base_day }: RebuiltBounds): string[] {
  const series = `creator_counters AS s JOIN rebuilt_days AS r
  ON r.user_id = s.user_id AND ${localDay(pipeline, 's.observed_at')} >= r.from_day
WHERE s.observed_at >= ${quotedText(since)}::TIMESTAMPTZ`
  const lag = (name: string): string => `lag(${name}) OVER days`
  return [
    `
CREATE OR REPLACE TEMP TABLE days_before AS
SELECT d.user_id, max(d.observed_day) AS observed_day,
  ${MEASURED.map((name) => `arg_max_null(d.${name}, d.observed_day) AS ${name}`).join(', ')}
FROM creator_days AS d JOIN rebuilt_days AS r ON r.user_id = d.user_id AND d.observed_day < r.from_day
WHERE d.observed_day >= ${quotedText(base_day)}::DATE
GROUP BY d.user_id`,
    `
CREATE OR REPLACE TEMP TABLE new_days AS
SELECT ${columnList(ROW)}
FROM (
  SELECT
    user_id, observed_day, ${lag('observed_day')} AS previous_day, tier, ${columnList(MEASURED)},
    ${MEASURED.map((name) => `${difference(name, lag(name))} AS ${changeOf(name)}`).join(', ')},
    is_before
  FROM (
    SELECT user_id, observed_day, tier, ${columnList(MEASURED)}, FALSE AS is_before FROM (${lastOfDays(pipeline, series)})
    UNION ALL
    SELECT user_id, observed_day, NULL, ${columnList(MEASURED)}, TRUE FROM days_before
  )
  WINDOW days AS (PARTITION BY user_id ORDER BY observed_day)
)
WHERE NOT is_before`,
    `
DELETE FROM creator_days USING rebuilt_days AS r
WHERE creator_days.user_id = r.user_id
  AND creator_days.observed_day >= r.from_day
  AND creator_days.observed_day >= ${quotedText(from_day)}::DATE`,
    `
INSERT INTO creator_days (${columnList(ROW)})
SELECT ${columnList(ROW)} FROM new_days ORDER BY observed_day, user_id`,
    `
INSERT INTO latest_days (${columnList(ROW)})
SELECT ${columnList(ROW)} FROM new_days
QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY observed_day DESC) = 1`,
    `DROP TABLE days_before`,
    `DROP TABLE new_days`,
  ]
}

export const latestBounds = `
SELECT count(*) AS creators, min(observed_day)::VARCHAR AS earliest, max(observed_day)::VARCHAR AS latest FROM latest_days`

export interface LatestBounds {
  readonly creators: number
  readonly earliest: string
  readonly latest: string
}

/** Replaces the row of each creator in `latest_days`, with the change over each span. */
export function replaceRecent({ earliest, latest }: LatestBounds): string[] {
  const between = (table: string, from: number, to: number): string =>
    `${table}.observed_day BETWEEN ${quotedText(earliest)}::DATE - ${from} AND ${quotedText(latest)}::DATE - ${to}`
  const exact = SPANS.map(
    ({ days }) => `
LEFT JOIN (SELECT user_id, observed_day, fans FROM creator_days AS d WHERE ${between('d', days, days)}) AS b${days}
  ON b${days}.user_id = l.user_id AND b${days}.observed_day = l.observed_day - ${days}`,
  )
  const looser = SPANS.map(
    ({ days, slack }) => `
UPDATE next_recent SET day_${days} = before.observed_day, fans_${days} = before.fans
FROM (
  SELECT d.user_id, max(d.observed_day) AS observed_day, arg_max_null(d.fans, d.observed_day) AS fans
  FROM creator_days AS d
  JOIN (SELECT user_id, observed_day FROM next_recent WHERE day_${days} IS NULL) AS n
    ON n.user_id = d.user_id
    AND d.observed_day BETWEEN n.observed_day - ${days + slack} AND n.observed_day - ${days + 1}
  WHERE ${between('d', days + slack, days + 1)}
  GROUP BY d.user_id
) AS before
WHERE next_recent.user_id = before.user_id`,
  )
  const changes = SPANS.flatMap(({ days }) => [
    `${difference('fans', `fans_${days}`)} AS fans_change_${days}d`,
    `observed_day - day_${days} AS days_${days}d`,
  ])
  const columns = ['user_id', 'observed_day', 'previous_day', 'tier', ...MEASURED, 'fans_change_1d']
  const spans = SPANS.flatMap(({ days }) => [`fans_change_${days}d`, `days_${days}d`])
  return [
    `
CREATE OR REPLACE TEMP TABLE next_recent AS
SELECT
  l.user_id, l.observed_day, l.previous_day, l.tier, ${columnList(MEASURED, 'l')},
  CASE WHEN l.observed_day - l.previous_day = 1 THEN l.fans_change END AS fans_change_1d,
  ${SPANS.map(({ days }) => `b${days}.observed_day AS day_${days}, b${days}.fans AS fans_${days}`).join(', ')}
FROM latest_days AS l${exact.join('')}`,
    ...looser,
    `DELETE FROM creator_recent WHERE user_id IN (SELECT user_id FROM next_recent)`,
    `
INSERT INTO creator_recent (${columnList([...columns, ...spans])})
SELECT ${columnList(columns)}, ${changes.join(', ')} FROM next_recent`,
    `DROP TABLE next_recent`,
  ]
}
