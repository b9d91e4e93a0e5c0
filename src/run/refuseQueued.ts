import { commandText } from '../core/commandText.js'
import { first, type Connection } from '../core/duckdb.js'
import { UsageError } from '../core/errors.js'
import { plural } from '../core/text.js'
import { sqlColumns } from '../core/tempTable.js'
import { readFleetFile } from '../dataFolder/fleetFile.js'
import type { Layout } from '../dataFolder/layout.js'
import { PLANNED } from '../model/tempTables.js'

const planned = sqlColumns(PLANNED, 'p')
const QUEUED = "SELECT DISTINCT user_id FROM list_members WHERE reason = 'queued'"

/**
 * Keeps a run from paying for ids that workers of a fleet are about to pay for.
 * @param resolves the run is about to resolve inputs, which may lead to any of these ids
 * @throws UsageError when due ids wait in the queue, by their rows, or when an `enqueue` was cut off before it wrote these rows
 */
export async function refuseQueued(connection: Connection, layout: Layout, resolves: boolean): Promise<void> {
  const { data, fleet } = layout
  const found = await readFleetFile(layout)
  if (!found) return
  if (found.enqueues.length > 0)
    throw new UsageError(
      `an \`enqueue\` of ${data} was cut off, and its ids may be in the queue of the fleet, where they would be paid for twice; nothing was sent: give the same \`enqueue\` again, which puts no id there twice, or remove ${fleet} if there is no fleet any more`,
    )
  const row = await first<{ ids: number }>(
    connection,
    `SELECT count(DISTINCT ${planned.user_id}) AS ids FROM ${PLANNED.name} AS p
     WHERE ${planned.decision} = 'due' AND ${planned.user_id} IN (${QUEUED})`,
  )
  if (row!.ids === 0 && resolves) {
    const { ids } = (await first<{ ids: number }>(connection, `SELECT count(*) AS ids FROM (${QUEUED})`))!
    if (ids === 0) return
    throw new UsageError(
      `${plural(ids, 'id')} in the queue of the fleet of this folder, and --resolve may lead to one of them, which would be paid for twice; nothing was sent: \`${commandText(['collect', '--data', data])}\` takes the answers first, or remove ${fleet} if there is no fleet any more`,
    )
  }
  if (row!.ids === 0) return
  throw new UsageError(
    `${plural(row!.ids, 'due id')} in the queue of the fleet of this folder, and would be paid for twice; nothing was sent: \`${commandText(['collect', '--data', data])}\` takes the answers, or remove ${fleet} if there is no fleet any more`,
  )
}
