import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { loadPipeline } from '../../src/model/pipeline.js'
import { readManifest } from '../../src/raw/manifest.js'
import { MANY_FILES } from '../../src/raw/mergeFiles.js'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.js'
import { startCli, type Ended } from '../support/cli.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { checkReplay } from '../support/replayed.js'
import { enrichAt, runHere, TOKEN } from '../support/simulated.js'
import type { FailAt } from './sandbox.js'
import { LONG, sample, sized, stride } from './size.js'

vi.setConfig({ testTimeout: sized(300_000, 14_400_000), hookTimeout: sized(300_000, 600_000) })

const FAIL_AT = new URL('failAt.mjs', import.meta.url).href
const DAY = 86_400_000
/** Nights whose raw answers are dropped, and nights whose files are merged. */
const [DROPPED, MERGED] = [2, MANY_FILES]
const IDS = [1, 2, 3].map(plainId)

const scratch = mkdtempSync(join(tmpdir(), 'creator-enrich-retention-'))
const before = join(scratch, 'before')
const list = writeList(scratch, IDS)
let api: Simulator
let whole: Awaited<ReturnType<typeof undisturbed>>

/** Nights of one month, the one before the last. */
const today = new Date()
const at = (night: number): number => Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - 2, 2, 18) + night * DAY
/** A duration up to half a day before a night. */
const upTo = (night: number): string => `${((today.getTime() - at(night)) / DAY + 0.5).toFixed(2)}d`

beforeAll(async () => {
  api = await startSimulator({ pipeline: await loadPipeline(undefined) })
  for (let night = 0; night < DROPPED + MERGED; night += 1) {
    api.change({ night })
    expect((await enrichAt(() => at(night), list, before, api)).code).toBe(0)
  }
})
beforeAll(async () => {
  whole = await undisturbed()
})
afterAll(async () => {
  await api.close()
  rmSync(scratch, { recursive: true, force: true })
})

/** The command that drops, merges, and fetches every id. Without a fault the short form runs it in this process. */
function run(data: string, failAt?: FailAt): Promise<Ended> {
  const flags = ['--max-age', '0s', '--keep-raw', upTo(DROPPED), '--keep-history', upTo(DROPPED + 5)]
  if (!failAt && !LONG) return runHere([list], data, api, ...flags)
  const fault = failAt && { NODE_OPTIONS: `--import=${FAIL_AT}`, FAIL_AT: JSON.stringify(failAt) }
  return startCli(['run', list, '--api', api.url, '--data', data, '--no-report', ...flags], {
    env: { JUSTONEAPI_TOKEN: TOKEN, ...fault },
  }).ended
}

async function operationsOf(data: string): Promise<number> {
  const count = join(scratch, 'operations')
  const { code, stderr } = await run(data, { at: 0, how: 'kill', count })
  expect(`${code} ${stderr}`).toMatch(/^0 /)
  const counts = JSON.parse(readFileSync(count, 'utf8')) as Record<string, number>
  return Object.values(counts).reduce((sum, each) => sum + each, 0)
}

function copyOf(folder: string, name: string): string {
  const copy = join(scratch, name)
  cpSync(folder, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

/** What is in `raw/`: the dropped and merged runs, and the folders of single runs; runs after `before` as their number. */
async function stateOf(data: string) {
  const raw = join(data, 'raw')
  const { base, merged } = await readManifest(raw)
  const files = readdirSync(raw, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.parquet'))
  const single = files.filter((name) => !name.includes('run=all') && !name.startsWith('base'))
  return {
    dropped: base?.runs,
    merged: Object.fromEntries(
      ['answers', 'inputs', 'receipts'].map((kind) => [
        kind,
        Object.entries(merged)
          .flatMap(([path, runs]) => (path.startsWith(`${kind}/`) ? runs : []))
          .sort(),
      ]),
    ),
    unlisted: files.filter((name) => name.includes('run=all') && !(name in merged)),
    bases: readdirSync(join(raw, 'base')).length,
    old: single.filter((name) => !name.includes(`date=${new Date().toISOString().slice(0, 7)}`)),
  }
}

/** The first operation of retention in an undisturbed run, the last one of the run, and what it leaves in `raw/`. */
async function undisturbed() {
  const data = copyOf(before, 'whole')
  const last = await operationsOf(data)
  const state = await stateOf(data)
  // Another run drops and merges nothing more than its own share.
  const without = await operationsOf(copyOf(data, 'whole-again'))
  expect(state.dropped).toHaveLength(DROPPED)
  expect(state.merged['answers']).toHaveLength(MERGED)
  expect(await checkReplay(data)).toEqual([])
  return { first: without - 15, last, state }
}

test.for<{ how: FailAt['how'] }>([{ how: 'kill' }, { how: 'power' }])(
  'dropping raw answers and merging files: $how at the N-th operation loses and repeats no call',
  async ({ how }) => {
    const { first, last, state } = whole
    const breaches: string[] = []
    let publishes = 0
    const points = stride(last - first, sample(1, 400)).map((at) => first + at)
    for (const at of points) {
      const data = copyOf(before, `trial-${how}-${at}`)
      const what = `operation ${at} of ${last}`
      const { code } = await run(data, { at, how })
      if (code !== 137 && code !== 0) breaches.push(`${what}: exit ${code}`)
      // Where the run had published, raw/ must give the same tables, with the working database and without.
      const hasPublished = (await published(data, 'SELECT count(*) AS n FROM runs'))[0]?.['n'] === DROPPED + MERGED + 1
      if (hasPublished) publishes += 1
      const replayed = hasPublished ? [await checkReplay(data)] : []
      if (hasPublished && how === 'kill') {
        rmSync(join(data, 'state'), { recursive: true })
        replayed.push(await checkReplay(data))
      }
      const again = await run(data)
      if (again.code !== 0) breaches.push(`${what}: the next run ends with ${again.code}: ${again.stderr}`)
      replayed.push(await checkReplay(data))
      if (replayed.flat().length > 0) breaches.push(`${what}: a replay differs: ${JSON.stringify(replayed)}`)
      const left = await stateOf(data)
      if (JSON.stringify(left) !== JSON.stringify(state))
        breaches.push(`${what}: ${JSON.stringify(left)} is left for ${JSON.stringify(state)}`)
      rmSync(data, { recursive: true })
    }
    expect(breaches).toEqual([])
    // Files are written side by side, so the first points may lie before the publish.
    expect(publishes).toBeGreaterThan(points.length * 0.75)
    expect(last - first).toBeGreaterThan(30)
  },
)
