import { cpSync, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readManifest } from '../../../src/raw/manifest.js'
import { published } from '../../support/published.js'
import { enrichAt } from '../../support/simulated.js'
import { whereIs } from './everyValue.js'
import { check, forgetIn, history, logged, writeRows, type History } from './folder.js'

const at = (night: number): number => Date.UTC(2026, 1, 28, 18) + night * 86_400_000

/** Three nights of the same people. In `trimmed` only the answers of the last one are left. */
let made: Awaited<ReturnType<typeof history>>
let people: History
let whole: string
let trimmed: string
beforeAll(async () => {
  made = await history()
  people = made.copy()
  whole = join(dirname(people.data), 'whole')
  trimmed = join(dirname(people.data), 'trimmed')
})
const night = async (n: number, data: string, ...flags: string[]): Promise<void> => {
  const { api, list } = people
  api.change({ night: Math.floor(n) })
  await enrichAt(() => at(n), list, data, api, '--max-failed', '100%', '--attempts', '1', ...flags)
}
beforeAll(async () => {
  writeRows(people.list, people.ids, people)
  for (const n of [0, 1]) await night(n, whole)
})
beforeAll(async () => {
  cpSync(whole, trimmed, { recursive: true, verbatimSymlinks: true })
  await night(2.5, whole)
  await night(2.5, trimmed, '--keep-raw', '1d')
})
afterAll(() => made.close())

const TABLES: Readonly<Record<string, string>> = {
  creators: '* EXCLUDE (run_id, last_attempt_run_id)',
  creator_mentions: '*',
  creator_interactions: '*',
  creator_counters: '* EXCLUDE (run_id)',
  creator_days: '*',
  creator_recent: '*',
  creator_versions: '*',
  creator_changes: '*',
}

test('the snapshot loses the person and what others say of them, as a replay of their answers does', async () => {
  const before = (await readManifest(join(trimmed, 'raw'))).base!
  expect(before.runs).toHaveLength(2)
  const named = await whereIs(join(trimmed, 'raw', 'base'), people.person)
  const tables = named.map((where) => where.replace(/.*\/|\.parquet.*/g, ''))
  expect(tables).toEqual(
    expect.arrayContaining(['creators', 'creator_counters', 'creator_mentions', 'creator_versions']),
  )

  for (const data of [whole, trimmed]) {
    const report = await forgetIn(data, people.person)
    expect(report).toMatchObject({ exit_code: 0, found: 1 })
    expect(await whereIs(data, people.person)).toEqual([])
    expect(await check(data)).toMatchObject({ exit_code: 0, differences: [] })
  }
  const { base } = await readManifest(join(trimmed, 'raw'))
  expect(base!.runs).toEqual(before.runs)
  expect(existsSync(join(trimmed, 'raw', 'base', before.folder))).toBe(false)
  for (const [table, columns] of Object.entries(TABLES)) {
    const rows = (data: string) => published(data, `SELECT ${columns} FROM ${table} ORDER BY ALL`)
    expect([table, await rows(trimmed)]).toEqual([table, await rows(whole)])
  }
  expect(logged.join('\n')).not.toContain(people.person)
})
