import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadPipeline } from '../../src/model/pipeline.js'
import { rawRuns } from '../../src/raw/files.js'
import { readManifest } from '../../src/raw/manifest.js'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { checkReplay } from '../support/replayed.js'
import { enrichAt } from '../support/simulated.js'

const IDS = [1, 2, 3, 4].map(plainId)
const [LEFT, EMPTY, SLOW] = [5, 6, 7].map(plainId) as [string, string, string]

/** 02:00 in Shanghai on night 1, 2, 3 … of March. */
const at = (night: number): number => Date.UTC(2026, 1, 28, 18) + (night - 1) * 86_400_000

/** Six nights; the last three drop raw answers that are older than two days. Made once for the tests below. */
const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-trim-'))
const data = join(folder, 'data')
const raw = join(data, 'raw')
let api: Simulator
const night = async (n: number, ...flags: string[]) => {
  api.change({ night: n })
  const list = writeList(folder, [...IDS, EMPTY, SLOW, ...(n === 1 ? [LEFT] : [])])
  return enrichAt(() => at(n), list, data, api, '--max-failed', '100%', '--attempts', '1', ...flags)
}
beforeAll(async () => {
  api = await startSimulator({
    pipeline: await loadPipeline(undefined),
    before: ({ id }) => {
      const { night } = api.settings
      if (id === EMPTY && night >= 2) return { code: 201 }
      if (id === SLOW && night === 2) return { fault: 2 }
      return undefined
    },
  })
  for (const n of [1, 2, 3]) await night(n)
})
beforeAll(async () => {
  for (const n of [4, 5, 6]) await night(n, '--keep-raw', '2d')
})
afterAll(async () => {
  await api.close()
  rmSync(folder, { recursive: true, force: true })
})

test('answers and calls of older runs are gone; input rows and receipts stay', async () => {
  const { base } = await readManifest(raw)
  expect(base?.runs).toHaveLength(3)
  expect(await rawRuns(raw, 'answers')).toHaveLength(3)
  expect(readdirSync(join(raw, 'answers'))).toHaveLength(3)
  expect(await rawRuns(raw, 'inputs')).toHaveLength(6)
  expect(await rawRuns(raw, 'receipts')).toHaveLength(6)
  expect(readdirSync(join(raw, 'base'))).toEqual([base?.folder])
})

test('a replay gives the same tables, and a lost working database comes back with them', async () => {
  expect(await checkReplay(data)).toEqual([])
  expect(await published(data, 'SELECT count(*) AS n FROM creator_counters')).toEqual([{ n: 4 * 6 + 1 + 1 + 5 }])
  rmSync(join(data, 'state'), { recursive: true })
  // Fresh by a run whose answers are only in the snapshot.
  const calls = api.ledger.summary().calls
  const { receipt } = await night(6, '--max-age', '30d')
  expect(receipt).toMatchObject({ asked_ids: 0, ids: { reused: 5, empty: 1 } })
  expect(api.ledger.summary().calls).toBe(calls)
  expect(await checkReplay(data)).toEqual([])
})

test('the next night trims again, also the history of the snapshot', async () => {
  const before = (await readManifest(raw)).base!
  expect((await night(8, '--keep-raw', '2d', '--keep-history', '3d')).code).toBe(0)
  const { base } = await readManifest(raw)
  expect(base!.runs.length).toBeGreaterThan(before.runs.length)
  expect(existsSync(join(raw, 'base', before.folder))).toBe(false)
  expect(base).toMatchObject({ history_from: Date.UTC(2026, 2, 4, 16) })
  expect(await checkReplay(data)).toEqual([])
  // The newest profile of a person who left the list long ago.
  expect(await published(data, `SELECT count(*) AS n FROM creator_counters WHERE user_id = '${LEFT}'`)).toEqual([
    { n: 1 },
  ])
})
