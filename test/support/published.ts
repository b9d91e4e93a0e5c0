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

async function query<T>(path: string, sql: string): Promise<T[]> {
  reader ??= openDatabase(':memory:')
  const { connection } = await reader
  await connection.run(`ATTACH ${quotedText(path)} AS creators (TYPE duckdb, READ_ONLY)`)
  try {
    await connection.run('USE creators')
    return await all<T>(connection, sql)
  } finally {
    await connection.run('USE memory')
    await connection.run('DETACH creators')
  }
}
