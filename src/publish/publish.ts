import { makeFolder } from '../core/atomicFile.js'
import { all, openDatabase, runScript, type Connection, type Database } from '../core/duckdb.js'
import type { Effects } from '../core/effects.js'
import { messageOf } from '../core/errors.js'
import { sharedMemory } from '../core/memory.js'
import type { Layout } from '../dataFolder/layout.js'
import { exportAll, type ExportList, type ExportOptions } from '../export/exportAll.js'
import { noteChecked } from '../load/sql/checkedKeys.sql.js'
import type { Pipeline } from '../model/pipeline.js'
import type { PublishedFiles } from '../model/receipt.js'
import { attachIncluded } from './attachIncluded.js'
import { copyIncluded } from './copyIncluded.js'
import { checkKeys } from './checkKeys.js'
import { compactDatabase, isWorthCompacting, spaceOf } from './compact.js'
import { publishCopy } from './publishedCopy.js'

export interface PublishOptions {
  /** Names the folder of the published copy. */
  readonly runId: string
  /** The lists whose files are written, beside the files of all creators; by default every list of the database. */
  readonly lists?: readonly ExportList[]
  readonly bom: boolean
  readonly excel: ExportOptions['excel']
  readonly lang: ExportOptions['lang']
}

/**
 * Puts the files that analysts open in place. Checks the keys of the working database, writes the exports, makes the database
 * compact, and publishes a copy. The working database must be closed.
 * @throws Error naming table and key when a key is not unique: nothing is published
 * @throws LocalError when something cannot be written; each file is still the old or the new one
 */
export async function publish(
  layout: Layout,
  pipeline: Pipeline,
  { runId, lists, ...written }: PublishOptions,
  effects: Effects,
): Promise<PublishedFiles> {
  const { exported, isSparse } = await checkAndExport(layout, pipeline, async (database) => {
    const { connection } = database
    // A database that cannot be measured is not compacted.
    const space = await spaceOf(connection).catch(() => undefined)
    const given = lists ?? (await listsOf(connection))
    const included = await attachIncluded(connection, layout)
    const exported = await exportAll({ database, layout, pipeline, lists: given, included, ...written })
    return { exported, isSparse: space !== undefined && isWorthCompacting(space) }
  })
  if (isSparse) await compact(layout, effects)
  const { movedAside } = await publishCopy(layout, runId, (copy) => copyIncluded(copy, layout, pipeline, effects))
  for (const path of movedAside) {
    effects.log('warn', `a file stood in the way of ${layout.database}; it is now ${path}`, 'file_moved_aside')
  }
  for (const reason of exported.leftOut) effects.log('warn', `left out: ${reason}`, 'export_left_out')
  return {
    database: layout.database,
    exports: exported.files.map(({ path }) => path),
    ...(exported.leftOut.length > 0 ? { left_out: exported.leftOut } : {}),
  }
}

/** Checks the keys, and notes it in the database, so that the next publish need not check all of them; then makes the exports. */
async function checkAndExport<T>(
  { warehouse, temp }: Layout,
  pipeline: Pipeline,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  await makeFolder(temp)
  const memoryLimit = `${sharedMemory().publish}MB`
  const database = await openDatabase(warehouse, { tempDirectory: temp, memoryLimit })
  try {
    const { connection } = database
    await checkKeys(connection, pipeline)
    await runScript(connection, [noteChecked, 'CHECKPOINT'])
    // Two files are written at the same time, each on its own thread: more threads for one wide row cost more than they give.
    await connection.run('SET threads = 1')
    return await work(database)
  } finally {
    await database.close()
  }
}

async function listsOf(connection: Connection): Promise<ExportList[]> {
  const rows = await all<{ list: string; columns: string }>(connection, 'SELECT list, columns FROM lists ORDER BY list')
  return rows.map(({ list, columns }) => ({ name: list, columns: JSON.parse(columns) as string[] }))
}

/** A database that cannot be compacted, for example because the disk is full, stays as it is. */
async function compact({ warehouse: path, temp }: Layout, effects: Effects): Promise<void> {
  try {
    const { before, after } = await compactDatabase(path, temp)
    effects.log('debug', `${path} compacted: ${before} to ${after} bytes`, 'database_compacted')
  } catch (error) {
    effects.log(
      'warn',
      `${path} could not be compacted: ${messageOf(error).split('\n')[0]}; the file is complete, but larger than necessary`,
      'not_compacted',
    )
  }
}
