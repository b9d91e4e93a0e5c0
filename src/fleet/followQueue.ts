import type { Connection } from '../core/duckdb.js'
import { createTempTable, fillTempTable, sqlColumns, tempTable } from '../core/tempTable.js'
import { PLANNED } from '../model/tempTables.js'
import type { FleetDatabase } from './database.js'

/** Ids in the queue that are not done, and ids with a call in this collection. */
const QUEUED_IDS = tempTable('queued_ids', { user_id: 'VARCHAR' })

/** The ids in the queue without a final outcome. */
export async function openIds({ query }: FleetDatabase): Promise<ReadonlySet<string>> {
  const rows = await query<{ user_id: string }>('SELECT user_id FROM ids WHERE NOT is_done')
  return new Set(rows.map(({ user_id }) => user_id))
}

const planned = sqlColumns(PLANNED)

/**
 * Makes the plan say what the queue says: ids with a call in this collection, or still in the queue, are due. Others keep the
 * status that their rows have, because nobody fetches them now.
 */
export async function followQueue(
  connection: Connection,
  { ids, open }: { readonly ids: ReadonlySet<string>; readonly open: ReadonlySet<string> },
): Promise<void> {
  await connection.run(createTempTable(QUEUED_IDS))
  await fillTempTable(
    connection,
    QUEUED_IDS,
    [...new Set([...ids, ...open])].map((user_id) => ({ user_id })),
  )
  const isQueued = `${planned.user_id} IN (SELECT user_id FROM ${QUEUED_IDS.name})`
  await connection.run(`UPDATE ${PLANNED.name} SET decision = 'due', reason = 'queued' WHERE ${isQueued}`)
  await connection.run(`
UPDATE ${PLANNED.name} SET
  decision = CASE before.status
    WHEN 'enriched' THEN 'fresh' WHEN 'reused' THEN 'fresh' WHEN 'empty' THEN 'known_empty' WHEN 'rejected' THEN 'invalid'
    WHEN 'failed' THEN CASE WHEN before.reason = 'ambiguous' THEN 'held' ELSE 'known_failed' END
    ELSE 'skipped' END,
  reason = coalesce(CASE WHEN before.status = 'parked' THEN 'stopped' ELSE before.reason END, 'fresh')
FROM (SELECT user_id, any_value(status) AS status, any_value(reason) AS reason FROM list_members GROUP BY user_id) AS before
WHERE before.user_id = ${PLANNED.name}.user_id AND decision = 'due' AND NOT (${isQueued})`)
  await connection.run(`DROP TABLE ${QUEUED_IDS.name}`)
}
