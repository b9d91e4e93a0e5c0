import { all, openDatabase, type Connection } from '../core/duckdb.js'
import type { Effects } from '../core/effects.js'
import { messageOf } from '../core/errors.js'
import { collectGarbage } from '../core/memory.js'
import type { Layout } from '../dataFolder/layout.js'
import { exportAll, type ExportedFiles } from '../export/exportAll.js'
import type { ExportList } from '../export/outputs.js'
import type { Pipeline } from '../model/pipeline.js'
import type { PublishedFiles } from '../model/receipt.js'
import { checkKeys } from './checkKeys.js'
import { compactDatabase } from './compact.js'
import { publishCopy } from './publishedCopy.js'

export interface PublishOptions {
  /** Names the finished copy. */
  readonly runId: string
  /** The lists whose files are written, beside the files of all creators; by default every list of the database. */
  readonly lists?: readonly ExportList[]
  readonly bom: boolean
  readonly excel: boolean
}

/** Enough for the check of keys. Exports read small ranges, one after the other, and need less. */
const MEMORY = '160MB'

/**
 * Puts the files that analysts open in place: checks the keys of the working database, which must be closed, makes it
 * compact, writes the exports, and publishes a copy of the database.
 * @throws Error naming table and key when a key is not unique: nothing is published
 * @throws LocalError when something cannot be written; each file is the old or the new one
 */
export async function publish(
  layout: Layout,
  pipeline: Pipeline,
  { runId, lists, ...written }: PublishOptions,
  effects: Effects,
): Promise<PublishedFiles> {
  await compact(layout, effects)
  collectGarbage()
  const options = { readOnly: true, tempDirectory: layout.temp, memoryLimit: MEMORY }
  const finished = await openDatabase(layout.warehouse, options)
  let exported: ExportedFiles
  try {
    const { connection } = finished
    await checkKeys(connection, pipeline)
    exported = await exportAll({ connection, layout, lists: lists ?? (await listsOf(connection)), ...written })
  } finally {
    finished.close()
  }
  const { movedAside } = await publishCopy(layout, runId)
  for (const path of movedAside) effects.log('warn', `a file stood in the way of ${layout.database}; it is now ${path}`)
  for (const reason of exported.leftOut) effects.log('warn', `left out: ${reason}`)
  return {
    database: layout.database,
    exports: exported.files.map(({ path }) => path),
    ...(exported.leftOut.length > 0 ? { left_out: exported.leftOut } : {}),
  }
}

async function listsOf(connection: Connection): Promise<ExportList[]> {
  const rows = await all<{ list: string; columns: string }>(connection, 'SELECT list, columns FROM lists ORDER BY list')
  return rows.map(({ list, columns }) => ({ name: list, columns: JSON.parse(columns) as string[] }))
}

/** A database for which there is no room to be copied stays as large as it is. */
async function compact({ warehouse: path, temp }: Layout, effects: Effects): Promise<void> {
  try {
    const compacted = await compactDatabase(path, temp)
    if (compacted) effects.log('debug', `${path} compacted: ${compacted.before} to ${compacted.after} bytes`)
  } catch (error) {
    effects.log(
      'warn',
      `${path} could not be compacted: ${messageOf(error).split('\n')[0]}; it is whole, and larger than necessary`,
    )
  }
}
