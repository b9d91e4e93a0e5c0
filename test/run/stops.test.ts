import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadPipeline } from '../../src/model/pipeline.js'
import type { SimulatorSettings } from '../../src/simulator/settings.js'
import { placeEmptyWarehouse } from '../support/emptyWarehouse.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { sharedFolder } from '../support/sharedFolder.js'
import { enrich, receiptOf, refused, simulator, startRun } from '../support/simulated.js'

const CONCURRENCY = 8
const IDS = Array.from({ length: 40 }, (_, n) => plainId(n + 1))
const args = ['--concurrency', String(CONCURRENCY)]

function setUp() {
  const folder = temporaryFolder()
  return { folder, data: join(folder, 'data'), list: writeList(folder, IDS) }
}

interface Stop {
  readonly what: string
  readonly at: Partial<SimulatorSettings>
  readonly code: number
  readonly exit: number
  readonly reason: string
  readonly parked: string
  /** Charged answers of this run and those before it. */
  readonly paid: number
}

const NO_STOP = { tokens: null, permission: true, quota: null, balance: null, budget: null }
const STOPS: readonly Stop[] = [
  {
    what: 'a token that is refused',
    at: { tokens: ['another'] },
    code: 100,
    exit: 4,
    reason: 'token',
    parked: 'stopped',
    paid: 0,
  },
  {
    what: 'an endpoint that is not activated',
    at: { permission: false },
    code: 600,
    exit: 4,
    reason: 'permission',
    parked: 'stopped',
    paid: 0,
  },
  { what: 'the daily quota', at: { quota: 12 }, code: 303, exit: 5, reason: 'quota', parked: 'quota', paid: 12 },
  { what: 'the balance', at: { balance: 8 }, code: 601, exit: 5, reason: 'balance', parked: 'balance', paid: 20 },
  {
    what: "the token's own budget",
    at: { budget: 8 },
    code: 602,
    exit: 5,
    reason: 'balance',
    parked: 'balance',
    paid: 28,
  },
]

/** One folder and one command: each run goes on where the one before was stopped, and the last one comes to the end. */
const stoppedRuns = sharedFolder(async (folder) => {
  const data = join(folder, 'data')
  const list = writeList(folder, IDS)
  const api = await simulator({ latencyMs: 5 })
  const runs = []
  for (const at of [...STOPS.map((stop) => stop.at), {}]) {
    api.change({ ...NO_STOP, ...at })
    const before = api.ledger.entries.length
    const { code, receipt } = await enrich(list, data, api, ...args)
    const parked = await published(data, `SELECT DISTINCT reason FROM list_members WHERE status = 'parked'`)
    runs.push({ code, receipt, parked, calls: api.ledger.entries.slice(before), charges: api.ledger.chargesById() })
  }
  return runs
})

describe('what stops the whole run', () => {
  test.each(STOPS.map((stop, at) => ({ ...stop, at })))(
    '$what ($code): exit $exit after the calls in flight, and the same command goes on',
    async ({ at, code, exit, reason, parked, paid }) => {
      const { made: runs } = await stoppedRuns()
      const [first, second] = [runs[at]!, runs[at + 1]!]
      expect(first.code).toBe(exit)
      expect(first.receipt).toMatchObject({ exit_code: exit, stop: { reason, code: String(code) }, reconciled: true })
      const refused = first.calls.filter((entry) => entry.code === code).length
      expect(refused).toBeGreaterThan(0)
      expect(refused).toBeLessThanOrEqual(CONCURRENCY)
      const before = STOPS[at - 1]?.paid ?? 0
      expect(first.calls.filter(({ charged }) => charged)).toHaveLength(paid - before)
      expect(first.receipt.ids).toMatchObject({
        read: IDS.length,
        reused: before,
        enriched: paid - before,
        parked: IDS.length - paid,
      })
      expect(first.parked).toEqual([{ reason: parked }])

      expect(second.code).toBe(STOPS[at + 1]?.exit ?? 0)
      const next = STOPS[at + 1]?.paid ?? IDS.length
      expect(second.receipt.ids).toMatchObject({ read: IDS.length, reused: paid, enriched: next - paid })
      expect([...second.charges.values()].every((n) => n === 1)).toBe(true)
    },
  )

  test('the last of these runs comes to the end, and has paid each id once', async () => {
    const last = (await stoppedRuns()).made.at(-1)!
    expect(last).toMatchObject({ code: 0, receipt: { ids: { parked: 0 } }, parked: [] })
    expect(last.charges).toEqual(new Map(IDS.map((id) => [id, 1])))
  })

  test('a refusal at the very first call costs one call', async () => {
    expect((await stoppedRuns()).made[0]!.calls).toHaveLength(1)
  })

  test('a wrong route (404): exit 4', async () => {
    const { data, list } = setUp()
    const api = await simulator({ before: () => ({ code: 404 }) })
    const { code, receipt } = await enrich(list, data, api, ...args)
    expect(code).toBe(4)
    expect(receipt.stop).toMatchObject({ reason: 'route', code: '404' })
  })

  test('a redirect: exit 2, the token is not sent on, the error names only the host', async () => {
    const { data, list } = setUp()
    const api = await simulator({ before: () => ({ fault: 26 }) })
    const { code, receipt } = await enrich(list, data, api, ...args)
    expect(code).toBe(2)
    expect(api.ledger.summary().redirectsFollowed).toBe(0)
    expect(receipt.stop?.message).toContain('localhost')
    expect(receipt.stop?.message).not.toContain('__elsewhere')
  })

  test('an API that cannot be reached: exit 6 after --give-up, no call is counted as paid', async () => {
    const { data, list } = setUp()
    const api = await simulator()
    await api.close()
    const { code, receipt } = await enrich(list, data, api, ...args, '--give-up', '300ms')
    expect(code).toBe(6)
    expect(receipt.calls).toMatchObject({ billed: 0, maybe_billed: 0 })
    expect(receipt.ids.enriched).toBe(0)
  })
})

