import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { plural } from '../../src/core/text.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { sharedFolder } from '../support/sharedFolder.js'
import { enrich, refresh, refused, simulator, startRun } from '../support/simulated.js'

const CONCURRENCY = 8
const IDS = Array.from({ length: 120 }, (_, n) => plainId(n + 1))
const args = ['--concurrency', String(CONCURRENCY)]

/** A tracked list of ten ids, which are fetched. */
const ten = sharedFolder((folder) => fetchFirst(folder, 10))
/** The same with sixty. */
const sixty = sharedFolder((folder) => fetchFirst(folder, 60))

async function fetchFirst(folder: string, count: number): Promise<void> {
  const list = writeList(folder, IDS.slice(0, count))
  await enrich(list, join(folder, 'data'), await simulator(), '--track')
}

/** A copy of such a folder, with an API that nobody has called yet. */
async function openCopy(shared: typeof ten, options: Parameters<typeof simulator>[0] = {}) {
  const { folder } = await shared()
  return { folder, data: join(folder, 'data'), list: join(folder, 'creators.csv'), api: await simulator(options) }
}

test.each([77])('kill -9 as call %i arrives: nothing is lost, and only listed calls may be paid twice', async (at) => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, IDS)
  let arrived = 0
  const run: { kill?: () => void } = {}
  const api = await simulator({
    latencyMs: 3,
    jitterMs: 5,
    before: () => {
      arrived += 1
      if (arrived === at) run.kill?.()
      return undefined
    },
  })
  const { child, ended } = startRun([list], data, api, ...args)
  run.kill = () => child.kill('SIGKILL')
  expect((await ended).code).toBe(137)

  const { code, receipt, stderr } = await enrich(list, data, api, ...args)
  expect(code).toBe(0)
  expect(receipt.ids).toMatchObject({
    read: 120,
    enriched: 120 - receipt.recovered.answers,
    reused: receipt.recovered.answers,
  })
  expect(stderr).toContain(
    `resumed: ${plural(receipt.recovered.answers, 'answer')} recovered, ${plural(receipt.recovered.unknown, 'call')} unknown`,
  )
  expect(receipt.recovered.unknown).toBeLessThanOrEqual(CONCURRENCY)

  const listed = new Set((await published(data, 'SELECT user_id FROM ambiguous_calls')).map(({ user_id }) => user_id))
  expect(listed.size).toBe(receipt.recovered.unknown)
  const twice = [...api.ledger.chargesById()].filter(([, n]) => n > 1).map(([id]) => id)
  expect(twice.filter((id) => !listed.has(id))).toEqual([])
  expect([...api.ledger.chargesById().values()].every((n) => n <= 2)).toBe(true)
  expect(await published(data, 'SELECT count(DISTINCT user_id) AS ids, count(*) AS n FROM creators')).toEqual([
    { ids: 120, n: 120 },
  ])

  api.ledger.clear()
  expect((await enrich(list, data, api, ...args)).receipt.ids.reused).toBe(120)
  expect(api.ledger.summary().calls).toBe(0)
})

test('an id whose call a killed run left unknown is held with --on-ambiguous hold, and fetched otherwise', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, IDS.slice(0, 10))
  const run: { kill?: () => void } = {}
  let arrived = 0
  const api = await simulator({
    before: () => {
      arrived += 1
      if (arrived !== 5) return undefined
      run.kill?.()
      return new Promise(() => undefined)
    },
  })
  const { child, ended } = startRun([list], data, api, '--concurrency', '1')
  run.kill = () => child.kill('SIGKILL')
  await ended

  const held = await enrich(list, data, api, '--on-ambiguous', 'hold', '--max-failed', '100%')
  expect(held.stderr).toContain('resumed: 4 answers recovered, 1 call unknown')
  expect(held.receipt.ids).toMatchObject({ reused: 4, enriched: 5, failed: 1 })
  expect(held.receipt.reasons).toContainEqual({ status: 'failed', reason: 'ambiguous', rows: 1, ids: 1 })
  expect(held.receipt.ambiguous_calls).toBe(1)

  const fetched = await enrich(list, data, api)
  expect(fetched.receipt.ids).toMatchObject({ reused: 9, enriched: 1 })
  expect(fetched.receipt.ambiguous_calls).toBe(0)
})

