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
  database.close()
})
