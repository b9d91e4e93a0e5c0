import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DAY_MS } from '../../src/core/time.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { checkReplay } from '../support/replayed.js'
import { replayHere } from '../support/replayHere.js'
import { sharedFolder } from '../support/sharedFolder.js'
import { enrich, enrichAt, enrichUntil, refused, simulator, startRun } from '../support/simulated.js'

const YEAR = 365 * DAY_MS
const HOUR = 3_600_000
const idsFrom = (first: number, count: number) => Array.from({ length: count }, (_, n) => plainId(first + n))

/** Six ids, whose answers are dated a year ahead. */
const yearAhead = sharedFolder(async (folder) => {
  await (await openFolder(6, {}, folder)).runAt(YEAR)
})

/** A folder, and an API whose `Date` is that of each run's clock unless `dateShiftMs` is set. */
async function openFolder(count = 6, options: Parameters<typeof simulator>[0] = {}, folder = temporaryFolder()) {
  const data = join(folder, 'data')
  const ids = idsFrom(1, count)
  const list = writeList(folder, ids)
  const api = await simulator(options)
  const calls = () => {
    const { calls: sent } = api.ledger.summary()
    api.ledger.clear()
    return sent
  }
  const runAt = (shiftMs: number, ...args: string[]) => enrichAt(() => Date.now() + shiftMs, list, data, api, ...args)
  const run = (...args: string[]) => enrich(list, data, api, ...args)
  const json = async <T>(...args: string[]) => {
    const { stdout, code, stderr } = await commandHere([...args, '--data', data, '--json'])
    if (code !== 0) throw new Error(stderr)
    return JSON.parse(stdout) as T
  }
  const text = async (...args: string[]) => (await commandHere([...args, '--data', data])).stdout
  const replayCheck = () => checkReplay(data)
  return { folder, data, ids, list, api, calls, runAt, run, json, text, replayCheck }
}

interface Plan {
  readonly due: { readonly ids: number; readonly reasons: readonly { reason: string; ids: number }[] }
}

