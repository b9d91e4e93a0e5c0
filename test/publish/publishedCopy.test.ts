import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LocalError } from '../../src/core/errors.js'
import type { Layout } from '../../src/dataFolder/layout.js'
import { checkKeys } from '../../src/publish/checkKeys.js'
import { publishCopy } from '../../src/publish/publishedCopy.js'
import { opened, type Opened } from '../load/opened.js'
import { people, source } from '../load/people.js'
import { startChild } from '../support/child.js'
import { openWarehouse } from '../support/warehouse.js'

const runs = ['20261122T000000Z-0001', '20261122T000000Z-0002', '20261123T000000Z-0000', '20261124T000000Z-0000']

/** Loads one creator more, closes the working database, publishes, and opens it again. */
async function night(house: Opened, n: number): Promise<string> {
  const warehouse = n === 0 ? house.warehouse : await openWarehouse(house.lock, people)
  await warehouse.connection.run(`INSERT INTO creators (user_id, name) VALUES ('u${n}', 'night ${n}')`)
  await warehouse.close()
  return (await publishCopy(house.layout, runs[n]!)).path
}

async function count(layout: Layout): Promise<unknown> {
  const analyst = startChild('analyst.mjs', layout.database)
  await analyst.line()
  analyst.say('SELECT count(*)::INTEGER FROM creators')
  return JSON.parse(await analyst.line())
}

test('a reader keeps the old file while a new one is published; who opens the link gets the new one', async () => {
  const house = await opened()
  const first = await night(house, 0)
  expect(readlinkSync(house.layout.database)).toBe(`published/${runs[0]!}/creators.duckdb`)
  expect(statSync(first).mode & 0o777).toBe(0o444)

  const reader = startChild('analyst.mjs', house.layout.database)
  await reader.line()
  await night(house, 1)
  await night(house, 2)
  await night(house, 3)
  reader.say('SELECT name FROM creators')
  expect(JSON.parse(await reader.line())).toEqual([['night 0']])
  expect(await count(house.layout)).toEqual([[4]])

  // The last three are kept, and nothing is left lying about.
  expect(readdirSync(house.layout.published).sort()).toEqual(runs.slice(1))
  expect(readdirSync(house.layout.data).sort()).toEqual(['creators.duckdb', 'published', 'state'])
  for (const run of runs.slice(1)) expect(readdirSync(join(house.layout.published, run))).toEqual(['creators.duckdb'])
})

test('the published file can be opened while the working database is held, by any client since DuckDB 1.2', async () => {
  const house = await opened()
  const path = await night(house, 0)
  const again = await openWarehouse(house.lock, people)
  expect(await count(house.layout)).toEqual([[1]])
  await again.close()
  // Bytes 12 to 19 of the file: 65 is the storage version of DuckDB 1.2.
  expect(readFileSync(path).readBigUInt64LE(12)).toBe(65n)
})

test('a change log that some program left beside the link is moved aside, and never replayed into the new file', async () => {
  const house = await opened()
  await night(house, 0)
  const log = `${house.layout.database}.wal`
  writeFileSync(log, 'left by another program')
  const warehouse = await openWarehouse(house.lock, people)
  await warehouse.close()
  const { path, movedAside } = await publishCopy(house.layout, runs[1]!)
  expect(movedAside).toEqual([`${log}.aside-${runs[1]!}`])
  expect(existsSync(log)).toBe(false)
  expect(readFileSync(movedAside[0]!, 'utf8')).toBe('left by another program')
  expect(await count(house.layout)).toEqual([[1]])

  // The same run published again, with logs beside link and target.
  writeFileSync(log, 'again')
  writeFileSync(`${path}.wal`, 'beside the target')
  expect((await publishCopy(house.layout, runs[1]!)).movedAside).toEqual([
    `${log}.aside-${runs[1]!}-2`,
    `${path}.wal.aside-${runs[1]!}`,
  ])
})

test('a file in place of the link is moved aside, too', async () => {
  const house = await opened()
  writeFileSync(house.layout.database, 'a copy made without links')
  await house.warehouse.close()
  const { movedAside } = await publishCopy(house.layout, runs[0]!)
  expect(movedAside).toEqual([`${house.layout.database}.aside-${runs[0]!}`])
  expect(lstatSync(house.layout.database).isSymbolicLink()).toBe(true)
})

test('folders of broken publishes go; anything that is no run stays', async () => {
  const house = await opened()
  mkdirSync(join(house.layout.published, '20261101T000000Z-aaaa'), { recursive: true })
  mkdirSync(join(house.layout.published, 'mine'))
  await night(house, 3)
  // A clock that was set back: the older name is what was published last, and stays.
  const older = await openWarehouse(house.lock, people)
  await older.close()
  for (const run of [runs[2]!, runs[1]!, runs[0]!]) await publishCopy(house.layout, run)
  expect(readdirSync(house.layout.published).sort()).toEqual([runs[0]!, runs[2]!, runs[3]!, 'mine'])
  expect(readlinkSync(house.layout.database)).toContain(runs[0]!)
})

test('what cannot be written leaves the old file in its place', async () => {
  const house = await opened()
  await night(house, 0)
  mkdirSync(join(house.layout.published, runs[1]!, 'creators.duckdb', 'in the way'), { recursive: true })
  await expect(publishCopy(house.layout, runs[1]!)).rejects.toThrow(LocalError)
  await expect(publishCopy(house.layout, runs[1]!)).rejects.toThrow(`cannot publish ${house.layout.database}`)
  expect(await count(house.layout)).toEqual([[1]])

  // A working database that was not closed is not copied without its change log.
  writeFileSync(`${house.layout.warehouse}.wal`, 'x')
  await expect(publishCopy(house.layout, runs[2]!)).rejects.toThrow('was not closed')
})

test('keys are checked before publishing', async () => {
  const house = await opened()
  const { connection } = house.warehouse
  await house.load(
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
