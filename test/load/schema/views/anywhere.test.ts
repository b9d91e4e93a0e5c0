import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pipeline } from '../../../../pipelines/default.js'
import { all, openDatabase } from '../../../../src/core/duckdb.js'
import { viewsOf } from '../../../../src/load/schema/schema.js'
import type { Column, Pipeline } from '../../../../src/model/pipeline.js'
import { openWorking, type DatedAnswer } from './open.js'

/** A mentioned user. */
const ZOE = '5f0000000000000000000020'

const ANSWERS: readonly DatedAnswer[] = [10, 11, 18, 19].map((day) => ({
  at: `2026-11-${day}T15:59:59.500Z`,
  id: 'ann',
  answer: { nickname: day < 19 ? 'Ann' : 'Anna', fans: 1000 + day, desc_at_users: [{ id: ZOE, nickname: 'Zoe' }] },
}))

/** Types that BI drivers know. */
const TYPES = ['VARCHAR', 'BIGINT', 'INTEGER', 'DOUBLE', 'BOOLEAN', 'DATE', 'TIMESTAMP']

/** Reserved in SQL:2016. Another test checks DuckDB's reserved words for all tables. */
const RESERVED =
  'date day end from hour interval language method minute module month order period position range rank row rows second start system time timestamp user value window year'

const { mentions, ...others } = pipeline

/** The same columns without their roles. */
const nameless: Pipeline = {
  ...others,
  columns: Object.fromEntries(
    Object.entries(pipeline.columns).map(([name, { role, ...column }]): [string, Column] => [
      name,
      role === 'id' ? { ...column, role } : column,
    ]),
  ),
}

test('a pipeline without roles has the same views with the same columns, NULL where nothing is known', async () => {
  expect(mentions).toBeDefined()
  const [full, bare] = [await openWorking(pipeline), await openWorking(nameless)]
  for (const working of [full, bare]) await working.load('run1', ANSWERS)
  for (const { name } of viewsOf(pipeline)) {
    expect(await bare.rows(`DESCRIBE ${name}`)).toEqual(await full.rows(`DESCRIBE ${name}`))
  }
  expect(await bare.rows('SELECT user_id, nickname, fans, fans_change_7d, posts FROM creator_overview')).toEqual([
    { user_id: 'ann', nickname: null, fans: null, fans_change_7d: null, posts: null },
  ])
  expect(await bare.rows('SELECT observed_day, fans FROM creator_growth_daily ORDER BY 1 LIMIT 1')).toEqual([
    { observed_day: '2026-11-10', fans: null },
  ])
  expect(await bare.rows('SELECT * FROM creator_candidates UNION ALL BY NAME FROM top_movers')).toEqual([])
  expect(await full.rows('SELECT user_id FROM creator_candidates')).toEqual([{ user_id: ZOE }])
})

test('the columns of views have plain types and plain names', async () => {
  const { rows } = await openWorking(pipeline)
  const columns = await rows(`SELECT table_name, column_name AS name, type FROM data_dictionary
                              WHERE table_name IN (SELECT view_name FROM duckdb_views() WHERE NOT internal)`)
  expect(columns.length).toBeGreaterThan(60)
  expect(columns.filter(({ type }) => !TYPES.includes(type as string))).toEqual([])
  const views = columns.filter(({ table_name }) => table_name !== 'data_dictionary')
  expect(views.filter(({ name }) => RESERVED.split(' ').includes(name as string))).toEqual([])
})

test('views show the same in every time zone, and under any name that the file is attached by', async () => {
  const working = await openWorking(pipeline)
  await working.load('run1', ANSWERS)
  await working.rows(
    `INSERT INTO lists (list, columns, rows, ids, last_read_at) VALUES ('all', '["id"]', 1, 1, '2026-11-20T00:00:00Z')`,
  )
  await working.rows(
    `INSERT INTO list_members (list, row_number, user_id, status, input)
     VALUES ('all', 1, 'ann', 'enriched', '["ann"]'), ('more', 1, 'ann', 'enriched', '["ann"]')`,
  )
  const views = viewsOf(pipeline).map(({ name }) => name)
  const expected: Record<string, unknown> = {}
  for (const view of views) expected[view] = await working.rows(`SELECT * FROM ${view} ORDER BY ALL`)
  expect(views.every((view) => (expected[view] as unknown[]).length > 0)).toBe(true)
  await working.warehouse.close()

  const client = await openDatabase(':memory:')
  await client.connection.run(`ATTACH '${working.layout.warehouse}' AS elsewhere (READ_ONLY)`)
  await client.connection.run(`CREATE TABLE creators (user_id VARCHAR)`)
  for (const zone of ['America/Los_Angeles', 'Asia/Shanghai', 'Pacific/Kiritimati']) {
    await client.connection.run(`SET TimeZone = '${zone}'`)
    for (const view of views) {
      const shown = await all(client.connection, `SELECT * FROM elsewhere.${view} ORDER BY ALL`)
      expect(shown, `${view} in ${zone}`).toEqual(expected[view])
    }
  }
  await client.close()
})

