import { all, quotedName, type Connection } from '../core/duckdb.js'
import { localDayOf } from '../load/schema/definition.js'
import { columnOf, type Pipeline, type Role } from '../model/pipeline.js'
import type { SheetColumn } from './excel/sheetRow.js'
import { joinIncluded, type IncludedRows } from './exportRows.js'

/** The pipeline as the exports need it. */
export type ExportPipeline = Pick<Pipeline, 'columns' | 'timeZone' | 'words' | 'vendor' | 'codes'>

/** What a column means, and where its values come from. */
export interface Meaning {
  readonly meaning: string
  /** Path of the value in the API's profile, or what else the values come from. */
  readonly source: string
}

interface OverviewColumn {
  readonly name: string
  /** The column of the profile that it shows. */
  readonly role?: Role
  /** For a column that the view does not have; `o` is the view. */
  readonly sql?: (timeZone: string) => string
  readonly meaning?: (timeZone: string) => string
}

/** A column of the view that the pipeline or an older database does not have is left out. None of them depends on the time of day: a file would be out of date. */
const COLUMNS: readonly OverviewColumn[] = [
  { name: 'nickname', role: 'displayName' },
  { name: 'fans', role: 'followers' },
  { name: 'tier', role: 'tier' },
  { name: 'fans_change_1d' },
  { name: 'fans_change_7d' },
  { name: 'fans_change_30d' },
  { name: 'engagement', role: 'engagement' },
  { name: 'posts', role: 'posts' },
  { name: 'engagement_per_post' },
  { name: 'engagement_per_fan' },
  { name: 'engagement_rate' },
  { name: 'engagement_vs_tier' },
  { name: 'province', role: 'region' },
  { name: 'region_kind' },
  { name: 'gender', role: 'gender' },
  { name: 'age', role: 'age' },
  { name: 'verification', role: 'verification' },
  { name: 'lists', sql: () => 'l.lists', meaning: () => 'The lists that the creator is in.' },
  { name: 'profile_url', role: 'profileUrl' },
  { name: 'status' },
  { name: 'last_observed_day' },
  dayOf('first_seen_day', 'first_seen_at', 'Day of the first profile'),
  dayOf('last_changed_day', 'last_changed_at', 'Day on which the current attributes were first seen'),
  { name: 'user_id', role: 'id' },
]

function dayOf(name: string, time: string, meaning: string): OverviewColumn {
  return {
    name,
    sql: (timeZone) => localDayOf(timeZone, `o.${time}`),
    meaning: (timeZone) => `${meaning} (${timeZone}).`,
  }
}

/** The columns that people want of each creator with a profile: sizes, growth, lists, days. */
export interface Overview {
  /** SQL for values of a row `o` of `sql`. */
  readonly columns: readonly SheetColumn[]
  /** A query for the columns. */
  readonly sql: string
}

/**
 * @param view `creator_overview`, or a table with some of its rows
 * @param others more columns of that table
 * @param included its columns come last
 */
export async function overviewOf(
  connection: Connection,
  { timeZone }: ExportPipeline,
  view = 'creator_overview',
  others: readonly string[] = [],
  included?: IncludedRows,
): Promise<Overview> {
  const known = await describe(connection, `SELECT * FROM ${view}`)
  const there = new Set(known.map(({ name }) => name))
  const shown = COLUMNS.filter(({ name, sql }) => sql !== undefined || there.has(name))
  const values = shown.map(({ name, sql }) => `${sql?.(timeZone) ?? `o.${quotedName(name)}`} AS ${quotedName(name)}`)
  const more = included?.columns ?? []
  values.push(...more.map(({ name, sql }) => `${sql} AS ${quotedName(name)}`))
  const sql = `SELECT ${[...values, ...others.map((name) => `o.${quotedName(name)}`)].join(', ')}
FROM ${view} AS o LEFT JOIN (
  SELECT user_id, string_agg(DISTINCT list, ', ' ORDER BY list) AS lists FROM list_members GROUP BY user_id
) AS l ON l.user_id = o.user_id ${joinIncluded(included, 'o.user_id')}`
  const described = await describe(connection, sql)
  const columns = shown.map(({ name, role }, at) => {
    const isLink = role === 'profileUrl'
    return {
      name,
      type: described[at]!.type,
      sql: `o.${quotedName(name)}`,
      grouped: true,
      ...(isLink && { link: true }),
    }
  })
  const last = more.map(({ name, type }) => ({ name, type, sql: `o.${quotedName(name)}`, grouped: true }))
  return { columns: [...columns, ...last], sql }
}

/** What the columns of the overview mean where the view does not say it, and where they come from. */
export function overviewMeanings({ columns, timeZone }: ExportPipeline): Map<string, Partial<Meaning>> {
  return new Map(
    COLUMNS.map(({ name, role, meaning }) => {
      const source = role && columns[columnOf({ columns }, role) ?? '']?.path
      return [name, { ...(meaning ? { meaning: meaning(timeZone) } : {}), ...(source ? { source } : {}) }]
    }),
  )
}

async function describe(connection: Connection, sql: string): Promise<{ name: string; type: string }[]> {
  const found = await all<{ column_name: string; column_type: string }>(connection, `DESCRIBE ${sql}`)
  return found.map(({ column_name: name, column_type: type }) => ({ name, type }))
}