test('an export that cannot be written: exit 7, recorded in table runs; the next run publishes without a call', async () => {
  const { data, list } = setUp()
  const api = await simulator()
  const obstacle = join(data, 'exports', 'creators.csv')
  mkdirSync(obstacle, { recursive: true })
  const first = await refused(enrich(list, data, api))
  expect(first.code).toBe(7)
  expect(first.stderr).toContain(obstacle)

  rmSync(obstacle, { recursive: true })
  api.ledger.clear()
  const second = await enrich(list, data, api)
  expect(second.receipt.ids).toMatchObject({ read: IDS.length, reused: IDS.length })
  expect(api.ledger.summary().calls).toBe(0)
  expect(await published(data, 'SELECT status, exit_code FROM runs ORDER BY started_at')).toEqual([
    { status: 'interrupted', exit_code: 7 },
    { status: 'done', exit_code: 0 },
  ])
})

test('raw/ that cannot be written: all is published, with a receipt and exit 7; the next run seals the calls', async () => {
  const { data, list } = setUp()
  const receipts = join(data, 'raw', 'receipts')
  const obstacle = join(receipts, `date=${new Date().toISOString().slice(0, 10)}`)
  let blocked = false
  const api = await simulator({
    before: () => {
      if (blocked) return undefined
      blocked = true
      mkdirSync(receipts, { recursive: true })
      writeFileSync(obstacle, '')
      return undefined
    },
  })
  const first = await enrich(list, data, api)
  expect(first).toMatchObject({ code: 7, receipt: { ids: { read: IDS.length, enriched: IDS.length } } })
  expect(first.stderr).toContain(obstacle)
  expect(await published(data, 'SELECT count(*) AS n FROM creators')).toEqual([{ n: IDS.length }])

  rmSync(obstacle)
  expect(await enrich(list, data, api)).toMatchObject({ code: 0, receipt: { ids: { reused: IDS.length } } })
  expect(readdirSync(receipts, { recursive: true }).filter((name) => String(name).endsWith('.parquet'))).toHaveLength(2)
  expect(await published(data, 'SELECT status, exit_code FROM runs ORDER BY started_at')).toEqual([
    { status: 'done', exit_code: 7 },
    { status: 'done', exit_code: 0 },
  ])
})

describe('caps', () => {
  test('--max-calls is never overrun; the rest is parked, exit 0', async () => {
    const { data, list } = setUp()
    const api = await simulator({ latencyMs: 2, shares: { 301: 0.3 } })
    const { code, receipt } = await enrich(list, data, api, ...args, '--max-calls', '25')
    expect(code).toBe(0)
    expect(api.ledger.summary().calls).toBe(25)
    expect(receipt.stop).toMatchObject({ reason: 'cap' })
    expect(receipt.ids.parked).toBeGreaterThan(0)
    expect(await published(data, `SELECT DISTINCT reason FROM list_members WHERE status = 'parked'`)).toEqual([
      { reason: 'cap' },
    ])
  })

  test('--budget counts calls that are billed and calls that may be', async () => {
    const { data, list } = setUp()
    const api = await simulator({ latencyMs: 2 })
    const { code, receipt } = await enrich(list, data, api, ...args, '--budget', '2', '--price', '0.15')
    expect(code).toBe(0)
    expect(api.ledger.summary().charged).toBe(13)
    expect(receipt.ids).toMatchObject({ enriched: 13, parked: IDS.length - 13 })
  })
})

describe('signals', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: calls in flight are waited for, the rest is parked, exit %i', async (signal, exit) => {
    const { data, list } = setUp()
    let arrived = 0
    const run: { kill?: () => void } = {}
    const api = await simulator({
      latencyMs: 50,
      before: () => {
        arrived += 1
        if (arrived === 20) run.kill?.()
        return undefined
      },
    })
    await placeEmptyWarehouse(data, await loadPipeline(undefined))
    const { child, ended } = startRun([list], data, api, ...args)
    run.kill = () => child.kill(signal)
    const end = await ended
    expect(end.code).toBe(exit)
    const receipt = receiptOf(end)
    expect(receipt.stop).toMatchObject({ reason: 'signal' })
    expect(receipt.ambiguous_calls).toBe(0)
    expect(receipt.calls.codes.reduce((sum, { calls }) => sum + calls, 0)).toBe(receipt.calls.sent)
    const { charged, calls } = api.ledger.summary()
    expect(calls).toBeLessThanOrEqual(20 + CONCURRENCY)
    expect(receipt.ids).toMatchObject({ enriched: charged, parked: IDS.length - charged })

    const second = await enrich(list, data, api, ...args)
    expect(second.code).toBe(0)
    expect([...api.ledger.chargesById().values()].every((n) => n === 1)).toBe(true)
  })
})
