import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { openDatabase, quotedText, type ReadCell } from '../../src/core/duckdb.js'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { readStatus } from '../../src/dataFolder/runStatus.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { forgetHere, replayHere } from '../support/replayHere.js'
import { enrich, enrichAll, enrichAt, simulator, startRun, TOKEN } from '../support/simulated.js'

const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => plainId(from + n))
/** Half past eleven at night in Shanghai, on the 31st of October. */
const NIGHT = Date.UTC(2026, 9, 31, 15, 30)
const HOUR = 3_600_000

const ROWS = `SELECT list, calendar_day, price, asked_ids, calls, billed_calls, maybe_billed_calls, money_billed, money_maybe_billed
FROM spending ORDER BY run_id, calendar_day, list`

/** Runs whose receipt differs from the sums of `spending`. */
const WRONG_SUMS = `
SELECT runs.run_id
FROM runs LEFT JOIN (
  SELECT run_id, sum(asked_ids) AS asked, sum(calls) AS calls, sum(billed_calls) AS billed,
    sum(maybe_billed_calls) AS maybe, sum(money_billed) AS money, sum(money_maybe_billed) AS maybe_money
  FROM spending GROUP BY run_id
) AS s USING (run_id)
WHERE coalesce(s.calls, 0) <> runs.calls OR coalesce(billed, 0) <> billed_calls OR coalesce(maybe, 0) <> maybe_billed_calls
  OR (status <> 'interrupted' AND coalesce(asked, 0) <> asked_ids)
  OR coalesce(money, 0) <> coalesce(runs.money_billed::DECIMAL(18,6), 0)
  OR coalesce(maybe_money, 0) <> coalesce(runs.money_maybe_billed::DECIMAL(18,6), 0)`

/** The rows of `spending`, which must add up to the receipts. */
async function addedUp(data: string): Promise<Record<string, ReadCell>[]> {
  expect(await published(data, WRONG_SUMS)).toEqual([])
  return published(data, ROWS)
}

/** The same, which must also be what a replay gives. */
async function checked(data: string): Promise<Record<string, ReadCell>[]> {
  expect((await replayHere(data, { check: true })).differences).toEqual([])
  return addedUp(data)
}

/** Takes from the receipts what versions before the table did not write, and makes the tables again with a replay. */
async function asOlderFolder(data: string): Promise<void> {
  const database = await openDatabase(':memory:')
  const receipts = join(data, 'raw/receipts')
  for (const name of readdirSync(receipts, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.parquet')) continue
    const file = quotedText(join(receipts, name))
    const older = `SELECT * EXCLUDE (spending) FROM read_parquet(${file}, hive_partitioning = false)`
    await database.connection.run(`CREATE OR REPLACE TABLE receipt AS ${older}`)
    await database.connection.run(`COPY receipt TO ${file} (FORMAT parquet)`)
  }
  await database.close()
  rmSync(join(data, 'state'), { recursive: true })
  expect((await replayHere(data)).exit_code).toBe(0)
}

test('an id in k lists of a run counts 1/k in each; the sums are those of the runs, also after forget and in an older folder', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  // Three lists share one id: a third is not a finite decimal.
  const lists = [
    writeList(folder, ids(1, 4), 'a.csv'),
    writeList(folder, ids(4, 6), 'b.csv'),
    writeList(folder, [...ids(4, 4), ...ids(6, 7), '5f00000000000000c0de0201', '5f00000000000000c0de2301'], 'c.csv'),
  ]
  const api = await simulator()
  await enrichAt(() => NIGHT, lists[0]!, data, api, '--price', '0.07')
  const { receipt } = await enrichAll(lists, data, api, '--max-age', '0s')
  expect(receipt).toMatchObject({ asked_ids: 9, calls: { sent: 11, billed: 8, maybe_billed: 1 } })

  const rows = await checked(data)
  const byList = rows.filter(({ price }) => price === 0.15)
  expect(rows.filter(({ price }) => price === 0.07)).toMatchObject([
    { list: 'a', calendar_day: '2026-10-31', asked_ids: 4, billed_calls: 4, money_billed: 0.28 },
  ])
  expect(byList).toMatchObject([
    { list: 'a', asked_ids: 3.333334, calls: 3.333334, billed_calls: 3.333334, money_billed: 0.5 },
    { list: 'b', asked_ids: 1.833333, billed_calls: 1.833333, maybe_billed_calls: 0, money_billed: 0.275 },
    { list: 'c', asked_ids: 3.833333, calls: 5.833333, billed_calls: 2.833333, money_billed: 0.425 },
  ])
  expect(byList[2]).toMatchObject({ maybe_billed_calls: 1, money_maybe_billed: 0.15 })
  // An older folder is filled from its calls and input rows.
  await asOlderFolder(data)
  expect(await addedUp(data)).toEqual(rows)

  // Before their calls are dropped, the receipts get the rows.
  const trimmed = join(folder, 'trimmed')
  cpSync(data, trimmed, { recursive: true, verbatimSymlinks: true })
  const last = await enrichAt(() => Date.now() + 72 * HOUR, lists[0]!, trimmed, api, '--keep-raw', '1d')
  expect(last.receipt.calls.sent).toBe(4)
  expect(readdirSync(join(trimmed, 'raw/answers'))).toHaveLength(1)
  expect((await checked(trimmed)).slice(0, rows.length)).toEqual(rows)

  await forgetHere(data, plainId(5))
  expect(await checked(data)).toEqual(rows)
  // A call that is gone before the receipt has its rows is known from the receipt alone, which names no list.
  await asOlderFolder(data)
  const after = await addedUp(data)
  expect(after.filter(({ list }) => list === null)).toMatchObject([
    { asked_ids: 1, calls: 1, billed_calls: 1, money_billed: 0.15 },
  ])
})

