import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadPipeline, type SimulatedAnswers } from '../../src/model/pipeline.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { enrich, simulator } from '../support/simulated.js'

const RENAMED = plainId(3)

/** One person is renamed on the last night, in every field that repeats the name. All others keep their names. */
async function oneRename(): Promise<SimulatedAnswers> {
  const invention = await (await loadPipeline(undefined)).simulatedAnswers()
  return {
    data(id, night) {
      const first = invention.data(id, 0) as { nickname: string }
      const data = invention.data(id, night) as { nickname: string }
      const name = id === RENAMED && night === 2 ? '全新的名字' : first.nickname
      return JSON.parse(JSON.stringify(data).replaceAll(data.nickname, name)) as unknown
    },
  }
}

test('three nights with growing counters and one rename', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const ids = Array.from({ length: 12 }, (_, n) => plainId(n + 1))
  const list = writeList(folder, ids)
  const api = await simulator({ invention: await oneRename() })

  for (const night of [0, 1, 2]) {
    api.change({ night })
    const { code, receipt } = await enrich(list, data, api, '--max-age', '0s')
    expect(code).toBe(0)
    expect(receipt.ids).toMatchObject({ read: 12, enriched: 12 })
  }

  const counters = await published(data, 'SELECT user_id, count(*) AS n FROM creator_counters GROUP BY 1')
  expect(counters).toHaveLength(12)
  expect(counters.every(({ n }) => n === 3)).toBe(true)
  const nights = await published<{ liked: number }>(
    data,
    'SELECT sum(liked)::BIGINT AS liked FROM creator_counters GROUP BY run_id ORDER BY run_id',
  )
  expect(nights).toHaveLength(3)
  expect(nights[0]!.liked).toBeLessThan(nights[1]!.liked)
  expect(nights[1]!.liked).toBeLessThan(nights[2]!.liked)

  const versions = await published(
    data,
    'SELECT user_id, count(*) AS n, count(*) FILTER (is_current) AS current FROM creator_versions GROUP BY 1',
  )
  expect(Object.fromEntries(versions.map(({ user_id, n }) => [user_id, n]))).toEqual(
    Object.fromEntries(ids.map((id) => [id, id === RENAMED ? 2 : 1])),
  )
  expect(versions.every(({ current }) => current === 1)).toBe(true)

  const changes = await published(data, 'SELECT user_id, column_name, new_value FROM creator_changes')
  expect(changes).toEqual([{ user_id: RENAMED, column_name: 'nickname', new_value: '全新的名字' }])
  expect(api.ledger.entries.filter(({ charged }) => charged)).toHaveLength(36)
})
