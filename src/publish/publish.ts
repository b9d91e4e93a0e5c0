import type { Settings } from '../config/options.js'
import { openDatabase, all, type Connection } from '../core/duckdb.js'
import type { Effects } from '../core/effects.js'
import { messageOf } from '../core/errors.js'
import { collectGarbage } from '../core/memory.js'
import type { Layout } from '../dataFolder/layout.js'
import type { Lock } from '../dataFolder/lock.js'
import { exportAll, type ExportedFiles, type ExportList } from '../export/exportAll.js'
import { type Warehouse, openWarehouse } from '../load/warehouse.js'
import type { Pipeline } from '../model/pipeline.js'
import type { PublishedFiles } from '../model/receipt.js'
import { checkKeys } from './checkKeys.js'
import { compactDatabase } from './compact.js'
import { publishCopy } from './publishedCopy.js'

export interface PublishOptions {
  /** Names the finished copy. */
  readonly runId: string
  /** Whose files are written, beside those of all creators. */
  readonly lists: readonly ExportList[]
  readonly bom: boolean
  readonly excel: boolean
}

/** Exports read in small ranges, one after the other: more would only be kept for nothing. */
const EXPORT_MEMORY = '96MB'

/**
 * Closes the working database and puts what analysts open in place: the exports, then the copy of the database.
 * @throws LocalError when something cannot be written; each file is the old or the new one
 */
export async function publishFolder(
  warehouse: Warehouse,
  layout: Layout,
  { runId, lists, ...written }: PublishOptions,
  effects: Effects,
): Promise<PublishedFiles> {
  await checkKeys(warehouse.connection, warehouse.pipeline)
  await warehouse.close()
  await makeDense(warehouse.path, layout, effects)
  collectGarbage()
  // A database opened anew starts without the memory that the merge has scattered.
  const options = { readOnly: true, tempDirectory: layout.temp, memoryLimit: EXPORT_MEMORY }
  const finished = await openDatabase(warehouse.path, options)
  const exporting = exportAll({ connection: finished.connection, layout, lists, ...written })
  const exported = await exporting.finally(() => finished.close())
  const { movedAside } = await publishCopy(layout, runId)
  for (const path of movedAside) effects.log('warn', `a file stood in the way of ${layout.database}; it is now ${path}`)
  for (const reason of exported.leftOut) effects.log('warn', `left out: ${reason}`)
  return {
    database: layout.database,
    exports: pathsOf(exported),
    ...(exported.leftOut.length > 0 ? { left_out: exported.leftOut } : {}),
  }
}

/** Without room for it, the file stays as large as it is. */
async function makeDense(path: string, { temp }: Layout, effects: Effects): Promise<void> {
  try {
    const compacted = await compactDatabase(path, temp)
    if (compacted) effects.log('debug', `${path} compacted: ${compacted.before} to ${compacted.after} bytes`)
  } catch (error) {
    effects.log(
      'warn',
      `${path} could not be compacted: ${messageOf(error).split('\n')[0]}; it is whole, and larger than it need be`,
    )
  }
}

function pathsOf({ lists, creatorsCsv, creatorsParquet, creatorsExcel, failures }: ExportedFiles): string[] {
  const ofLists = lists.flatMap(({ enriched, rejects }) => [enriched, rejects])
  const excel = creatorsExcel ? [creatorsExcel] : []
  return [...ofLists, creatorsCsv, creatorsParquet, ...excel, failures].map(({ path }) => path)
}

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
