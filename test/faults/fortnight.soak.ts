import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/core/duckdb.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import type { Receipt } from '../../src/model/receipt.js'
import type { SimulatorSettings } from '../../src/simulator/settings.js'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.js'
import { startCli, type Ended } from '../support/cli.js'
import { writeList } from '../support/lists.js'
import { samplesByKey } from '../support/prometheusText.js'
import { TOKEN } from '../support/simulated.js'
import { idsOf } from './sandbox.js'

/** The timer starts a run at each multiple of this time, unless the run before is still on. A profile is due after half of it. */
const NIGHT_MS = 6_000
const PRICE = 0.15
/** One of them is empty and one invalid: neither is due again within a fortnight of seconds. */
const IDS = idsOf(40)
const DUE = IDS.length - 2

interface Night {
  readonly what: string
  /** The alerts that fire an hour before the next night. */
  readonly alerts?: readonly string[]
  /** The exit code; 137: killed. */
  readonly code: number
  /** How the API behaves in this night. */
  readonly api?: Partial<SimulatorSettings>
  /** Every call gets an error page of a gateway. */
  readonly isDown?: true
  /** This signal reaches the run as soon as so many calls have arrived. */
  readonly signal?: readonly [name: NodeJS.Signals, afterCalls: number]
  /** What happens to the data folder before this night. */
  readonly before?: (data: string) => Promise<void> | void
}

const NIGHTS: readonly Night[] = [
  { what: 'the list is given for the first time', code: 0 },
  { what: 'a quiet night', code: 0 },
  { what: 'the quota ends', alerts: ['CreatorEnrichStopped'], code: 5, api: { quota: 15 } },
  { what: 'the night after', code: 0 },
  { what: 'half of the calls fail', alerts: ['CreatorEnrichManyFailed'], code: 3, api: { shares: { 500: 0.5 } } },
  { what: 'the night after', code: 0 },
  { what: 'SIGTERM', code: 143, signal: ['SIGTERM', 12] },
  {
    what: 'kill -9',
    alerts: ['CreatorEnrichNotRun', 'CreatorEnrichNoSuccess', 'CreatorEnrichOverdue'],
    code: 137,
    signal: ['SIGKILL', 20],
  },
  { what: 'the night after two stops', code: 0 },
  { what: 'the API is down', alerts: ['CreatorEnrichStopped'], code: 6, isDown: true },
  {
    what: 'the token is refused',
    alerts: ['CreatorEnrichTokenRefused', 'CreatorEnrichNoSuccess', 'CreatorEnrichOverdue'],
    code: 4,
    api: { tokens: ['another'] },
  },
  { what: 'an upgrade that reads answers in another way', code: 0, before: (data) => anOlderVersion(data) },
  { what: 'state/ is lost', code: 0, before: (data) => rmSync(join(data, 'state'), { recursive: true }) },
  { what: 'the last night', code: 0 },
]

/** The working database as a version with older rules left it: the next run rebuilds it. */
async function anOlderVersion(data: string): Promise<void> {
  const database = await openDatabase(join(data, 'state', 'warehouse.duckdb'))
  await database.connection.run('UPDATE data_folder SET reading = reading - 1').finally(() => database.close())
}

/** What a night left behind for an operator. Nothing else is looked at. */
interface Trace {
  /** When the timer started it, seconds since 1970. */
  readonly startedAt: number
  readonly code: number
  readonly stderr: string
  /** What `--json` printed; undefined when the run was killed. */
  readonly receipt: Receipt | undefined
  /** `metrics/creator-enrich.prom` after it. */
  readonly metrics: Readonly<Record<string, number>>
  /** What the log file got in this night. */
  readonly log: string
}

const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-nights-'))
const data = join(folder, 'data')
const log = join(folder, 'nights.log')
const traces: Trace[] = []
let api: Simulator
/** The night of the API, and its calls so far. */
let current: Night = NIGHTS[0]!
let calls = 0
let onCall = (): void => undefined