describe('a clock that was a year ahead', () => {
  test('its answers are fetched again once; they stay in history, marked', async () => {
    const { data, list, calls, runAt, run, json, text, replayCheck, api } = await openFolder()
    await run('--max-age', '1h')
    await runAt(YEAR)
    expect(calls()).toBe(12)
    expect(await replayCheck()).toEqual([])

    expect((await json<Plan>('plan', list)).due).toMatchObject({ ids: 6, reasons: [{ reason: 'ahead', ids: 6 }] })
    expect(await text('plan', list)).toContain('dated ahead: 6')
    expect(await text('status')).toMatch(/clock +6 creators have answers that are dated ahead of this machine's clock/)

    api.change({ night: 1 })
    const first = await run()
    expect(first).toMatchObject({ code: 0, receipt: { ids: { enriched: 6 }, corrected_runs: 1 } })
    expect(first.stderr).toContain("the answers of 6 ids are dated more than an hour ahead of this machine's clock")
    expect(calls()).toBe(6)
    const second = await run()
    expect(second.receipt).toMatchObject({ ids: { reused: 6 }, calls: { sent: 0 } })
    expect(calls()).toBe(0)
    expect(await json<Plan>('plan', list)).toMatchObject({ due: { ids: 0 } })
    expect(await text('status')).not.toContain('dated ahead')

    expect(
      await published(
        data,
        `SELECT count(*) AS creators, bool_and(run_id = '${first.receipt.run_id}') AS of_first,
           bool_and(last_fetched_at <= now()) AS past FROM creators`,
      ),
    ).toEqual([{ creators: 6, of_first: true, past: true }])
    expect(
      await published(
        data,
        `SELECT count(*) AS rows, count(dated_ahead_at) AS marked, bool_and(observed_at <= now()) AS past,
           bool_and(dated_ahead_at IS NULL OR dated_ahead_at > now() + INTERVAL 300 DAY) AS kept
         FROM creator_counters`,
      ),
    ).toEqual([{ rows: 18, marked: 6, past: true, kept: true }])
    expect(await published(data, 'SELECT count(*) AS n FROM creator_versions WHERE valid_from > now()')).toEqual([
      { n: 0 },
    ])
    expect(await replayHere(data)).toMatchObject({ exit_code: 0, differences: [] })
  })

  test('a run that is cut off while it fetches them again is not paid twice', async () => {
    const ofKilled: { arrived: number; kill?: () => void } = { arrived: 0 }
    const before = () => {
      ofKilled.arrived += 1
      if (ofKilled.arrived === 30) ofKilled.kill?.()
      return undefined
    }
    const { data, folder, api, run, replayCheck } = await openFolder(1, { before })
    const [empty, misdelivered] = ['5f00000000000000c0de0201', '5f00000000000000fa170062']
    const ids = [...idsFrom(1, 28), empty, misdelivered]
    const list = writeList(folder, ids)
    // A clock that stands still: all answers come at the end of the run, so that their corrected times are the latest possible.
    const stopped = Date.now() + YEAR
    await enrichAt(() => stopped, list, data, api)
    api.ledger.clear()
    ofKilled.arrived = 0
    const { child, ended } = startRun([list], data, api, '--concurrency', '1')
    ofKilled.kill = () => child.kill('SIGKILL')
    expect((await ended).code).toBe(137)

    const { receipt } = await run()
    expect(receipt.recovered).toMatchObject({ answers: 29, unknown: 1 })
    const calls = ids.map((id) => api.ledger.entries.filter((entry) => entry.id === id).length)
    expect(calls.filter((times) => times > 1)).toEqual([2])
    expect((await run()).receipt.calls.sent).toBe(0)
    expect(await replayCheck()).toEqual([])
  })

  test('a stop during the first call parks the others: they are not reused as they are dated', async () => {
    const stop = new AbortController()
    let stops = true
    const before = () => {
      if (stops) stop.abort(130)
      return undefined
    }
    const { data, list, api, run } = await openFolder(6, { before }, (await yearAhead()).folder)
    api.change({ dateShiftMs: null })
    const { code, receipt } = await enrichUntil(stop.signal, list, data, api)
    expect([code, receipt.ids]).toMatchObject([130, { enriched: 1, reused: 0, parked: 5 }])
    expect(receipt.money.saved).toBe(0)
    stops = false
    api.change({ dateShiftMs: 0 })
    expect((await run()).receipt.ids).toMatchObject({ enriched: 5, reused: 1 })
  })

  test('what a cap leaves is fetched by the next run, and keeps its profile until then', async () => {
    const { data, calls, run, replayCheck } = await openFolder(6, {}, (await yearAhead()).folder)
    expect(await run('--max-calls', '2')).toMatchObject({ code: 0, receipt: { ids: { enriched: 2, parked: 4 } } })
    expect(await published(data, 'SELECT count(nickname) AS n FROM creators')).toEqual([{ n: 6 }])
    expect((await run()).receipt).toMatchObject({ ids: { enriched: 4, reused: 2 } })
    expect((await run()).receipt.calls.sent).toBe(0)
    expect(calls()).toBe(6)
    expect(await replayCheck()).toEqual([])
  })

  test('empty and failed answers, and a list that was read then, count no longer either', async () => {
    const { data, folder, api, runAt, run, replayCheck } = await openFolder(2)
    const empty = '5f00000000000000c0de0201'
    const misdelivered = '5f00000000000000fa170062'
    const lost = '5f00000000000000fa170001'
    const ids = [plainId(1), empty, misdelivered, lost]
    writeList(folder, [...ids, plainId(9)])
    await runAt(YEAR, '--attempts', '2')
    writeList(folder, ids)
    const first = await run('--attempts', '2')
    expect(first.receipt).toMatchObject({ asked_ids: 4, corrected_runs: 1 })
    api.ledger.clear()
    // The lost call is repeated in every run, as always.
    expect((await run('--attempts', '2')).receipt.asked_ids).toBe(1)
    expect(await published(data, 'SELECT ids FROM lists')).toEqual([{ ids: 4 }])
    expect(await replayCheck()).toEqual([])
  })

  test('an API that does not say its time shows nothing: one call, then the answers count as they are dated', async () => {
    const { api, calls, runAt, run, replayCheck } = await openFolder()
    api.change({ dateShiftMs: null })
    await runAt(YEAR)
    calls()
    const ran = await run()
    expect(ran).toMatchObject({ code: 0, receipt: { ids: { enriched: 1, reused: 5 }, corrected_runs: 0 } })
    expect(ran.stderr).toContain('does not say whether the clock is right')
    expect(calls()).toBe(1)
    expect(await replayCheck()).toEqual([])
  })
})

describe('a clock that is wrong now', () => {
  test.each([
    ['a year ahead', YEAR, '365 days ahead'],
    ['two hours ahead', 2 * HOUR, '2.0 hours ahead'],
    ['a year behind', -YEAR, '365 days behind'],
  ])('%s: the first answer stops the run; it is kept, with the right date', async (_, shift, far) => {
    const { data, api, calls, runAt, run, replayCheck } = await openFolder()
    // Not shared with the runs.
    api.change({ dateShiftMs: 1 })
    const stopped = await refused(runAt(shift))
    expect(stopped.code).toBe(7)
    expect(stopped.stderr).toContain(`the clock of this machine is ${far}`)
    expect(stopped.stderr).toContain(new Date().toISOString().slice(0, 13))
    expect(stopped.stderr).toContain(new Date(Date.now() + shift).toISOString().slice(0, 13))
    expect(stopped.stderr).toContain('Set the clock')
    expect(stopped.stderr.split('\n')).toHaveLength(1)
    expect(calls()).toBe(1)
    expect(readdirSync(join(data, 'state', 'journal')).filter((name) => name !== 'loaded')).toHaveLength(1)

    const first = await run()
    expect(first.receipt.recovered.answers).toBe(1)
    // The start of a slow run is that old, and freshness counts from it.
    expect(calls()).toBe(shift < 0 ? 6 : 5)
    expect((await run()).receipt.calls.sent).toBe(0)
    expect(await published(data, 'SELECT bool_and(observed_at <= now()) AS past FROM creator_counters')).toEqual([
      { past: true },
    ])
    expect(await replayCheck()).toEqual([])
  })

  test('a slow clock that would pay for everything again sends one call', async () => {
    const { api, calls, runAt, run, replayCheck } = await openFolder(40)
    await runAt(-2 * HOUR)
    calls()
    api.change({ dateShiftMs: 1 })
    expect((await refused(runAt(-3 * DAY_MS))).code).toBe(7)
    expect(calls()).toBe(1)
    // The run of that one answer began three days ago by its clock, so it is fetched again; the others are fresh.
    expect((await run()).receipt.calls.sent).toBe(1)
    expect((await run()).receipt.calls.sent).toBe(0)
    expect(await replayCheck()).toEqual([])
  })

  test.each([
    ['no Date', { dateShiftMs: null }, 0],
    ['a cached Date with its Age', { dateShiftMs: -2 * HOUR, age: '7200' }, 0],
    ['a cached Date with an Age that cannot be read', { dateShiftMs: -2 * HOUR, age: 'old' }, 0],
    ['half an hour apart', { dateShiftMs: HOUR / 2 }, 0],
  ])('%s: the run goes on', async (_, settings, code) => {
    const { api, run } = await openFolder()
    api.change(settings)
    expect((await run()).code).toBe(code)
  })
})
