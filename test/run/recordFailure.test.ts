import { expect, test } from 'vitest'
import { all, openDatabase } from '../../src/core/duckdb.js'
import { LocalError } from '../../src/core/errors.js'
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
