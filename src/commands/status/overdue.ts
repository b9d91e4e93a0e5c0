import { first, type Connection } from '../../core/duckdb.js'

/** Creators whose profile is older than it may get. */
export interface OverdueReport {
  readonly creators: number
  /** ISO 8601, UTC. */
  readonly oldest_at: string | null
}

/** @returns null where an older version published the file, or no run says how old profiles may get */
export async function readOverdue(connection: Connection): Promise<OverdueReport | null> {
  const column = await first(
    connection,
    `SELECT 1 FROM duckdb_columns() WHERE table_name = 'creator_overview' AND column_name = 'is_overdue'`,
  )
  if (column === undefined) return null
  const found = await first<{ known: number; creators: number; oldest: number | null }>(
    connection,
    `SELECT count(is_overdue) AS known, count(*) FILTER (is_overdue) AS creators,
       epoch_ms(min(last_fetched_at) FILTER (is_overdue)) AS oldest
     FROM creator_overview`,
  )
  const { known, creators, oldest } = found!
  return known === 0 ? null : { creators, oldest_at: oldest === null ? null : new Date(oldest).toISOString() }
}
