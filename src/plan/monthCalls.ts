import { first, quotedName, type Connection } from '../core/duckdb.js'
import { sqlColumns } from '../core/tempTable.js'
import { DAY_MS } from '../core/time.js'
import { PLANNED } from '../model/tempTables.js'
import { freshMsSql } from './maxAge.js'
import { withStoredColumns } from './plan.js'
import type { PlanOptions } from './planSql.js'

/** The calls of a month with one run a night, if each id needs one call. */
export interface MonthCalls {
  /** Ids that are fetched as often as their age allows. */
  readonly ids: number
  /** Ids without a profile: they are fetched once in that time. */
  readonly empty_ids: number
  readonly calls: number
}

/** Nights of a month. */
const NIGHTS = 30

/** Counts the calls of a month for the planned ids, each at the age that its tier may have. */
export async function callsOfMonth(connection: Connection, wanted: PlanOptions): Promise<MonthCalls> {
  const { tier, ages } = await withStoredColumns(connection, wanted)
  const { decision, reason, user_id } = sqlColumns(PLANNED, 'p')
  const fresh = freshMsSql(ages, tier === undefined ? undefined : `creator.${quotedName(tier)}`)
  const counted = await first<MonthCalls>(
    connection,
    // A profile is due on the first night on which it is older than its age: after one night if that is less than a day.
    `SELECT
       count(*) FILTER (NOT is_empty) AS ids,
       count(*) FILTER (is_empty) AS empty_ids,
       coalesce(sum(CASE WHEN is_empty THEN 1 ELSE floor(${NIGHTS} / (floor(fresh_ms / ${DAY_MS}) + 1)) END), 0)::BIGINT AS calls
     FROM (
       SELECT ${decision} = 'known_empty' OR ${reason} = 'stale_empty' AS is_empty, ${fresh} AS fresh_ms
       FROM ${PLANNED.name} AS p LEFT JOIN creators AS creator ON creator.user_id = ${user_id}
       WHERE ${decision} IN ('due', 'fresh', 'known_empty', 'known_failed')
     )`.replaceAll('$max_age_ms', String(ages.standard)),
  )
  return counted!
}
