import { join } from 'node:path'
import { all, quotedText, openDatabase, type Database, type ReadCell } from '../../src/core/duckdb.js'

/** To open a database takes longer than to ask one: there is one for all that the tests of a file look into. */
let reader: Promise<Database> | undefined
let last: Promise<unknown> = Promise.resolve()

/** Rows of the published file, attached read-only as an analyst may. */
export function published<T = Record<string, ReadCell>>(data: string, sql: string): Promise<T[]> {
  const path = join(data, 'creators.duckdb')
  const asked = last.then(() => ask<T>(path, sql))
  last = asked.catch(() => undefined)
  return asked
}

async function ask<T>(path: string, sql: string): Promise<T[]> {
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
