import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadPipeline, type SimulatedAnswers } from '../../src/model/pipeline.js'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { checkReplay } from '../support/replayed.js'
import { enrichAt, simulator } from '../support/simulated.js'

const [STEADY, RENAMED, BANNED, DOUBTED, LEFT] = [1, 2, 3, 4, 5].map(plainId) as [
  string,
  string,
  string,
  string,
  string,
]

/** 02:00 in Shanghai on night 1, 2, 3 … of March. */
const at = (night: number): number => Date.UTC(2026, 1, 28, 18) + (night - 1) * 86_400_000

/** Each person as on the first night, except for one name that changes on nights 2 and 7. */
async function renamed(): Promise<SimulatedAnswers> {
  const invention = await (await loadPipeline(undefined)).simulatedAnswers()
  return {
    data(id, night) {
      const person = invention.data(id, 0) as { nickname: string }
      const name = id !== RENAMED || night < 2 ? person.nickname : night < 7 ? '换了名字' : '又换了名字'
      return JSON.parse(JSON.stringify(person).replaceAll(person.nickname, name)) as unknown
    },
  }
}

/** Eight nights; the last two drop what is older than three days. Made once for the tests below. */
const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-history-'))
const data = join(folder, 'data')
const codes: number[] = []
let api: Simulator
beforeAll(async () => {
  api = await startSimulator({
    pipeline: await loadPipeline(undefined),
    invention: await renamed(),
    before: ({ id }) => {
      const { night } = api.settings
      if (id === BANNED && night >= 3 && night <= 5) return { code: 201 }
      // Each is an empty answer between profiles, which stays unconfirmed.
      if (id === DOUBTED && [2, 6].includes(night)) return { code: 201 }
      return undefined
    },
  })
})
beforeAll(() => nights(1, 4))
beforeAll(() => nights(5, 6))
beforeAll(() => nights(7, 8, '--keep-history', '3d'))
afterAll(async () => {
  await api.close()
  rmSync(folder, { recursive: true, force: true })
})

async function nights(from: number, to: number, ...flags: string[]): Promise<void> {
  for (let night = from; night <= to; night += 1) {
    api.change({ night })
    const list = writeList(folder, [STEADY, RENAMED, BANNED, DOUBTED, ...(night <= 2 ? [LEFT] : [])])
    codes.push((await enrichAt(() => at(night), list, data, api, '--max-failed', '100%', ...flags)).code)
  }
}

async function count(table: string, id: string): Promise<number> {
  return (await published<{ n: number }>(data, `SELECT count(*) AS n FROM ${table} WHERE user_id = '${id}'`))[0]!.n
}

test('what is older is dropped but for the last day before, and the first day that is left has no change', async () => {
  expect(codes).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  const days = await published(
    data,
    `SELECT observed_day::VARCHAR AS day, previous_day::VARCHAR AS before, fans_change AS change
     FROM creator_days WHERE user_id = '${STEADY}' ORDER BY day`,
  )
  expect(days).toEqual([
    { day: '2026-03-04', before: null, change: null },
    { day: '2026-03-05', before: '2026-03-04', change: 0 },
    { day: '2026-03-06', before: '2026-03-05', change: 0 },
    { day: '2026-03-07', before: '2026-03-06', change: 0 },
    { day: '2026-03-08', before: '2026-03-07', change: 0 },
  ])
  expect(await count('creator_counters', STEADY)).toBe(5)
})

test('sums over time begin with the history that is kept, with all who were known by then, and nobody is new again', async () => {
  const first = (view: string, sums: string): Promise<unknown[]> =>
    published(data, `SELECT calendar_day::VARCHAR AS day, ${sums} FROM ${view} GROUP BY day ORDER BY day LIMIT 1`)
  expect(
    await first('list_daily', 'sum(creators_known) AS known, sum(creators_new) AS news, sum(fans_change) AS change'),
  ).toEqual([{ day: '2026-03-05', known: 4, news: 0, change: 0 }])
  expect(
    await first('tier_daily', 'sum(creators) AS known, sum(creators_new) AS news, sum(fans_change) AS change'),
  ).toEqual([{ day: '2026-03-05', known: 5, news: 0, change: 0 }])
  // March began before that day.
  expect(await published(data, 'SELECT * FROM list_monthly')).toEqual([])
})

test('the newest profile stays, however old it is, with its wide row, its day and its version', async () => {
  for (const id of [LEFT, BANNED]) {
    for (const table of ['creators', 'creator_counters', 'creator_days', 'creator_recent', 'creator_versions'])
      expect(await count(table, id)).toBe(1)
  }
  expect(
    await published(data, `SELECT status, fans_change_1d FROM creator_overview WHERE user_id = '${BANNED}'`),
  ).toEqual([{ status: 'empty', fans_change_1d: null }])
})

test('the version that was valid then keeps its start; the change that began it is gone', async () => {
  expect(
    await published(
      data,
      `SELECT nickname, strftime(valid_from, '%d') AS since, changed_columns FROM creator_versions
       WHERE user_id = '${RENAMED}' ORDER BY valid_from`,
    ),
  ).toEqual([
    { nickname: '换了名字', since: '01', changed_columns: null },
    { nickname: '又换了名字', since: '06', changed_columns: '["nickname"]' },
  ])
  expect(await count('creator_changes', RENAMED)).toBe(1)
})

test('a replay drops the same rows, also after a run without the option', async () => {
  expect(await checkReplay(data)).toEqual([])
  await nights(9, 9)
  expect(await count('creator_counters', STEADY)).toBe(6)
  expect(await checkReplay(data)).toEqual([])
})

test('a run that did not succeed, or whose clock nothing confirmed, drops no history', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const list = writeList(folder, [STEADY, LEFT])
  const rows = async (): Promise<number> =>
    (await published<{ n: number }>(data, 'SELECT count(*) AS n FROM creator_counters'))[0]!.n
  for (const night of [1, 2]) await enrichAt(() => at(night), list, data, api)
  const keep = ['--keep-history', '1d', '--keep-raw', '1d']

  // A stop: the quota is spent.
  api.change({ quota: 0 })
  expect((await enrichAt(() => at(6), list, data, api, ...keep)).code).toBe(5)
  expect(await rows()).toBe(4)

  // All profiles are fresh, so no answer shows the API's time: this clock may be a year ahead.
  expect((await enrichAt(() => at(370), list, data, api, '--max-age', '3650d', ...keep)).code).toBe(0)
  expect(await rows()).toBe(4)
  expect(await checkReplay(data)).toEqual([])
})
