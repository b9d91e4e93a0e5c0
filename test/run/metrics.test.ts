import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { version } from '../../src/core/version.js'
import { METRICS } from '../../src/run/metrics/metricTable.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { parsePrometheusText, samplesByKey } from '../support/prometheusText.js'
import { enrichAll, enrichAt, refresh, refused, simulator } from '../support/simulated.js'

/** 02:00 on 23 November in Shanghai. */
const START = Date.UTC(2026, 10, 22, 18)
const DAY = 86_400_000

const pathIn = (data: string) => join(data, 'metrics', 'creator-enrich.prom')
const textIn = (data: string) => readFileSync(pathIn(data), 'utf8')
const samplesIn = (data: string) => samplesByKey(textIn(data))
/** Only the samples of these metrics. */
const only = (samples: Record<string, number>, ...names: string[]) =>
  Object.fromEntries(Object.entries(samples).filter(([key]) => names.includes(key.split('{')[0]!)))

test('a run writes its figures and the state of its folder; a failed run keeps the last success and the folder', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const failing = '5f00000000000000c0de0500'
  const list = writeList(folder, [plainId(1), plainId(2), 'no id', failing])
  const api = await simulator()
  await enrichAt(() => START, list, data, api, '--attempts', '1', '--max-failed', '50%', '--track')
  const first = samplesIn(data)
  expect(first).toMatchObject({
    creator_enrich_last_run_timestamp_seconds: START / 1000,
    creator_enrich_last_run_exit_code: 0,
    creator_enrich_last_success_timestamp_seconds: START / 1000,
    [`creator_enrich_build_info{version="${version}"}`]: 1,
    creator_enrich_simulated: 0,
    'creator_enrich_creators{status="active"}': 2,
    'creator_enrich_creators{status="never_fetched"}': 1,
    'creator_enrich_rows{status="enriched"}': 2,
    'creator_enrich_rows{status="rejected"}': 1,
    'creator_enrich_ids{status="enriched"}': 2,
    creator_enrich_due_ids: 3,
    creator_enrich_fetched_ids: 3,
    'creator_enrich_failed_ids{code="500"}': 1,
    'creator_enrich_calls{code="0"}': 2,
    'creator_enrich_calls{code="500"}': 1,
    'creator_enrich_money{kind="billed",currency="CNY"}': 0.3,
    creator_enrich_ambiguous_calls: 0,
    'creator_enrich_list_ids{list="creators"}': 3,
    'creator_enrich_list_tracked{list="creators"}': 1,
    'creator_enrich_list_overdue_ids{list="creators"}': 1,
    'creator_enrich_list_oldest_profile_timestamp_seconds{list="creators"}': START / 1000,
    // Midnight in Shanghai, at the end of the day and of November.
    'creator_enrich_spent_period_end_timestamp_seconds{period="day"}': Date.UTC(2026, 10, 23, 16) / 1000,
    'creator_enrich_spent_period_end_timestamp_seconds{period="month"}': Date.UTC(2026, 10, 30, 16) / 1000,
  })
  const latency = (percentile: number) => first[`creator_enrich_latency_seconds{code="0",percentile="${percentile}"}`]!
  expect(latency(50)).toBeGreaterThanOrEqual(0)
  expect(latency(100)).toBeGreaterThanOrEqual(latency(50))
  expect(first['creator_enrich_pace_calls_per_second']).toBeGreaterThan(0)
  const raw = execFileSync('find', [join(data, 'raw'), '-type', 'f', '-printf', '%s\n'], { encoding: 'utf8' })
  const bytes = raw
    .trim()
    .split('\n')
    .reduce((sum, size) => sum + Number(size), 0)
  expect(first['creator_enrich_size_bytes{place="raw"}']).toBe(bytes)
  for (const place of ['state', 'published', 'exports'])
    expect(first[`creator_enrich_size_bytes{place="${place}"}`]).toBeGreaterThan(0)

  // Every series has both labels, and every metric is declared with the labels that it has.
  for (const { name, labels } of parsePrometheusText(textIn(data))) {
    const { folder: place, pipeline, ...own } = labels
    expect([place, pipeline]).toEqual([data, 'xiaohongshu-user-profile'])
    expect([name, Object.keys(own)]).toEqual([name, METRICS[name as keyof typeof METRICS].labels])
  }

  const obstacle = join(data, 'exports', 'creators.csv')
  rmSync(obstacle)
  mkdirSync(obstacle)
  const later = START + DAY
  expect(await refused(enrichAt(() => later, list, data, api, '--max-age', '0s', '--attempts', '1'))).toMatchObject({
    code: 7,
  })
  const second = samplesIn(data)
  expect(second).toMatchObject({
    creator_enrich_last_run_timestamp_seconds: later / 1000,
    creator_enrich_last_run_exit_code: 7,
    creator_enrich_last_success_timestamp_seconds: START / 1000,
    // The money is spent although nothing was published.
    'creator_enrich_spent_money{period="day",kind="billed",currency="CNY"}': 0.3,
    'creator_enrich_spent_money{period="month",kind="billed",currency="CNY"}': 0.6,
  })
  const ofRun = Object.entries(METRICS).flatMap(([name, { of }]) => (of === 'run' ? [name] : []))
  expect(only(second, ...ofRun)).toEqual({})
})

