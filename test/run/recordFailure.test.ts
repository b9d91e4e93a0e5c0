import { expect, test } from 'vitest'
import { all, openDatabase, runScript } from '../../src/core/duckdb.js'
import { LocalError } from '../../src/core/errors.js'
import { sealRuns } from '../../src/raw/sealRuns.js'
import { parquet } from '../../src/raw/parquet.js'
import { allFiles } from '../../src/raw/files.js'
import { recordFailure } from '../../src/run/recordFailure.js'
import { opened } from '../load/opened.js'
import { commandOfMake } from '../support/commandOfMake.js'

test('the row of a run that failed has the exit code, and names commands plainly', async () => {
  const { layout, lock, warehouse } = await opened()
  await warehouse.connection.run(`INSERT INTO runs (run_id, status, exit_code) VALUES ('run1', 'done', 0)`)
  await warehouse.close()
  const header = { runId: 'run1', startedAt: 0, pipeline: 'people', simulated: true, host: 'test' }
  const failure = new LocalError(`the disk is full: \`${commandOfMake()}\` goes on`)
  await recordFailure({ layout, header, check: () => lock.check() }, 'interrupted', failure)
  const database = await openDatabase(layout.warehouse)
  const sql = 'SELECT status, exit_code, stop_message FROM runs'
  const rows = await all(database.connection, sql).finally(() => database.close())
  const stop_message = 'the disk is full: `creator-enrich replay --data d` goes on'
  expect(rows).toEqual([{ status: 'interrupted', exit_code: 7, stop_message }])
})

test('a run is sealed from the table of an older version, which lacks a column', async () => {
  const { layout, warehouse } = await opened()
  const { connection } = warehouse
  await runScript(connection, [
    `INSERT INTO runs (run_id, status, exit_code, calls) VALUES ('20261101T000000Z-0001', 'done', 0, 2)`,
    'CREATE TABLE older AS SELECT * EXCLUDE endpoint FROM spending',
    `INSERT INTO older BY NAME SELECT '20261101T000000Z-0001' AS run_id, 'creators' AS list, DATE '2026-11-01' AS calendar_day, 2 AS calls`,
    'DROP TABLE spending',
    'ALTER TABLE older RENAME TO spending',
  ])
  await sealRuns(connection, layout.raw)
  const [receipt] = await allFiles(layout.raw, 'receipts')
  const sealed = `SELECT spending ->> '$[0].calls' AS calls, spending ->> '$[0].endpoint' AS endpoint FROM ${parquet(receipt!)}`
  expect(await all(connection, sealed)).toEqual([{ calls: '2.000000', endpoint: null }])
  await warehouse.close()
})

test('a receipt that was sealed before the run failed is corrected', async () => {
  const { layout, lock, warehouse } = await opened()
  const runId = '20261101T000000Z-0001'
  await warehouse.connection.run(`INSERT INTO runs (run_id, status, exit_code) VALUES ('${runId}', 'done', 0)`)
  await sealRuns(warehouse.connection, layout.raw)
  await warehouse.close()
  const [receipt] = await allFiles(layout.raw, 'receipts')
  const database = await openDatabase(':memory:')
  const sealed = () => all(database.connection, `SELECT exit_code, stop_message FROM ${parquet(receipt!)}`)
  expect(await sealed()).toEqual([{ exit_code: 0, stop_message: null }])

  const header = { runId, startedAt: 0, pipeline: 'people', simulated: true, host: 'test' }
  await recordFailure({ layout, header, check: () => lock.check() }, 'done', new LocalError('the disk failed'))
  expect(await sealed()).toEqual([{ exit_code: 7, stop_message: 'the disk failed' }])
  await database.close()
})
