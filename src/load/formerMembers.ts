import { all, first, type Connection } from '../core/duckdb.js'
import { recordDeparted, recordRemoved } from './sql/formerMembers.sql.js'

/** Records who left the last list in this run, whose row is stored. To be done in the transaction of `settle`. */
export async function recordDepartures(connection: Connection, runId: string): Promise<void> {
  for (const statement of recordDeparted)
    await connection.run(statement, statement.includes('$run') ? { run: runId } : undefined)
}

/** Records who leaves the last list because it is removed. To be done before its rows are deleted. */
export async function recordRemoval(connection: Connection, list: string, removedAt: string): Promise<void> {
  await connection.run(recordRemoved, { list, at: removedAt })
}

/** The people who left their last list at this time or before, milliseconds since 1970; by id. */
export async function formerMembersUntil(connection: Connection, until: number): Promise<string[]> {
  const rows = await all<{ user_id: string }>(
    connection,
    'SELECT user_id FROM former_members WHERE epoch_ms(left_at) <= $until ORDER BY user_id',
    { until: BigInt(Math.floor(until)) },
  )
  return rows.map(({ user_id }) => user_id)
}

/** People who are erased soon. Times are milliseconds since 1970. */
export interface SoonErased {
  readonly people: number
  /** When the first of them and when the last of them left the last list. */
  readonly first_left_at: number | null
  readonly last_left_at: number | null
}

export async function countFormerMembers(connection: Connection, until: number): Promise<SoonErased> {
  const row = await first<SoonErased>(
    connection,
    `SELECT count(*) AS people, min(left_at) AS first_left_at, max(left_at) AS last_left_at
     FROM former_members WHERE epoch_ms(left_at) <= $until`,
    { until: BigInt(Math.floor(until)) },
  )
  return row!
}
