import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { viewsOf } from '../../src/load/schema/schema.js'
import { openWorking, type DatedAnswer } from '../load/schema/views/open.js'

const ANSWERS: readonly DatedAnswer[] = [10, 17].map((day) => ({
  at: `2026-11-${day}T04:00:00Z`,
  id: 'ann',
  answer: { nickname: 'Ann', fans: 2000 + day, ip_location: '上海', desc_at_users: [{ id: 'zoe', nickname: 'Zoe' }] },
}))

test('each query of docs/bi.md finds its row', async () => {
  const page = readFileSync(new URL('../../docs/bi.md', import.meta.url), 'utf8')
  const working = await openWorking(pipeline)
  await working.load('run1', ANSWERS)
  await working.rows(`INSERT INTO lists (list, rows, ids) VALUES ('all', 1, 1)`)
  await working.rows(`INSERT INTO list_members (list, row_number, user_id) VALUES ('all', 1, 'ann')`)
  const queries = [...page.matchAll(/```sql\n([^`]+)```/g)].map(([, sql]) => sql!)
  expect(queries).toHaveLength(4)
  for (const sql of queries) expect((await working.rows(sql)).length, sql).toBe(sql.includes('list_daily') ? 8 : 1)
})

test('the dashboard for Superset reads the views as they are', () => {
  const folder = new URL('../../docs/dashboards/superset/datasets/creators/', import.meta.url)
  const views = new Map(viewsOf(pipeline).map(({ name, columns }) => [name, columns.map((column) => column.name)]))
  const files = readdirSync(folder)
  expect(files).toEqual(['list_daily.yaml', 'tier_daily.yaml', 'top_movers.yaml'])
  for (const file of files) {
    const text = readFileSync(new URL(file, folder), 'utf8')
    const columns = [...text.matchAll(/column_name: (\w+)/g)].map(([, name]) => name!)
    expect(columns.toSorted(), file).toEqual(views.get(file.replace('.yaml', ''))!.toSorted())
  }
})
