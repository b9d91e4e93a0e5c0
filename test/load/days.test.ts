import { expect, test } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { counter } from '../../src/model/column.js'
import type { Pipeline } from '../../src/model/pipeline.js'
import { checkKeys } from '../../src/publish/checkKeys.js'
import { openHouse, type House, type Told } from './schema/views/open.js'

const told = (day: number, hour: number, id: string, fans: number): Told => {
  const at = `2026-11-${String(day).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00:00Z`
  return { at, id, answer: { fans, follows: fans + 1, liked: fans, collected: 1, ndiscovery: day } }
}

const HISTORY: readonly Told[][] = [
  [told(1, 2, 'ann', 10), told(1, 2, 'ben', 5)],
  [told(2, 2, 'ann', 11), told(2, 15, 'ben', 6)],
  [told(2, 17, 'ben', 7), told(9, 2, 'ann', 30)],
]

async function content({ rows }: House): Promise<unknown> {
  return [
    await rows('SELECT * FROM creator_days ORDER BY user_id, observed_day'),
    await rows('SELECT * FROM creator_recent ORDER BY user_id'),
  ]
}

async function history(): Promise<House> {
  const house = await openHouse(pipeline)
  for (const [at, night] of HISTORY.entries()) await house.load(`run${at}`, night)
  return house
}

/** A folder as it was before there were days: its tables, columns and views taken away. */
async function withoutDays({ rows, warehouse }: House): Promise<void> {
  for (const { view } of await rows('SELECT view_name AS view FROM duckdb_views() WHERE NOT internal'))
    await rows(`DROP VIEW ${view as string}`)
  for (const table of ['creator_days', 'creator_recent']) await rows(`DROP TABLE ${table}`)
  for (const column of ['daily', 'views']) await rows(`ALTER TABLE data_folder DROP COLUMN ${column}`)
  // Nor was there what later migrations add.
  for (const column of ['calls_per_second', 'limit_per_second', 'in_flight_limit', 'last_call_at'])
    await rows(`ALTER TABLE runs DROP COLUMN ${column}`)
  await rows('UPDATE data_folder SET schema_version = 1')
  await warehouse.close()
}

test('a folder from before there were days gets them from its time series, with no replay', async () => {
  const house = await history()
  const before = await content(house)
  const views = await house.rows('SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY 1')
  expect(before).toMatchObject([
    [{}, {}, {}, {}, {}, {}],
    [{ fans_change_7d: 19 }, { fans_change_1d: 1 }],
  ])
  await withoutDays(house)
  const again = await openHouse(pipeline, house)
  expect(await content(again)).toEqual(before)
  expect(await again.rows('SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY 1')).toEqual(views)
  await checkKeys(again.warehouse.connection, pipeline)
})

test('a time series without what is derived from it gives days without it', async () => {
  const house = await history()
  for (const column of ['likes_and_collects', 'tier'])
    await house.rows(`ALTER TABLE creator_counters DROP COLUMN ${column}`)
  await withoutDays(house)
  const again = await openHouse(pipeline, house)
  await again.load('run9', [told(10, 2, 'ann', 31)])
  expect(
    await again.rows(`SELECT observed_day, tier, fans, fans_change, engagement, engagement_change FROM creator_days
                      WHERE user_id = 'ann' AND observed_day > '2026-11-02' ORDER BY observed_day`),
  ).toEqual([
    { observed_day: '2026-11-09', tier: null, fans: 30, fans_change: 19, engagement: null, engagement_change: null },
    { observed_day: '2026-11-10', tier: 'nano', fans: 31, fans_change: 1, engagement: 32, engagement_change: null },
  ])
})

test('days are made anew when the definition counts something else, or in another zone', async () => {
  const house = await history()
  await house.warehouse.close()
  const other: Pipeline = {
    ...pipeline,
    version: 2,
    timeZone: 'UTC',
    columns: {
      ...pipeline.columns,
      fans: counter('fans', 'Followers.'),
      follows: counter('follows', 'Accounts the creator follows.', 'followers'),
    },
  }
  const again = await openHouse(other, house)
  expect(await again.rows('SELECT user_id, observed_day, fans FROM creator_days ORDER BY ALL')).toEqual([
    { user_id: 'ann', observed_day: '2026-11-01', fans: 11 },
    { user_id: 'ann', observed_day: '2026-11-02', fans: 12 },
    { user_id: 'ann', observed_day: '2026-11-09', fans: 31 },
    { user_id: 'ben', observed_day: '2026-11-01', fans: 6 },
    { user_id: 'ben', observed_day: '2026-11-02', fans: 8 },
  ])
  await again.warehouse.close()
  const back = await openHouse(pipeline, house)
  expect(await content(back)).toEqual(await content(await history()))
})

test('a definition whose mentions are in no column is refused', async () => {
  const wrong = (mentions: Pipeline['mentions'] & object) => openHouse({ ...pipeline, mentions })
  await expect(wrong({ table: 'creator_friends', id: 'id' })).rejects.toThrow(
    'mentions need the text column id of child table creator_friends',
  )
  await expect(wrong({ table: 'creator_mentions', id: 'mentioned_user_id', displayName: 'name' })).rejects.toThrow(
    'mentions need the text column name',
  )
})
