import { all, type Connection } from '../core/duckdb.js'
import type { Effects } from '../core/effects.js'
import type { Lock } from '../dataFolder/lock.js'
import { openWarehouse } from '../load/warehouse.js'
import type { Settings } from '../config/options.js'
import type { Pipeline } from '../model/pipeline.js'
import type { PublishedFiles } from '../model/publishedFiles.js'
import { publishFolder } from './publish.js'

/**
 * Publishes the working database, which must be closed, with the files of every list it knows.
 */
export async function publishAll(
  lock: Lock,
  pipeline: Pipeline,
  { noBom, excel = false }: Settings,
  runId: string,
  effects: Effects,
): Promise<PublishedFiles> {
  const warehouse = await openWarehouse(lock, pipeline)
  try {
    const lists = await listsOf(warehouse.connection)
    return await publishFolder(warehouse, lock.layout, { runId, lists, bom: !noBom, excel }, effects)
  } finally {
    await warehouse.close()
  }
}

async function listsOf(connection: Connection): Promise<{ name: string; columns: string[] }[]> {
  const rows = await all<{ list: string; columns: string }>(connection, 'SELECT list, columns FROM lists ORDER BY list')
  return rows.map(({ list, columns }) => ({ name: list, columns: JSON.parse(columns) as string[] }))
}
