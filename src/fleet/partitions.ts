import type { Effects } from '../core/effects.js'
import { messageOf } from '../core/errors.js'
import { DatabaseAway, type FleetDatabase } from './database.js'

/** Drops the rows of a finished enqueue. A session that holds them only delays that. */
export async function dropPartitions(database: FleetDatabase, enqueueNo: string, log: Effects['log']): Promise<void> {
  try {
    await database.transaction(async (query) => {
      await query(`SET LOCAL lock_timeout = '2s'`)
      for (const table of ['ends', 'intents']) await query(`DROP TABLE IF EXISTS ${table}_${enqueueNo}`)
    })
  } catch (error) {
    if (!(error instanceof DatabaseAway)) throw error
    log(
      'warn',
      `collected rows could not be dropped, and the next \`collect\` tries again: ${messageOf(error)}`,
      'partition_kept',
    )
  }
}

/** Drops what finished enqueues have left. */
export async function dropLeftPartitions(database: FleetDatabase, { log }: Pick<Effects, 'log'>): Promise<void> {
  const rows = await database.query<{ enqueue_no: string }>(
    `SELECT enqueue_no FROM enqueues
     WHERE finished_at IS NOT NULL AND to_regclass('intents_' || enqueue_no) IS NOT NULL`,
  )
  for (const { enqueue_no } of rows) await dropPartitions(database, enqueue_no, log)
}
