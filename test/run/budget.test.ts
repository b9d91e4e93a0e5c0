import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { summary } from '../../src/commands/run/summary.js'
import { spentByDay } from '../../src/run/budget.js'
import { opened } from '../load/opened.js'
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

test('money is that of table spending, at the price of each run; a call whose price is not known counts at the price of this run', async () => {
  const { connection } = (await opened()).warehouse
  await connection.run(`
    INSERT INTO spending BY NAME
    SELECT 'run' AS run_id, list, calendar_day::DATE AS calendar_day, price, billed AS billed_calls, maybe AS maybe_billed_calls,
      billed * price AS money_billed, maybe * price AS money_maybe_billed
    FROM (VALUES
      ('a', '2026-11-22', 0.5, 60, 1),
      ('a', '2026-11-23', 0.5, 2.5, 1), ('b', '2026-11-23', 0.5, 0.5, 0),
      (NULL, '2026-11-23', NULL, 10, 4),
      ('a', '2026-11-24', 0.2, 4, 0), ('b', '2026-11-25', 0.2, 0, 0)
    ) AS rows(list, calendar_day, price, billed, maybe)`)
  const spent = async (now: number) =>
    [...(await spentByDay(connection, { timeZone: 'Asia/Shanghai' }, now, 0.1))].sort()
  expect(await spent(START + 4 * HOUR)).toEqual([
    ['2026-11-23', expect.closeTo(1.5 + 0.5 + 1.4) as number],
    ['2026-11-24', expect.closeTo(0.8) as number],
  ])
  expect(await spent(START + 72 * HOUR)).toEqual([])
})