test('staleness counts days of the pipeline until the newest run', async () => {
  const working = await openWorking(pipeline)
  // In Shanghai: the last second of the 9th, the first one of the 10th.
  await working.load('run1', [
    { at: '2026-11-09T15:59:59Z', id: 'ann', answer: {} },
    { at: '2026-11-09T16:00:00Z', id: 'ben', answer: {} },
  ])
  await working.load('run2', [
    { at: '2026-11-10T16:00:01Z', id: 'cat', answer: {} },
    { at: '2026-11-10T17:00:00Z', id: 'dan', answer: '301' },
  ])
  const ages = () => working.rows('SELECT user_id, staleness FROM creator_overview ORDER BY user_id')
  const expected = [
    { user_id: 'ann', staleness: 2 },
    { user_id: 'ben', staleness: 1 },
    { user_id: 'cat', staleness: 0 },
  ]
  expect(await ages()).toEqual(expected)
  // A run whose clock was ahead is not the newest.
  await working.load('run3', [{ at: new Date(Date.now() + 9e8).toISOString(), id: 'ahead', answer: {} }])
  expect(await ages()).toEqual([{ user_id: 'ahead', staleness: 0 }, ...expected])
})

test('a count below 0 or beyond all people is an anomaly, and no sum, tier or change has it', async () => {
  const working = await openWorking(pipeline)
  const load = (day: number, ...fans: unknown[]) =>
    working.load(
      `run${day}`,
      fans.map((each, n) => ({
        at: `2026-11-${day}T00:00:00Z`,
        id: ['ann', 'ben', 'cat'][n]!,
        answer: { fans: each },
      })),
    )
  await load(10, 2_000, -5, '-9223372036854775808')
  await load(11, 10_000_000_001, 10_000_000_000, '9223372036854775807')
  await working.rows(`INSERT INTO lists (list, rows, ids) VALUES ('all', 3, 3)`)
  await working.rows(
    `INSERT INTO list_members (list, row_number, user_id) VALUES ('all', 1, 'ann'), ('all', 2, 'ben'), ('all', 3, 'cat')`,
  )
  expect(await working.rows('SELECT user_id, fans, tier FROM creators ORDER BY user_id')).toEqual([
    { user_id: 'ann', fans: null, tier: null },
    { user_id: 'ben', fans: 10_000_000_000, tier: 'mega' },
    { user_id: 'cat', fans: null, tier: null },
  ])
  expect(
    await working.rows(
      `SELECT user_id, kind, detail FROM anomalies WHERE kind = 'implausible' ORDER BY observed_at, user_id`,
    ),
  ).toEqual([
    { user_id: 'ben', kind: 'implausible', detail: '-5 cannot be a count' },
    { user_id: 'cat', kind: 'implausible', detail: '-9223372036854775808 cannot be a count' },
    { user_id: 'ann', kind: 'implausible', detail: '10000000001 cannot be a count' },
    { user_id: 'cat', kind: 'implausible', detail: '9223372036854775807 cannot be a count' },
  ])
  expect(await working.rows('SELECT total_fans FROM list_overview')).toEqual([{ total_fans: 10_000_000_000 }])
  expect(await working.rows('SELECT calendar_day, fans, fans_change FROM list_daily')).toEqual([
    { calendar_day: '2026-11-10', fans: 2_000, fans_change: null },
    { calendar_day: '2026-11-11', fans: 10_000_002_000, fans_change: 0 },
  ])
  expect(await working.rows('FROM top_movers')).toEqual([])
})

test('results beyond BIGINT are NULL, and no query fails', async () => {
  const working = await openWorking(pipeline)
  await working.load(
    'run1',
    ['ann', 'ben'].map((id) => ({ at: '2026-11-10T00:00:00Z', id, answer: { fans: 1 } })),
  )
  for (const table of ['creators', 'creator_counters', 'creator_days', 'creator_recent'])
    await working.rows(`UPDATE ${table} SET fans = 9223372036854775807`)
  await working.rows(`INSERT INTO lists (list, rows, ids) VALUES ('all', 2, 2)`)
  await working.rows(`INSERT INTO list_members (list, row_number, user_id) VALUES ('all', 1, 'ann'), ('all', 2, 'ben')`)
  expect(await working.rows('SELECT total_fans FROM list_overview')).toEqual([{ total_fans: null }])
  expect(await working.rows('SELECT fans FROM list_daily')).toEqual([{ fans: null }])
  for (const { name } of viewsOf(pipeline)) await working.rows(`FROM ${name}`)
})

test('docs/tables.md names every table and view, and its queries run', async () => {
  const page = readFileSync(new URL('../../../../docs/tables.md', import.meta.url), 'utf8')
  const working = await openWorking(pipeline)
  await working.load('run1', ANSWERS)
  const tables = await working.rows('SELECT DISTINCT table_name AS name FROM data_dictionary')
  expect(tables.filter(({ name }) => !page.includes(`\`${name as string}\``))).toEqual([])
  const queries = [...page.matchAll(/```sql\n([^`]+)```/g)].map(([, sql]) => sql!)
  expect(queries).toHaveLength(7)
  const found = []
  for (const sql of queries) found.push((await working.rows(sql)).length)
  expect(found).toEqual([10, 1, 0, 0, 0, 0, 1])
})
