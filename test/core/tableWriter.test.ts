import { expect, test } from 'vitest'
import { all, openDatabase } from '../../src/core/duckdb.js'
import { TableWriter } from '../../src/core/tableWriter.js'

test('rows of a writer that is discarded are in no table, whatever has its name later', async () => {
  const database = await openDatabase(':memory:')
  const { connection } = database
  const create = 'CREATE OR REPLACE TABLE t (n BIGINT, text VARCHAR)'
  await connection.run(create)
  const first = await TableWriter.open(connection, 't', ['BIGINT', 'VARCHAR'], 2)
  for (const n of [1, 2, 3]) first.append([n, 'old'])
  await connection.run(create)
  const second = await TableWriter.open(connection, 't', ['BIGINT', 'VARCHAR'])
  second.append([4, 'new'])
  first.discard()
  first.discard()
  second.close()
  expect(await all(connection, 'SELECT * FROM t')).toEqual([{ n: 4, text: 'new' }])
  await database.close()
})

test('chunks are reused without anything of the chunk before: nulls, long and short texts, every type', async () => {
  const database = await openDatabase(':memory:')
  const { connection } = database
  await connection.run(
    'CREATE TABLE t (n BIGINT, text VARCHAR, ratio DOUBLE, flag BOOLEAN, seen TIMESTAMPTZ, bytes BLOB)',
  )
  const writer = await TableWriter.open(
    connection,
    't',
    ['BIGINT', 'VARCHAR', 'DOUBLE', 'BOOLEAN', 'TIMESTAMPTZ', 'BLOB'],
    3,
  )
  const row = (n: number) => [BigInt(n), '长'.repeat(n), n / 4, n % 2 === 0, n * 1000, Buffer.from([n])]
  const none = [null, null, null, null, null, null]
  const rows = [row(9), none, row(20), none, row(1), none, row(3)]
  for (const each of rows) writer.append(each)
  writer.close()
  const found = await all<Record<string, unknown>>(
    connection,
    'SELECT n, text, ratio, flag, epoch_ms(seen)::BIGINT AS seen, hex(bytes) AS bytes FROM t ORDER BY rowid',
  )
  expect(found.map((each) => Object.values(each))).toEqual(
    rows.map(([n, text, ratio, flag, at, bytes]) => [
      n === null ? null : Number(n),
      text,
      ratio,
      flag,
      at,
      bytes === null ? null : (bytes as Buffer).toString('hex').toUpperCase(),
    ]),
  )
  await database.close()
})
