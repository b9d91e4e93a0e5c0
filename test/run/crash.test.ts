import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cli } from '../support/cli.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { enrich, simulator, startRun } from '../support/simulated.js'

const CONCURRENCY = 8
const IDS = Array.from({ length: 120 }, (_, n) => plainId(n + 1))
const args = ['--concurrency', String(CONCURRENCY)]

test.each([1, 2, 30, 77, 119])(
  'kill -9 as call %i arrives: nothing is lost, nothing paid twice but what is listed',
  async (at) => {
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
      `resumed: ${receipt.recovered.answers} answers recovered, ${receipt.recovered.unknown} calls unknown`,
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
  },
)

test('what a killed run left unknown is held when told so, and asked when told otherwise', async () => {
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
  expect(held.receipt.ids).toMatchObject({ reused: 4, enriched: 5, failed: 1 })
  expect(held.receipt.reasons).toContainEqual({ status: 'failed', reason: 'ambiguous', rows: 1, ids: 1 })
  expect(held.receipt.ambiguous_calls).toBe(1)

  const asked = await enrich(list, data, api)
  expect(asked.receipt.ids).toMatchObject({ reused: 9, enriched: 1 })
  expect(asked.receipt.ambiguous_calls).toBe(0)
})

test('a working database that is gone is rebuilt from the journal: nothing is paid twice, no history is lost', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, IDS.slice(0, 10))
  const api = await simulator()
  await enrich(list, data, api)
  await enrich(list, data, api, '--max-age', '0s')
  const history = 'SELECT * FROM creator_counters ORDER BY user_id, observed_at'
  const before = await published(data, history)
  expect(before).toHaveLength(20)
  api.ledger.clear()

  rmSync(join(data, 'state', 'warehouse.duckdb'))
  const rebuilt = await enrich(list, data, api)
  expect(rebuilt.receipt.ids).toMatchObject({ read: 10, reused: 10 })
  expect(await published(data, history)).toEqual(before)

  rmSync(join(data, 'state'), { recursive: true })
  const refused = await cli(['run', list, '--api', api.url, '--data', data], { env: { JUSTONEAPI_TOKEN: 'x' } })
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain(join(data, 'creators.duckdb'))
  expect(await published(data, history)).toEqual(before)
  expect(api.ledger.summary().calls).toBe(0)
})
