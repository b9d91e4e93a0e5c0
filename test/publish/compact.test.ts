import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { all, openDatabase } from '../../src/core/duckdb.js'
import { compactDatabase, isWorthCompacting, spaceOf } from '../../src/publish/compact.js'
import { temporaryFolder } from '../support/folder.js'

/** Writes 40 MB that do not compress, then deletes a part of them. */
async function writeDatabase(path: string, deleted: string): Promise<void> {
  const database = await openDatabase(path, { storageVersion: 'v1.2.0' })
  const { connection } = database
  for (const statement of [
    'CREATE TABLE lists (list VARCHAR, rows BIGINT, PRIMARY KEY (list))',
    `COMMENT ON COLUMN lists.rows IS 'Rows read.'`,
    `INSERT INTO lists VALUES ('b', 2), ('a', 1)`,
    'CREATE TABLE nights (night BIGINT, text VARCHAR)',
    `COMMENT ON TABLE nights IS 'What a night wrote.'`,
    `INSERT INTO nights SELECT i, sha256(i::VARCHAR) || sha256('x' || i) FROM range(320000) AS r(i)`,
    'CREATE VIEW late AS SELECT max(night) AS night FROM nights',
    `COMMENT ON VIEW late IS 'The last one.'`,
    'CHECKPOINT',
    `DELETE FROM nights WHERE ${deleted}`,
    'CHECKPOINT',
  ]) {
    await connection.run(statement)
  }
  await database.close()
}

const CONTENT = [
  'SELECT list, rows FROM lists',
  'SELECT count(*) AS rows, sum(hash(night, text))::VARCHAR AS content FROM nights',
  'SELECT night FROM late',
  'SELECT table_name, comment FROM duckdb_tables() ORDER BY ALL',
  'SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal ORDER BY ALL',
  'SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY ALL',
  'SELECT table_name, constraint_type FROM duckdb_constraints() ORDER BY ALL',
  'SELECT tags::VARCHAR AS tags FROM duckdb_databases() WHERE NOT internal',
]

async function isWorthwhile(path: string): Promise<boolean> {
  const database = await openDatabase(path, { readOnly: true })
  const space = await spaceOf(database.connection)
  await database.close()
  return isWorthCompacting(space)
}

async function content(path: string): Promise<unknown[]> {
  const database = await openDatabase(path, { readOnly: true })
  const found: unknown[] = []
  for (const sql of CONTENT) found.push(await all(database.connection, sql))
  await database.close()
  return found
}

test('a file that is half free becomes small; its content stays, comments included', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'warehouse.duckdb')
  await writeDatabase(path, 'night < 240000')
  const before = await content(path)
  const size = statSync(path).size
  expect(await isWorthwhile(path)).toBe(true)
  const compacted = await compactDatabase(path, join(folder, 'temp'))
  expect(compacted).toEqual({ before: size, after: statSync(path).size })
  expect(compacted.after).toBeLessThan(size / 2)
  expect(await content(path)).toEqual(before)
  expect(existsSync(`${path}.wal`)).toBe(false)
  expect(await isWorthwhile(path)).toBe(false)
})

test('a file with little free space is not worth a copy', async () => {
  const path = join(temporaryFolder(), 'warehouse.duckdb')
  await writeDatabase(path, 'night < 20000')
  expect(await isWorthwhile(path)).toBe(false)
})
