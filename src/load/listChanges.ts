import { all, type Connection } from '../core/duckdb.js'
import { listChanges } from './sql/settle.sql.js'

/** What reading a list again changes. */
export interface ListChange {
  readonly list: string
  /** Whether the stored list is tracked. */
  readonly tracked: boolean
  /** Distinct ids of the stored list; 0 for a new one. */
  readonly before: number
  readonly added: number
  readonly removed: number
}

/**
 * Compares the ids in the TEMP table `members` with those of the stored lists of the same names. To be read before the
 * stored rows are replaced.
 * @param lists their names; the result has the same order
 */
export async function readListChanges(connection: Connection, lists: readonly string[]): Promise<ListChange[]> {
  if (lists.length === 0) return []
  const changes = await all<ListChange>(connection, listChanges(lists))
  const byName = new Map(changes.map((change) => [change.list, change]))
  return lists.map((list) => byName.get(list) ?? { list, tracked: false, before: 0, added: 0, removed: 0 })
}
