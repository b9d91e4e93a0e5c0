import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pipeline } from '../../../../pipelines/default.js'
import { all, openDatabase } from '../../../../src/core/duckdb.js'
import { viewsOf } from '../../../../src/load/schema/schema.js'
import type { Column, Pipeline } from '../../../../src/model/pipeline.js'
import { openWorking, type DatedAnswer } from './open.js'

const ANSWERS: readonly DatedAnswer[] = [10, 11, 18, 19].map((day) => ({
  at: `2026-11-${day}T15:59:59.500Z`,
  id: 'ann',
  answer: { nickname: day < 19 ? 'Ann' : 'Anna', fans: 1000 + day, desc_at_users: [{ id: 'zoe', nickname: 'Zoe' }] },
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
  expect(await full.rows('SELECT user_id FROM creator_candidates')).toEqual([{ user_id: 'zoe' }])
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
  client.close()
})

test('staleness counts whole days until now', async () => {
  const working = await openWorking(pipeline)
  const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()
  await working.load('run1', [
    { at: ago(47), id: 'ann', answer: {} },
    { at: ago(49), id: 'ben', answer: {} },
    { at: ago(-5), id: 'from a clock ahead', answer: {} },
  ])
  expect(await working.rows('SELECT user_id, staleness FROM creator_overview ORDER BY user_id')).toEqual([
    { user_id: 'ann', staleness: 1 },
    { user_id: 'ben', staleness: 2 },
    { user_id: 'from a clock ahead', staleness: 0 },
  ])
})

test('results beyond BIGINT are NULL, and no query fails', async () => {
  const working = await openWorking(pipeline)
  await working.load('run1', [
    { at: '2026-11-10T00:00:00Z', id: 'ann', answer: { fans: '-9223372036854775808' } },
    { at: '2026-11-11T00:00:00Z', id: 'ann', answer: { fans: '9223372036854775807' } },
    { at: '2026-11-11T00:00:00Z', id: 'ben', answer: { fans: '9223372036854775807' } },
  ])
  await working.rows(`INSERT INTO lists (list, rows, ids) VALUES ('all', 2, 2)`)
  await working.rows(`INSERT INTO list_members (list, row_number, user_id) VALUES ('all', 1, 'ann'), ('all', 2, 'ben')`)
  expect(await working.rows('SELECT fans_change FROM creator_growth_daily')).toEqual(
    Array(3).fill({ fans_change: null }),
  )
  expect(await working.rows('SELECT total_fans FROM list_overview')).toEqual([{ total_fans: null }])
  expect(await working.rows('SELECT count(*) AS n FROM top_movers')).toEqual([{ n: 0 }])
  expect(await working.rows('SELECT calendar_day, fans, fans_change FROM list_daily')).toEqual([
    { calendar_day: '2026-11-10', fans: -9223372036854775808n, fans_change: null },
    { calendar_day: '2026-11-11', fans: null, fans_change: null },
  ])
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