test('a deleted working database, or a deleted state folder, is rebuilt: nothing is paid twice, no history is lost', async () => {
  const { data, list, api } = await openCopy(ten)
  await enrich(list, data, api, '--max-age', '0s')
  const history = 'SELECT * FROM creator_counters ORDER BY user_id, observed_at'
  const before = await published(data, history)
  expect(before).toHaveLength(20)
  api.ledger.clear()

  for (const gone of [join('state', 'warehouse.duckdb'), 'state']) {
    rmSync(join(data, gone), { recursive: true })
    const rebuilt = await enrich(list, data, api)
    expect(rebuilt.receipt.ids).toMatchObject({ read: 10, reused: 10 })
    expect(await published(data, history)).toEqual(before)
  }
  expect(api.ledger.summary().calls).toBe(0)
})

test('published files without the calls they came from: refused, until --new allows to pay all again', async () => {
  const { folder, data, list, api } = await openCopy(ten)
  rmSync(join(data, 'state'), { recursive: true })
  renameSync(join(data, 'raw'), join(folder, 'raw'))

  rmSync(join(data, 'published'), { recursive: true })
  for (const time of ['first', 'second']) {
    const { code, stderr } = await refused(enrich(list, data, api))
    expect([time, code]).toEqual([time, 2])
    expect(stderr).toContain(join(data, 'creators.duckdb'))
    expect(stderr).toContain('--new')
  }
  expect(api.ledger.summary().calls).toBe(0)

  rmSync(join(data, 'raw'), { recursive: true })
  renameSync(join(folder, 'raw'), join(data, 'raw'))
  const restored = await enrich(list, data, api)
  expect(restored.receipt.ids).toMatchObject({ read: 10, reused: 10 })
  expect(api.ledger.summary().calls).toBe(0)

  rmSync(join(data, 'state'), { recursive: true })
  rmSync(join(data, 'raw'), { recursive: true })
  const renewed = await enrich(list, data, api, '--new')
  expect(renewed.receipt.ids).toMatchObject({ read: 10, enriched: 10 })
})

test('raw/ alone is gone: exit 2 although the working database is there, until --new goes on without', async () => {
  const { folder, data, list, api } = await openCopy(ten)
  renameSync(join(data, 'raw'), join(folder, 'raw'))
  for (const night of [() => enrich(list, data, api), () => refresh(data, api, '--max-age', '0s')]) {
    const { code, stderr } = await refused(night())
    expect([code, stderr]).toEqual([2, expect.stringContaining(`${join(data, 'raw')} is empty, but`) as string])
  }
  rmSync(join(data, 'raw'), { recursive: true })
  renameSync(join(folder, 'raw'), join(data, 'raw'))
  expect((await refresh(data, api)).receipt.ids).toMatchObject({ read: 10, reused: 10 })
  rmSync(join(data, 'raw'), { recursive: true })
  expect((await enrich(list, data, api, '--new')).receipt.ids).toMatchObject({ read: 10, reused: 10 })
  expect(api.ledger.summary().calls).toBe(0)
})

test('state/ is gone: a night of the tracked lists is rebuilt first, and pays nothing again', async () => {
  const { data, api } = await openCopy(ten)
  rmSync(join(data, 'state'), { recursive: true })
  const { receipt, stderr } = await refresh(data, api)
  expect(receipt.ids).toMatchObject({ read: 10, reused: 10 })
  expect(stderr).toContain('is rebuilt from')
  expect(api.ledger.summary().calls).toBe(0)
})

