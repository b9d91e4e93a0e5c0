import { rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFile, syncFolder } from '../core/atomicFile.js'
import { first, openDatabase, quotedName, quotedText, type Connection } from '../core/duckdb.js'
import { temporaryName } from '../core/temporaryFile.js'
import { STORAGE_VERSION } from '../load/warehouse.js'

/** Below this much free space a copy is not worth its time. */
const LEAST_FREE = 8 << 20
const FREE_SHARE = 0.25

/** Bytes of a database file. */
export interface Space {
  readonly free: number
  readonly total: number
}

/** How much of the file of an open database is free. It must have no changes since its last checkpoint. */
export async function spaceOf(connection: Connection): Promise<Space> {
  const space = await first<Space>(
    connection,
    `SELECT (free_blocks * block_size)::BIGINT AS free, (total_blocks * block_size)::BIGINT AS total
     FROM pragma_database_size() WHERE database_name = current_database()`,
  )
  return space!
}

/** Replaced rows leave free blocks, which DuckDB uses again but never gives back. */
export function isWorthCompacting({ free, total }: Space): boolean {
  return free >= LEAST_FREE && free >= total * FREE_SHARE
}

export interface Compacted {
  /** Bytes of the file, before and after. */
  readonly before: number
  readonly after: number
}

/**
 * Copies a closed database into a new file of the same name, without free space. Tables, keys, views and comments stay as they
 * are.
 * @param temp where DuckDB may spill
 * @throws Error when the copy cannot be written, for example for lack of space: the file is as it was
 */
export async function compactDatabase(path: string, temp: string): Promise<Compacted> {
  const copy = temporaryName(path)
  try {
    await copyDense(path, copy, temp)
  } catch (error) {
    for (const file of [copy, `${copy}.wal`]) await rm(file, { force: true })
    throw error
  }
  const [before, after] = [(await stat(path)).size, (await stat(copy)).size]
  await syncFile(copy)
  await rename(copy, path)
  await syncFolder(dirname(path))
  return { before, after }
}

async function copyDense(path: string, copy: string, temp: string): Promise<void> {
  const database = await openDatabase(path, { readOnly: true, tempDirectory: temp, threads: 1 })
  try {
    const { connection } = database
    const { name } = (await first<{ name: string }>(connection, 'SELECT current_database() AS name'))!
    await connection.run(`ATTACH ${quotedText(copy)} AS dense (STORAGE_VERSION ${quotedText(STORAGE_VERSION)})`)
    await connection.run(`COPY FROM DATABASE ${quotedName(name)} TO dense`)
    await connection.run('CHECKPOINT dense')
  } finally {
    await database.close()
  }
}