test('a run that crosses midnight has rows of both days; an id counts on its first', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, [...ids(1, 2), '5f00000000000000c0de1301'])
  const api = await simulator()
  const now = () => NIGHT + (api.ledger.summary().calls < 3 ? 0 : HOUR)
  await enrichAt(now, list, data, api, '--concurrency', '1')
  expect(await checked(data)).toMatchObject([
    { calendar_day: '2026-10-31', asked_ids: 3, calls: 3, billed_calls: 2, money_billed: 0.3 },
    { calendar_day: '2026-11-01', asked_ids: 0, calls: 1, billed_calls: 1, money_billed: 0.15 },
  ])
  expect(
    await published(
      data,
      'SELECT list, calendar_month, asked_ids, calls, money_billed FROM list_costs ORDER BY calendar_month',
    ),
  ).toEqual([
    { list: 'creators', calendar_month: '2026-10-01', asked_ids: 3, calls: 3, money_billed: 0.3 },
    { list: 'creators', calendar_month: '2026-11-01', asked_ids: 0, calls: 1, money_billed: 0.15 },
  ])
  expect(
    await published(
      data,
      'SELECT calendar_day, runs, calls, billed_calls, money_billed, unpriced_calls, currency FROM spend_daily ORDER BY calendar_day',
    ),
  ).toMatchObject([
    {
      calendar_day: '2026-10-31',
      runs: 1,
      calls: 3,
      billed_calls: 2,
      money_billed: 0.3,
      unpriced_calls: 0,
      currency: 'CNY',
    },
    { calendar_day: '2026-11-01', calls: 1 },
  ])
})

test('the calls of a run that was killed have their price and, if it was the only one, their list', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, ids(1, 6))
  let arrive: () => void = () => undefined
  const arrived = new Promise<void>((resolve) => (arrive = resolve))
  const api = await simulator({
    before: ({ arrival }) => {
      if (arrival < 3) return undefined
      arrive()
      return new Promise(() => undefined)
    },
  })
  const { child, ended } = startRun([list], data, api, '--concurrency', '1', '--price', '0.2')
  await arrived
  await vi.waitFor(() => expect(readStatus(layoutOf(data).status)).toMatchObject({ billed: 2 }), { timeout: 30_000 })
  child.kill('SIGKILL')
  await ended
  const copy = join(folder, 'copy')
  cpSync(data, copy, { recursive: true })
  rmSync(join(copy, 'exports'), { recursive: true, force: true })
  writeFileSync(join(copy, 'exports'), 'not a folder')
  const command = ['run', list, '--api', api.url, '--data', copy, '--price', '0.1']
  const failed = await commandHere(command, { env: { JUSTONEAPI_TOKEN: TOKEN } })
  expect(failed).toMatchObject({ code: 7, stderr: expect.stringMatching(/exit=killed .* money=¥0\.40/) as string })
  // 0.60 of the day is spent, so one more call at another price fits.
  const next = await enrich(list, data, await simulator(), '--price', '0.1', '--budget-per-day', '0.75')
  expect(next.stderr).toContain('calls=3 billed=2 maybe_billed=1 money=¥0.40+¥0.20?')
  expect(next.receipt).toMatchObject({ calls: { sent: 1, billed: 1 }, exit_code: 0 })
  expect(await checked(data)).toMatchObject([
    { list: 'creators', price: 0.2, asked_ids: 3, calls: 3, billed_calls: 2, maybe_billed_calls: 1, money_billed: 0.4 },
    { list: 'creators', price: 0.1, calls: 1, money_billed: 0.1 },
  ])
  expect(await published(data, 'SELECT status, price, money_billed FROM runs ORDER BY run_id LIMIT 1')).toEqual([
    { status: 'interrupted', price: 0.2, money_billed: 0.4 },
  ])
})