beforeAll(async () => {
  api = await startSimulator({
    pipeline: await loadPipeline(undefined),
    latencyMs: 20,
    jitterMs: 20,
    before: () => {
      calls += 1
      onCall()
      return current.isDown ? { fault: 20 } : undefined
    },
  })
  const list = writeList(folder, IDS)
  const began = Date.now()
  for (const [index, night] of NIGHTS.entries()) {
    await nextTick(began)
    await night.before?.(data)
    traces.push(await aNight(index, night, index === 0 ? [list, '--track'] : ['--tracked']))
  }
}, 900_000)
afterAll(async () => {
  console.log(story())
  await api.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Waits for the next multiple of a night since the timer was set. */
async function nextTick(began: number): Promise<void> {
  const passed = Date.now() - began
  await delay(Math.ceil(passed / NIGHT_MS) * NIGHT_MS - passed)
}

async function aNight(index: number, night: Night, what: readonly string[]): Promise<Trace> {
  const usual = { quota: null, shares: {}, tokens: null, night: index }
  current = night
  calls = 0
  api.change({ ...usual, ...night.api })
  const logged = existsSync(log) ? readFileSync(log, 'utf8').length : 0
  const flags = ['--api', api.url, '--data', data, '--max-age', `${NIGHT_MS / 2000}s`, '--concurrency', '4']
  // On a slow machine, even the calls of half a good night may all fail for a second.
  const giveUp = night.isDown ? '200ms' : '10m'
  const limits = ['--attempts', '2', '--give-up', giveUp, '--json', '--quiet', '--log-file', log]
  const startedAt = Date.now() / 1000
  // As cron does it: no HOME, and not in the project's folder.
  const run = startCli(['run', ...what, ...flags, ...limits], { cwd: '/', env: { JUSTONEAPI_TOKEN: TOKEN, LANG: 'C' } })
  onCall = () => {
    if (night.signal && calls === night.signal[1]) run.child.kill(night.signal[0])
  }
  const ended = await run.ended
  return {
    ...ended,
    startedAt,
    receipt: receiptIn(ended),
    metrics: samplesByKey(readFileSync(join(data, 'metrics', 'creator-enrich.prom'), 'utf8')),
    log: readFileSync(log, 'utf8').slice(logged),
  }
}

function receiptIn({ stdout }: Ended): Receipt | undefined {
  return stdout === '' ? undefined : (JSON.parse(stdout) as Receipt)
}

const sample = (night: number, name: string): number | undefined => traces[night - 1]!.metrics[`creator_enrich_${name}`]
const numbered = NIGHTS.map((night, at) => ({ ...night, night: at + 1 }))

const DAY_S = 86_400
const STEP_S = 300

/** A time of the fortnight as if the timer had started a run every 24 hours, from 0 on. */
function stretched(time: number): number {
  return traces.findLastIndex(({ startedAt }) => startedAt <= time) * DAY_S
}

/** The metrics of the nights as a unit test of the example alerts, in the format of promtool (JSON is YAML). */
function testOfAlerts(): object {
  const names = new Set(traces.flatMap(({ metrics }) => Object.keys(metrics)))
  const steps = DAY_S / STEP_S
  const input_series = [...names].map((name) => {
    const [metric, own] = [name.split('{')[0]!, name.split('{')[1] ?? '}']
    const values = traces.map(({ metrics }) => {
      const value = metrics[name]
      if (value === undefined) return `_x${steps}`
      if (metric.includes('period_end')) return `1000000000x${steps - 1}`
      return `${metric.endsWith('timestamp_seconds') ? stretched(value) : value}x${steps - 1}`
    })
    return {
      series: `${metric}{folder="/srv/creators",pipeline="p"${own === '}' ? '' : ','}${own}`,
      values: values.join(' '),
    }
  })
  const promql_expr_test = numbered.map(({ night, alerts = [] }) => ({
    expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
    eval_time: `${night * 24 - 1}h`,
    exp_samples: alerts.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
  }))
  const alerts = fileURLToPath(new URL('../../docs/operations/alerts.yml', import.meta.url))
  const tests = [{ interval: `${STEP_S}s`, input_series, promql_expr_test }]
  return { rule_files: [alerts], evaluation_interval: `${STEP_S}s`, tests }
}

/** The fortnight as a table, from the metrics alone. */
function story(): string {
  const lines = numbered.map(({ night, what, code }) => {
    const ids = ['enriched', 'failed', 'parked'].map((status) => sample(night, `ids{status="${status}"}`))
    const figures = [sample(night, 'due_ids'), ...ids, sample(night, 'list_overdue_ids{list="creators"}')]
    const spent = sample(night, 'spent_money{period="month",kind="billed",currency="CNY"}')
    const cells = [night, code, ...figures, spent].map((cell) => String(cell ?? '–').padStart(9))
    return `${cells.join('')}  ${what}`
  })
  const head = ['night', 'exit', 'due', 'enriched', 'failed', 'parked', 'overdue', 'spent']
  return [head.map((title) => title.padStart(9)).join(''), ...lines].join('\n')
}

describe('a fortnight of nights, told by exit codes, metrics, receipts and the log', () => {
  test('every night has its exit code, also in the metrics and in the receipt; a killed run changes no file', () => {
    expect(traces.map(({ code }) => code)).toEqual(NIGHTS.map(({ code }) => code))
    for (const { night, what, code } of numbered) {
      const { metrics, receipt } = traces[night - 1]!
      if (code === 137) expect([what, metrics, receipt]).toEqual([what, traces[night - 2]!.metrics, undefined])
      else expect([what, sample(night, 'last_run_exit_code'), receipt?.exit_code]).toEqual([what, code, code])
    }
  })

  test('the last success moves with each good night, and only then', () => {
    for (const { night, code } of numbered.slice(1)) {
      const [before, now] = [night - 1, night].map((each) => sample(each, 'last_success_timestamp_seconds')!)
      expect([night, now! > before!]).toEqual([night, code === 0])
    }
  })

  test('ids: what was due, what was fetched, what failed and was parked, and what is overdue', () => {
    for (const { night, code } of numbered) {
      const { receipt, metrics } = traces[night - 1]!
      if (!receipt) continue
      const { ids } = receipt
      for (const [status, count] of Object.entries(ids))
        if (status !== 'read') expect(metrics[`creator_enrich_ids{status="${status}"}`]).toBe(count)
      expect([night, ids.read, receipt.reconciled]).toEqual([night, IDS.length, true])
      expect([night, sample(night, 'due_ids')]).toEqual([night, night === 1 ? IDS.length : DUE])
      const overdue = sample(night, 'list_overdue_ids{list="creators"}')
      // What was not fetched is what is overdue.
      expect([night, overdue]).toEqual([night, DUE - ids.enriched])
      if (code === 0) expect([night, ids.enriched, overdue]).toEqual([night, DUE, 0])
    }
    expect(sample(3, 'parked_ids{reason="quota"}')).toBe(DUE - 15)
    expect(sample(5, 'failed_ids{code="500"}')).toBeGreaterThanOrEqual(5)
    expect(sample(7, 'parked_ids{reason="stopped"}')).toBeGreaterThan(0)
    expect(sample(10, 'fetched_ids')).toBeGreaterThan(0)
    expect(sample(11, 'parked_ids{reason="stopped"}')).toBe(DUE)
  })

  test('the stops say when to go on', () => {
    const stops = traces.map(({ receipt }) => receipt?.stop?.reason)
    const expected: Record<number, string> = { 3: 'quota', 7: 'signal', 10: 'unreachable', 11: 'token' }
    expect(stops).toEqual(numbered.map(({ night }) => expected[night]))
    for (const { receipt } of traces) if (receipt?.stop) expect(receipt.stop.run_again).not.toBe('')
  })

  test('the killed night: its paid answers count in the next one, and are not lost', () => {
    const { recovered } = traces[8]!.receipt!
    // Up to four calls were in flight.
    expect(recovered.answers).toBeGreaterThanOrEqual(20 - 4 - 1)
    expect(recovered.unknown).toBeLessThanOrEqual(4)
    expect(traces[8]!.log).toContain('was cut off')
    for (const [at, { receipt }] of traces.entries())
      if (at !== 8 && receipt) expect([at, receipt.recovered.answers]).toEqual([at, 0])
    expect(sample(14, 'ambiguous_calls')).toBe(0)
  })

  test('upgrade and lost state: rebuilt with no call, and the log says so', () => {
    for (const night of [12, 13]) {
      const { receipt, log: lines } = traces[night - 1]!
      expect([night, receipt!.calls.sent]).toEqual([night, DUE])
      expect(lines).toMatch(/is rebuilt from .*raw and the journal, with no call/)
    }
    for (const { night } of numbered)
      expect([night, traces[night - 1]!.log.includes('is rebuilt')]).toEqual([night, [12, 13].includes(night)])
  })

  test('money: the month adds up to the nights, and to what the API charged', () => {
    const cents = (amount: number) => Math.round(amount * 100)
    const spentAt = (night: number, kind: string) =>
      cents(sample(night, `spent_money{period="month",kind="${kind}",currency="CNY"}`)!)
    const ends = traces.map((_, at) => sample(at + 1, 'spent_period_end_timestamp_seconds{period="month"}'))
    const isOneMonth = new Set(ends).size === 1
    const ofReceipts = (kind: 'billed' | 'maybe_billed') =>
      traces.reduce((sum, { receipt }) => sum + cents(receipt?.money[kind] ?? 0), 0)
    const { charged } = api.ledger.summary()
    const killed = traces[8]!.receipt!.recovered
    // 400 and the stops cost nothing; what was maybe billed may have been charged or not.
    const billed = ofReceipts('billed') + cents(killed.answers * PRICE)
    const maybe = ofReceipts('maybe_billed') + cents(killed.unknown * PRICE)
    if (isOneMonth) {
      expect(spentAt(14, 'billed')).toBe(billed)
      expect(spentAt(14, 'maybe_billed')).toBe(maybe)
    }
    expect(charged * cents(PRICE)).toBeGreaterThanOrEqual(billed)
    expect(charged * cents(PRICE)).toBeLessThanOrEqual(billed + maybe)
  })

  test('the sizes: state/ and published/ stay flat, raw/ grows by each night', () => {
    const size = (night: number, place: string) => sample(night, `size_bytes{place="${place}"}`)!
    expect(size(14, 'raw')).toBeGreaterThan(size(2, 'raw'))
    for (const place of ['state', 'exports'])
      expect([place, size(14, place) < 2 * size(2, place)]).toEqual([place, true])
    expect(size(14, 'published')).toBeLessThan(2 * size(4, 'published'))
  })

  test('the example alerts fire in the nights that need a person, and only then', ({ skip }) => {
    const rules = join(folder, 'nights.test.yml')
    writeFileSync(rules, JSON.stringify(testOfAlerts()))
    const { status, stdout, stderr, error } = spawnSync('promtool', ['test', 'rules', rules], { encoding: 'utf8' })
    skip(error !== undefined, 'promtool is not on this machine')
    expect([status, stdout, stderr]).toEqual([0, expect.stringContaining('SUCCESS'), ''])
  })

  test('a good night prints nothing but its receipt, and the token is nowhere', () => {
    for (const { night, code } of numbered) {
      const { stderr, log: lines } = traces[night - 1]!
      if (night === 9) expect(stderr).toMatch(/^run \S+ exit=killed [^\n]*\n$/)
      else if (code === 0 && ![12, 13].includes(night)) expect([night, stderr]).toEqual([night, ''])
      expect(stderr + lines).not.toContain(TOKEN)
    }
  })
})
