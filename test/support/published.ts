import { realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { all, quotedText, openDatabase, type Database, type ReadCell } from '../../src/core/duckdb.js'

/** One reader for all tests of a file, because opening a database takes longer than a query. */
let reader: Promise<Database> | undefined
let last: Promise<unknown> = Promise.resolve()

/** Rows of the published file, attached read-only as an analyst does. */
export function published<T = Record<string, ReadCell>>(data: string, sql: string): Promise<T[]> {
  const path = join(data, 'creators.duckdb')
  const rows = last.then(() => query<T>(path, sql))
  last = rows.catch(() => undefined)
  return rows
}

/** The file that is attached. The next query is mostly one of the same file, and to attach it takes longer than the query. */
let attached: string | undefined

async function query<T>(path: string, sql: string): Promise<T[]> {
  reader ??= openDatabase(':memory:')
  const { connection } = await reader
  const file = realpathSync(path)
  const { ino, size, mtimeMs } = statSync(file)
  const wanted = [file, ino, size, mtimeMs].join()
  if (attached !== wanted) {
    if (attached !== undefined) await connection.run('USE memory; DETACH creators')
    attached = undefined
    await connection.run(`ATTACH ${quotedText(path)} AS creators (TYPE duckdb, READ_ONLY); USE creators`)
    attached = wanted
  }
  return all<T>(connection, sql)
}
