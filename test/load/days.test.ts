import { expect, test } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { counter } from '../../src/model/column.js'
import type { Mentions, Pipeline } from '../../src/model/pipeline.js'
import { checkKeys } from '../../src/publish/checkKeys.js'
import { openWorking, sharedWorking, type WorkingDatabase, type DatedAnswer } from './schema/views/open.js'

const answer = (day: number, hour: number, id: string, fans: number): DatedAnswer => {
  const at = `2026-11-${String(day).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00:00Z`
  return { at, id, answer: { fans, follows: fans + 1, liked: fans, collected: 1, ndiscovery: day } }
}

const HISTORY: readonly DatedAnswer[][] = [
  [answer(1, 2, 'ann', 10), answer(1, 2, 'ben', 5)],
  [answer(2, 2, 'ann', 11), answer(2, 15, 'ben', 6)],
  [answer(2, 17, 'ben', 7), answer(9, 2, 'ann', 30)],
]

async function content({ rows }: WorkingDatabase): Promise<unknown> {
  return [
    await rows('SELECT * FROM creator_days ORDER BY user_id, observed_day'),
    await rows('SELECT * FROM creator_recent ORDER BY user_id'),
  ]
}

const history = sharedWorking(pipeline, async ({ load }) => {
  for (const [at, night] of HISTORY.entries()) await load(`run${at}`, night)
})

/** Removes the tables, columns and views that came with the days, as in an older folder. */
async function withoutDays({ rows, warehouse }: WorkingDatabase): Promise<void> {
  for (const { view } of await rows('SELECT view_name AS view FROM duckdb_views() WHERE NOT internal'))
    await rows(`DROP VIEW ${view as string}`)
  const tables = [
    'creator_days',
    'creator_recent',
    'answers_without_profile',
    'former_members',
    'spending',
    'resolved_ids',
  ]
  for (const table of tables) await rows(`DROP TABLE ${table}`)
  for (const column of ['daily', 'views', 'reading', 'checked_before'])
    await rows(`ALTER TABLE data_folder DROP COLUMN ${column}`)
  // Later migrations are not there either.
  for (const column of [
    'calls_per_second',
    'limit_per_second',
    'in_flight_limit',
    'last_call_at',
    'asked_at',
    'tracked',
    'billed_by_day',
    'useless',
    'earlier_runs',
    'ahead_runs',
    'history_from',
    'max_age_seconds',
    'max_age_by_tier',
    'exit_reason',
    'keep_people_ms',
  ])
    await rows(`ALTER TABLE runs DROP COLUMN ${column}`)
  await rows('UPDATE data_folder SET schema_version = 1')
  await warehouse.close()
}

test('an older folder without days gets them from its time series, without a replay', async () => {
  const working = await history()
  const before = await content(working)
  const views = await working.rows('SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY 1')
  expect(before).toMatchObject([
    [{}, {}, {}, {}, {}, {}],
    [{ fans_change_7d: 19 }, { fans_change_1d: 1 }],
  ])
  await withoutDays(working)
  const again = await openWorking(pipeline, working)
  expect(await content(again)).toEqual(before)
  expect(await again.rows('SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY 1')).toEqual(views)
  await checkKeys(again.warehouse.connection, pipeline)
})

test('a time series without derived columns gives days without them', async () => {
  const working = await history()
  for (const column of ['likes_and_collects', 'tier'])
    await working.rows(`ALTER TABLE creator_counters DROP COLUMN ${column}`)
  await withoutDays(working)
  const again = await openWorking(pipeline, working)
  await again.load('run9', [answer(10, 2, 'ann', 31)])
  expect(
    await again.rows(`SELECT observed_day, tier, fans, fans_change, engagement, engagement_change FROM creator_days
                      WHERE user_id = 'ann' AND observed_day > '2026-11-02' ORDER BY observed_day`),
  ).toEqual([
    { observed_day: '2026-11-09', tier: null, fans: 30, fans_change: 19, engagement: null, engagement_change: null },
    { observed_day: '2026-11-10', tier: 'nano', fans: 31, fans_change: 1, engagement: 32, engagement_change: null },
  ])
})

test('days are made again when the definition has other counters or another zone', async () => {
  const working = await history()
  await working.warehouse.close()
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
  const again = await openWorking(other, working)
  expect(await again.rows('SELECT user_id, observed_day, fans FROM creator_days ORDER BY ALL')).toEqual([
    { user_id: 'ann', observed_day: '2026-11-01', fans: 11 },
    { user_id: 'ann', observed_day: '2026-11-02', fans: 12 },
    { user_id: 'ann', observed_day: '2026-11-09', fans: 31 },
    { user_id: 'ben', observed_day: '2026-11-01', fans: 6 },
    { user_id: 'ben', observed_day: '2026-11-02', fans: 8 },
  ])
  await again.warehouse.close()
  const back = await openWorking(pipeline, working)
  expect(await content(back)).toEqual(await content(await history()))
})

test('a definition whose mentions name a missing column is refused', async () => {
  const wrong = (mentions: Omit<Mentions, 'idPattern'>) =>
    openWorking({ ...pipeline, mentions: { ...mentions, idPattern: '.+' } })
  await expect(wrong({ table: 'creator_friends', id: 'id' })).rejects.toThrow(
    'mentions need the text column id of child table creator_friends',
  )
  await expect(wrong({ table: 'creator_mentions', id: 'mentioned_user_id', displayName: 'name' })).rejects.toThrow(
    'mentions need the text column name',
  )
})
