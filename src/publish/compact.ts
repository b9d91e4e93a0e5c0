import { rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFile, syncFolder } from '../core/atomicFile.js'
import { first, quotedText, openDatabase } from '../core/duckdb.js'
import { STORAGE_VERSION } from '../load/warehouse.js'

/** Below this much free space a copy is not worth its time. */
const LEAST_FREE = 8 << 20
const FREE_SHARE = 0.25

export interface Compacted {
  /** Bytes of the file, before and after. */
  readonly before: number
  readonly after: number
}

/**
 * Copies a closed database into a new file of the same name when more than a quarter of it is free: replaced rows leave
 * free blocks, which DuckDB uses again but never gives back. Tables, keys, views and comments stay as they are.
 * @param temp where DuckDB may spill
 * @returns undefined when there was nothing to gain
 * @throws Error when there is no room for the copy: the file is as it was
 */
export async function compactDatabase(path: string, temp: string): Promise<Compacted | undefined> {
  if ((await stat(path)).size < LEAST_FREE) return undefined
  const copy = `${path}.compact`
  try {
    if (!(await copyCompact(path, copy, temp))) return undefined
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

async function copyCompact(path: string, copy: string, temp: string): Promise<boolean> {
  const database = await openDatabase(':memory:', { tempDirectory: temp, threads: 1 })
  try {
    const { connection } = database
    await connection.run(`ATTACH ${quotedText(path)} AS sparse (READ_ONLY)`)
    const size = await first<{ free: number; total: number }>(
      connection,
      `SELECT (free_blocks * block_size)::BIGINT AS free, (total_blocks * block_size)::BIGINT AS total
       FROM pragma_database_size() WHERE database_name = 'sparse'`,
    )
    if (size!.free < LEAST_FREE || size!.free < size!.total * FREE_SHARE) return false
    await rm(copy, { force: true })
    await connection.run(`ATTACH ${quotedText(copy)} AS dense (STORAGE_VERSION ${quotedText(STORAGE_VERSION)})`)
    await connection.run('COPY FROM DATABASE sparse TO dense')
    await connection.run('CHECKPOINT dense')
    return true
  } finally {
    database.close()
  }
}
