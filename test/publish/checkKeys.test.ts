import { expect, test } from 'vitest'
import { liveEffects } from '../../src/core/effects.js'
import { all, openDatabase } from '../../src/core/duckdb.js'
import { DAY_MS } from '../../src/core/time.js'
import type { Layout } from '../../src/dataFolder/layout.js'
import { checkKeys } from '../../src/publish/checkKeys.js'
import { publish } from '../../src/publish/publish.js'
import { opened } from '../load/opened.js'
import { DAY0, people, source } from '../load/people.js'

test('keys are checked before publishing', async () => {
  const folder = await opened()
  const { connection } = folder.warehouse
  await folder.load(
    source('r1', [
      { id: 'u1', at: 1, answer: { name: 'a', tags: [{ name: 'x', icon: '' }] } },
      { id: 'u1', at: 2, answer: { name: 'b', tags: [{ name: 'x', icon: '' }] } },
      { id: 'u2', at: 3, answer: '301' },
      { id: 'u3', at: 4, answer: 'unknown' },
    ]),
  )
  await checkKeys(connection, people)
  const tables = [
    'creators',
    'creator_counters',
    'creator_days',
    'creator_recent',
    'creator_versions',
    'creator_changes',
    'person_tags',
    'failures',
    'ambiguous_calls',
  ]
  for (const table of tables) {
    await connection.run('BEGIN')
    await connection.run(`INSERT INTO ${table} FROM ${table} LIMIT 1`)
    await expect(checkKeys(connection, people)).rejects.toThrow(new RegExp(`^${table} holds .*u.* more than once`))
    await connection.run('ROLLBACK')
  }
  await connection.run('UPDATE creator_versions SET is_current = FALSE')
  await expect(checkKeys(connection, people)).rejects.toThrow('not have exactly one current version of u1')
})

/** Statements over the closed working database. */
async function inWarehouse({ warehouse }: Layout, ...statements: string[]) {
  const database = await openDatabase(warehouse)
  try {
    let rows: unknown[] = []
    for (const statement of statements) rows = await all(database.connection, statement)
    return rows
  } finally {
    await database.close()
  }
}

const CHECKED = 'SELECT checked_before FROM data_folder'
const profile = (id: string, at: number) => source(`r${at}`, [{ id, at, answer: { name: id, fans: 1 } }])
const repeat = (table: string, which: string) => `INSERT INTO ${table} SELECT * FROM ${table} WHERE ${which}`

test('a publish checks what was merged since the last one, also when that one failed or the process ended before it', async () => {
  const folder = await opened()
  const { layout, lock } = folder
  const put = () =>
    publish(
      layout,
      people,
      { runId: '20261122T000000Z-0001', bom: false, excel: false, lang: 'en' },
      liveEffects(() => undefined),
    )
  await folder.load(profile('u1', 0), profile('u1', 4 * DAY_MS))
  await folder.warehouse.close()
  expect(await inWarehouse(layout, CHECKED)).toEqual([{ checked_before: null }])
  await put()
  expect(await inWarehouse(layout, CHECKED)).toEqual([{ checked_before: DAY0 + 4 * DAY_MS }])

  // A late profile and the next one. The process ends after the merge, and more is merged before the next publish.
  for (const at of [2 * DAY_MS, 5 * DAY_MS]) {
    const again = await opened(layout, people, lock)
    await again.load(profile('u1', at))
    await again.warehouse.close()
    expect(await inWarehouse(layout, CHECKED)).toEqual([{ checked_before: DAY0 + 2 * DAY_MS }])
  }
  const ofDay = (day: number) => `epoch_ms(observed_at) = ${DAY0 + day * DAY_MS}`
  const places: (readonly [table: string, row: string])[] = [
    ['creator_counters', ofDay(2)],
    ['creator_counters', ofDay(5)],
    ['creator_days', 'observed_day = (SELECT max(observed_day) FROM creator_days)'],
  ]
  for (const [table, row] of places) {
    await inWarehouse(layout, repeat(table, row))
    for (let attempt = 0; attempt < 2; attempt += 1)
      await expect(put()).rejects.toThrow(`${table} holds {"user_id":"u1"`)
    await inWarehouse(layout, `DELETE FROM ${table} WHERE rowid = (SELECT max(rowid) FROM ${table})`)
  }
  await put()
  expect(await inWarehouse(layout, CHECKED)).toEqual([{ checked_before: DAY0 + 5 * DAY_MS }])

  // Older rows were checked by then, and only a merge could repeat them. Days that are made again are all checked.
  await inWarehouse(layout, repeat(...places[0]!))
  await put()
  await inWarehouse(layout, `UPDATE data_folder SET daily = NULL`)
  const renewed = await opened(layout, people, lock)
  await renewed.warehouse.close()
  await expect(put()).rejects.toThrow('creator_counters holds {"user_id":"u1"')
})