test('money counts for the day and month in Shanghai, as --budget-per-day counts; both begin again', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, [plainId(1), plainId(2)])
  const api = await simulator()
  const spentAt = async (at: number) => {
    await enrichAt(() => at, list, data, api, '--max-age', '0s')
    const samples = samplesIn(data)
    return ['day', 'month'].map(
      (period) => samples[`creator_enrich_spent_money{period="${period}",kind="billed",currency="CNY"}`],
    )
  }
  // 30 November, 23:00 in Shanghai; an hour and a half later it is December there, and still November in UTC.
  const late = Date.UTC(2026, 10, 30, 15)
  expect(await spentAt(late - DAY)).toEqual([0.3, 0.3])
  expect(await spentAt(late)).toEqual([0.3, 0.6])
  expect(await spentAt(late + 1_800_000)).toEqual([0.6, 0.9])
  expect(await spentAt(late + 5_400_000)).toEqual([0.3, 0.3])
})

test('what is parked is overdue, by list; a person without a profile is not', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const empty = '5f00000000000000c0de0201'
  const [hot, cold] = [
    writeList(folder, [plainId(1), plainId(2), empty], 'hot.csv'),
    writeList(folder, [plainId(2), plainId(3), plainId(4)], 'cold "2".csv'),
  ]
  const api = await simulator()
  await enrichAll([hot, cold], data, api, '--max-calls', '3', '--concurrency', '1', '--track')
  const names = ['creator_enrich_list_overdue_ids', 'creator_enrich_parked_ids', 'creator_enrich_due_ids']
  expect(only(samplesIn(data), ...names)).toEqual({
    'creator_enrich_list_overdue_ids{list="hot"}': 0,
    'creator_enrich_list_overdue_ids{list="cold "2""}': 2,
    'creator_enrich_parked_ids{reason="cap"}': 2,
    creator_enrich_due_ids: 5,
  })
  await refresh(data, api)
  expect(only(samplesIn(data), ...names)).toEqual({
    'creator_enrich_list_overdue_ids{list="hot"}': 0,
    'creator_enrich_list_overdue_ids{list="cold "2""}': 0,
    creator_enrich_due_ids: 2,
  })
})

test('no label holds an id, also where lists have the names of people', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const ids = [plainId(1), plainId(2), plainId(3)]
  const lists = ids.slice(0, 2).map((id) => writeList(folder, [id, ids[2]!], `${id}.csv`))
  await enrichAll(lists, data, await simulator())
  expect(samplesIn(data)).toMatchObject({ 'creator_enrich_list_ids{list="[id]"}': 4 })
  for (const id of ids) expect(textIn(data)).not.toContain(id)
})

test('a file of an older version keeps its last success; a metrics folder that cannot be written fails no run', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, [plainId(1)])
  const api = await simulator({ tokens: ['another'] })
  await enrichAt(() => START, list, data, api)
  writeFileSync(pathIn(data), `creator_enrich_last_success_timestamp_seconds ${START / 1000 - 7}\n`)
  const { code } = await enrichAt(() => START, list, data, api)
  expect([code, samplesIn(data)['creator_enrich_last_success_timestamp_seconds']]).toEqual([4, START / 1000 - 7])

  rmSync(join(data, 'metrics'), { recursive: true })
  writeFileSync(join(data, 'metrics'), 'a file')
  api.change({ tokens: null })
  const { code: second, stderr } = await enrichAt(() => START, list, data, api)
  expect(second).toBe(0)
  expect(stderr).toContain(`cannot write ${pathIn(data)}`)

  // Where the file is gone, the tables know the last success.
  rmSync(join(data, 'metrics'))
  api.change({ tokens: ['another'] })
  await enrichAt(() => START + DAY, list, data, api)
  expect(samplesIn(data)).toMatchObject({
    creator_enrich_last_run_exit_code: 4,
    creator_enrich_last_success_timestamp_seconds: START / 1000,
  })
})

test('a simulated folder spends no money, and promtool finds nothing to say about its file', async ({ skip }) => {
  const folder = temporaryFolder()
  const data = join(folder, 'a "quoted" \\ folder')
  const list = writeList(folder, [plainId(1), '5f00000000000000c0de0301', '5f00000000000000c0de0201'])
  await commandHere(['run', list, '--api', 'simulated', '--data', data, '--attempts', '1', '--no-report'])
  const samples = samplesIn(data)
  expect(samples['creator_enrich_simulated']).toBe(1)
  const money = only(samples, 'creator_enrich_money', 'creator_enrich_spent_money')
  expect(new Set(Object.values(money))).toEqual(new Set([0]))
  expect(statSync(pathIn(data)).mode & 0o444).toBe(0o444)

  const { status, stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], { input: textIn(data) })
  skip(error !== undefined, 'promtool is not on this machine')
  expect([status, String(stdout), String(stderr)]).toEqual([0, '', ''])
})
