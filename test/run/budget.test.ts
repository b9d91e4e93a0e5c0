import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../src/core/duckdb.js'
import { spentToday } from '../../src/run/budget.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { enrichAt, simulator } from '../support/simulated.js'

/** One in the morning in Shanghai, on the 23rd. */
const START = Date.UTC(2026, 10, 22, 17)
const HOUR = 3_600_000

test('--budget-per-day counts all runs of the folder on one day in Shanghai, and parks the ids that do not fit', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const ids = Array.from({ length: 9 }, (_, n) => plainId(n + 1))
  const [list, other] = [writeList(folder, ids), writeList(folder, ids.slice(0, 2), 'other.csv')]
  const api = await simulator()
  const run = async (hours: number, input = list, ...args: string[]) => {
    const flags = ['--budget-per-day', '0.60', '--max-age', '0s', ...args]
    return (await enrichAt(() => START + hours * HOUR, input, data, api, ...flags)).receipt
  }
  expect((await run(0, other)).calls.billed).toBe(2)
  const second = await run(1)
  expect(second).toMatchObject({ exit_code: 0, ids: { read: 9, enriched: 2, parked: 7 }, calls: { billed: 2 } })
  expect(second.reasons).toContainEqual({ status: 'parked', reason: 'cap', rows: 7, ids: 7 })
  const third = await run(22)
  expect(third.calls.sent).toBe(0)
  expect(third.stop).toMatchObject({
    reason: 'cap',
    run_again: expect.stringContaining('2026-11-23T16:00:00.000Z') as string,
  })
  // After midnight in Shanghai it is another day, whatever the date in UTC; the run's own budget still holds.
  expect(await run(23, list, '--budget', '0.30')).toMatchObject({
    calls: { billed: 2 },
    stop: { reason: 'cap', run_again: expect.stringContaining('larger cap') as string },
  })
  expect((await run(30)).calls.billed).toBe(2)
  expect((await run(31)).calls.billed).toBe(0)
})

test('a run that was cut off counts its calls, on the day of the last call; a run past midnight counts whole', async () => {
  const database = await openDatabase(':memory:')
  onTestFinished(() => database.close())
  const { connection } = database
  await connection.run(`
    CREATE TABLE runs (run_id VARCHAR, started_at TIMESTAMPTZ, finished_at TIMESTAMPTZ, last_call_at TIMESTAMPTZ,
      money_billed DOUBLE, money_maybe_billed DOUBLE, billed_calls BIGINT, maybe_billed_calls BIGINT);
    INSERT INTO runs VALUES
      ('done', '2026-11-22 18:00:00+00', '2026-11-22 19:00:00+00', NULL, 1, 0.5, 3, 3),
      ('past midnight', '2026-11-22 10:00:00+00', '2026-11-22 16:01:00+00', NULL, 4, 0, 40, 0),
      ('yesterday', '2026-11-22 10:00:00+00', '2026-11-22 15:59:00+00', NULL, 16, 0, 160, 0),
      ('cut off', '2026-11-22 01:00:00+00', NULL, '2026-11-22 16:01:00+00', NULL, NULL, 100, 20),
      ('cut off after two nights', '2026-11-20 18:00:00+00', NULL, '2026-11-22 17:00:00+00', NULL, NULL, 300, 0),
      ('cut off yesterday', '2026-11-22 01:00:00+00', NULL, '2026-11-22 15:00:00+00', NULL, NULL, 7, 0),
      ('cut off at an unknown time', '2026-11-22 01:00:00+00', NULL, NULL, NULL, NULL, 50, 0)`)
  const spent = (now: number) => spentToday(connection, { timeZone: 'Asia/Shanghai' }, now, 0.1)
  expect(await spent(START + 4 * HOUR)).toBeCloseTo(1 + 0.5 + 4 + 12 + 30 + 5)
  expect(await spent(START + 48 * HOUR)).toBe(0)
})
