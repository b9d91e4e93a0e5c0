import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { summary } from '../../src/commands/run/summary.js'
import { openDatabase } from '../../src/core/duckdb.js'
import { spentByDay } from '../../src/run/budget.js'
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

test('a run that crosses midnight spends of both days: each call counts for the day in which it is sent, also after a rebuild', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const ids = Array.from({ length: 9 }, (_, n) => plainId(n + 1))
  const [list, short] = [writeList(folder, ids), writeList(folder, ids.slice(0, 4), 'short.csv')]
  const api = await simulator()
  const flags = ['--budget-per-day', '0.60', '--max-age', '0s', '--concurrency', '1']
  const runAt = async (now: () => number, input: string) => (await enrichAt(now, input, data, api, ...flags)).receipt
  /** A minute before midnight of that day; after three calls, a minute past it. */
  const crossing = (day: number) => {
    const before = api.ledger.summary().calls
    const midnight = START + (23 + 24 * day) * HOUR
    return () => midnight + (api.ledger.summary().calls < before + 3 ? -60_000 : 60_000)
  }
  const day = (n: number, billed: number) => ({ day: `2026-11-${n}`, billed, maybe_billed: 0 })

  const first = await runAt(crossing(0), short)
  expect(first.calls).toMatchObject({ billed: 4, days: [day(23, 3), day(24, 1)] })
  // Without its receipt the run is rebuilt from its calls.
  for (const gone of ['state', 'raw/receipts']) rmSync(join(data, gone), { recursive: true })
  const second = await runAt(() => START + 30 * HOUR, list)
  expect(second).toMatchObject({ calls: { billed: 3, days: [day(24, 3)] }, ids: { parked: 6 } })
  rmSync(join(data, 'state'), { recursive: true })
  expect((await runAt(() => START + 31 * HOUR, list)).calls).toMatchObject({ sent: 0, days: [] })

  const both = await runAt(crossing(2), list)
  expect(both).toMatchObject({ exit_code: 0, calls: { billed: 7, days: [day(25, 3), day(26, 4)] }, ids: { parked: 2 } })
  expect(both.stop).toMatchObject({
    code: 'budget-per-day',
    run_again: expect.stringContaining('11-26T16:00') as string,
  })
  const shown = summary(both, 'Asia/Shanghai', Date.parse('2026-11-26T10:52:29Z'))
  expect(shown).toContain('again after 2026-11-27 00:00 (Asia/Shanghai), in 5h07m')
  expect(summary(both, 'Asia/Shanghai', Date.parse('2026-11-27T00:00:00Z'))).toContain(
    '00:00 (Asia/Shanghai), which has passed',
  )
  expect(shown).toContain('by day     2026-11-25 ¥0.45, 2026-11-26 ¥0.60\n           days of Asia/Shanghai\n')
})

test('a run counts by the days of its calls; one of an older version counts whole for its last day', async () => {
  const database = await openDatabase(':memory:')
  onTestFinished(() => database.close())
  const { connection } = database
  await connection.run(`
    CREATE TABLE runs (run_id VARCHAR, started_at TIMESTAMPTZ, finished_at TIMESTAMPTZ, last_call_at TIMESTAMPTZ,
      money_billed DOUBLE, money_maybe_billed DOUBLE, billed_calls BIGINT, maybe_billed_calls BIGINT, price DOUBLE,
      billed_by_day VARCHAR);
    INSERT INTO runs VALUES
      ('done', '2026-11-22 18:00:00+00', '2026-11-22 19:00:00+00', NULL, 1, 0.5, 3, 3, 0.25, NULL),
      ('past midnight', '2026-11-22 10:00:00+00', '2026-11-22 16:01:00+00', NULL, 4, 0, 40, 0, 0.1, NULL),
      ('yesterday', '2026-11-22 10:00:00+00', '2026-11-22 15:59:00+00', NULL, 16, 0, 160, 0, 0.1, NULL),
      ('cut off', '2026-11-22 01:00:00+00', NULL, '2026-11-22 16:01:00+00', NULL, NULL, 100, 20, NULL, NULL),
      ('cut off after two nights', '2026-11-20 18:00:00+00', NULL, '2026-11-22 17:00:00+00', NULL, NULL, 300, 0, NULL, NULL),
      ('cut off yesterday', '2026-11-22 01:00:00+00', NULL, '2026-11-22 15:00:00+00', NULL, NULL, 7, 0, NULL, NULL),
      ('cut off at an unknown time', '2026-11-22 01:00:00+00', NULL, NULL, NULL, NULL, 50, 0, NULL, NULL),
      ('with days', '2026-11-22 10:00:00+00', '2026-11-22 16:01:00+00', NULL, 32, 0, 64, 0, 0.5,
        '[{"day":"2026-11-22","billed":60,"maybe_billed":1},{"day":"2026-11-23","billed":2,"maybe_billed":1}]'),
      ('with days, cut off', '2026-11-22 10:00:00+00', NULL, '2026-11-23 16:01:00+00', NULL, NULL, 7, 0, NULL,
        '[{"day":"2026-11-23","billed":3,"maybe_billed":0},{"day":"2026-11-24","billed":4,"maybe_billed":0}]'),
      ('without a call', '2026-11-22 17:00:00+00', '2026-11-22 17:00:00+00', NULL, 0, 0, 0, 0, 0.1, '[]')`)
  const spent = async (now: number) =>
    [...(await spentByDay(connection, { timeZone: 'Asia/Shanghai' }, now, 0.1))].sort()
  const today = 1 + 0.5 + 4 + 12 + 30 + 5 + 1.5 + 0.3
  expect(await spent(START + 4 * HOUR)).toEqual([
    ['2026-11-23', expect.closeTo(today) as number],
    ['2026-11-24', expect.closeTo(0.4) as number],
  ])
  expect(await spent(START + 48 * HOUR)).toEqual([])
})
