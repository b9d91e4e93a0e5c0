import { existsSync, mkdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { all, openDatabase, runScript, type Database } from '../../src/core/duckdb.js'
import { temporaryFolder } from '../support/folder.js'

/** Opens the file, runs the statements, and closes it. */
async function write(path: string, ...statements: string[]): Promise<void> {
  const database = await openDatabase(path)
  await runScript(database.connection, statements)
  await database.close()
}

const read = ({ connection }: Database, sql: string): Promise<unknown[]> => all(connection, sql)

test('a closed file is whole, and the next database sees nothing of the one before', async () => {
  const path = join(temporaryFolder(), 'one.duckdb')
  await write(
    path,
    'CREATE TABLE numbers (n BIGINT)',
    'CREATE TEMP TABLE passing (n BIGINT)',
    'INSERT INTO numbers VALUES (1)',
  )
  expect(existsSync(`${path}.wal`)).toBe(false)

  const next = await openDatabase(':memory:')
  expect(await read(next, 'SELECT table_name FROM duckdb_tables()')).toEqual([])
  expect(await read(next, "SELECT count(*) AS n FROM duckdb_databases() WHERE path LIKE '%one.duckdb'")).toEqual([
    { n: 0 },
  ])
  await next.close()
})

test('each database has the limits that it was opened with', async () => {
  const folder = temporaryFolder()
  const limits = `SELECT current_setting('threads') AS threads, current_setting('memory_limit') AS memory,
    current_setting('temp_directory') AS temp`
  await write(join(folder, 'one.duckdb'), 'SET threads = 2')
  const [one, two] = [
    await openDatabase(':memory:', { threads: 1, memoryLimit: '64MiB', tempDirectory: join(folder, 'a') }),
    await openDatabase(join(folder, 'one.duckdb'), { threads: 3, memoryLimit: '96MiB' }),
  ]
  expect(await read(one, limits)).toEqual([{ threads: 1, memory: '64.0 MiB', temp: join(folder, 'a') }])
  expect(await read(two, limits)).toEqual([{ threads: 3, memory: '96.0 MiB', temp: join(folder, 'one.duckdb.tmp') }])
  await Promise.all([one.close(), two.close()])
})

test('what a connection left unfinished is undone', async () => {
  const path = join(temporaryFolder(), 'one.duckdb')
  await write(path, 'CREATE TABLE numbers (n BIGINT)', 'BEGIN', 'INSERT INTO numbers VALUES (1)')
  const again = await openDatabase(path)
  expect(await read(again, 'SELECT count(*) AS rows FROM numbers')).toEqual([{ rows: 0 }])
  await again.close()
})

test('an instance that was locked, has spilled or holds another file serves no other database', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'one.duckdb')
  await write(path, 'SET enable_external_access = false', 'SET lock_configuration = true')
  await write(path, `ATTACH '${join(folder, 'two.duckdb')}' AS two`, 'CREATE TABLE two.numbers (n BIGINT)')
  // The second file is released with the first.
  await write(join(folder, 'two.duckdb'), 'DROP TABLE numbers')

  const spilling = await openDatabase(path, { memoryLimit: '40MB', tempDirectory: join(folder, 'spill') })
  await spilling.connection.run(
    "CREATE TEMP TABLE large AS SELECT range AS n, repeat('x', 20) || range AS text FROM range(2000000)",
  )
  expect(existsSync(join(folder, 'spill'))).toBe(true)
  await spilling.close()
  // It removes its folder now, and not when others use it.
  mkdirSync(join(folder, 'spill', 'of others'), { recursive: true })
  const elsewhere = await openDatabase(path, { tempDirectory: join(folder, 'elsewhere') })
  expect(await read(elsewhere, "SELECT current_setting('temp_directory') AS temp")).toEqual([
    { temp: join(folder, 'elsewhere') },
  ])
  await elsewhere.close()
  expect(existsSync(join(folder, 'spill', 'of others'))).toBe(true)
})

test('a damaged file does not touch the databases that are open or come later', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'damaged.duckdb')
  await write(path, 'CREATE TABLE numbers AS SELECT range AS n FROM range(300000)')
  truncateSync(path, statSync(path).size - 300_000)
  const open = await openDatabase(':memory:')
  await expect(openDatabase(path)).rejects.toThrow(/IO Error/)
  await expect(openDatabase(join(folder, 'missing.duckdb'), { readOnly: true })).rejects.toThrow(/does not exist/)
  expect(await read(open, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  await open.close()
  await write(join(folder, 'one.duckdb'), 'CREATE TABLE numbers (n BIGINT)')
})
