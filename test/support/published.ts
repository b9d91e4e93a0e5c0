import { join } from 'node:path'
import { all, openDatabase, type ReadCell } from '../../src/database.js'

/** Rows of the published file, opened read-only as an analyst would. */
export async function published<T = Record<string, ReadCell>>(data: string, sql: string): Promise<T[]> {
  const database = await openDatabase(join(data, 'creators.duckdb'), { readOnly: true })
  try {
    return await all<T>(database.connection, sql)
  } finally {
    database.close()
  }
}