test('a night in a mistyped folder is exit 2, also where the folder holds other files', async () => {
  const data = join(temporaryFolder(), 'data')
  const api = await simulator()
  expect((await refused(refresh(data, api))).code).toBe(2)
  mkdirSync(data)
  writeFileSync(join(data, 'notes.txt'), 'mine')
  const { code, stderr } = await refused(refresh(data, api))
  expect([code, stderr]).toEqual([2, expect.stringContaining(`no list of ${data} is tracked`)])
  expect(readdirSync(data)).toEqual(['notes.txt'])
})

test.each([
  ['garbage', () => Buffer.from('not a database')],
  ['cut off', (bytes: Buffer) => bytes.subarray(0, 5000)],
])('a working database that is damaged (%s) is kept aside and rebuilt, with no call', async (_, damage) => {
  const { data, list, api } = await openCopy(ten)
  const path = join(data, 'state', 'warehouse.duckdb')
  const damaged = damage(readFileSync(path))
  writeFileSync(path, damaged)

  const { code, receipt, stderr } = await enrich(list, data, api)
  expect(code).toBe(0)
  expect(receipt.ids).toMatchObject({ read: 10, reused: 10 })
  expect(stderr).toContain(`${path} is rebuilt`)
  expect(readFileSync(`${path}.damaged-1`).equals(damaged)).toBe(true)
  expect(api.ledger.summary().calls).toBe(0)
})

/** Changes bytes after the header and before the last blocks: both are read on opening. */
function damageBlocks(path: string): void {
  const bytes = readFileSync(path)
  for (let at = Math.floor(bytes.length * 0.1); at < bytes.length * 0.3; at += 1) bytes[at]! ^= 0x55
  writeFileSync(path, bytes)
}

test.each([
  ['before the run', 0],
  ['at the first call', 1],
  ['in the middle of the calls', 30],
  ['at the last call', 60],
])('damage %s that shows only when the block is read: the same run rebuilds, and pays nothing twice', async (_, at) => {
  let left = at
  const { folder, data, api } = await openCopy(sixty, {
    before: () => {
      left -= 1
      if (left === 0) damageBlocks(path)
      return undefined
    },
  })
  const path = join(data, 'state', 'warehouse.duckdb')
  const list = writeList(folder, IDS)
  if (at === 0) damageBlocks(path)

  const { code, receipt, stderr } = await enrich(list, data, api)
  expect(code).toBe(0)
  expect(receipt.ids).toMatchObject({ read: 120, reused: 60, enriched: 60 })
  expect(receipt.calls).toMatchObject({ sent: 60, billed: 60 })
  expect(api.ledger.summary().calls).toBe(60)
  const kept = `it is kept as ${path}.damaged-1`
  // Damage that is there before the run may show as early as when the file is opened.
  expect(stderr.split(at === 0 ? kept : `${kept} and rebuilt in this run, with no call made again`)).toHaveLength(2)
  expect(await published(data, 'SELECT count(DISTINCT user_id) AS ids, count(*) AS n FROM creators')).toEqual([
    { ids: 120, n: 120 },
  ])
  expect(await published(data, 'SELECT count(*)::INT AS n FROM runs WHERE status = $$done$$')).toEqual([{ n: 2 }])

  expect((await enrich(list, data, api)).receipt.ids).toMatchObject({ read: 120, reused: 120 })
  expect(api.ledger.summary().calls).toBe(60)
})

test('an older copy of the state folder beside a newer raw/: the calls in raw/ are not paid again', async () => {
  const { folder, data, api } = await openCopy(ten)
  cpSync(join(data, 'state'), join(folder, 'state'), { recursive: true })
  const list = writeList(folder, IDS.slice(0, 20))
  await enrich(list, data, api)
  rmSync(join(data, 'state'), { recursive: true })
  renameSync(join(folder, 'state'), join(data, 'state'))
  const { receipt } = await enrich(list, data, api)
  expect(receipt.ids).toMatchObject({ read: 20, reused: 20 })
  expect(api.ledger.summary().calls).toBe(10)
})
