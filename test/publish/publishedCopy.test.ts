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
import { expect, onTestFinished, test } from 'vitest'
import { LocalError } from '../../src/core/errors.js'
import type { Layout } from '../../src/dataFolder/layout.js'
import { publishCopy } from '../../src/publish/publishedCopy.js'
import { opened, type Opened } from '../load/opened.js'
import { people } from '../load/people.js'
import { startChild } from '../support/child.js'
import { openWarehouse } from '../support/warehouse.js'

const runs = ['20261122T000000Z-0001', '20261122T000000Z-0002', '20261123T000000Z-0000', '20261124T000000Z-0000']

/** Opens the working database, adds one creator, closes it, and publishes a copy. */
async function publishNight(folder: Opened, n: number): Promise<string> {
  const warehouse = n === 0 ? folder.warehouse : await openWarehouse(folder.lock, people)
  await warehouse.connection.run(`INSERT INTO creators (user_id, name) VALUES ('u${n}', 'night ${n}')`)
  await warehouse.close()
  return (await publishCopy(folder.layout, runs[n]!)).path
}

async function count(layout: Layout): Promise<unknown> {
  const analyst = startChild('analyst.mjs', layout.database)
  await analyst.line()
  analyst.say('SELECT count(*)::INTEGER FROM creators')
  return JSON.parse(await analyst.line())
}

test.each([
  ['022', '444'],
  ['027', '440'],
  ['077', '400'],
])('inside another program with umask %s the published file has mode %s', async (umask, mode) => {
  const folder = await opened()
  const before = process.umask(umask)
  onTestFinished(() => void process.umask(before))
  expect((statSync(await publishNight(folder, 0)).mode & 0o777).toString(8)).toBe(mode)
})

test('a reader keeps the old file while a new one is published; a program that opens the link gets the new one', async () => {
  const folder = await opened()
  const first = await publishNight(folder, 0)
  expect(readlinkSync(folder.layout.database)).toBe(`published/${runs[0]!}/creators.duckdb`)
  expect(statSync(first).mode & 0o777).toBe(0o444)

  const reader = startChild('analyst.mjs', folder.layout.database)
  await reader.line()
  await publishNight(folder, 1)
  await publishNight(folder, 2)
  await publishNight(folder, 3)
  reader.say('SELECT name FROM creators')
  expect(JSON.parse(await reader.line())).toEqual([['night 0']])
  expect(await count(folder.layout)).toEqual([[4]])

  // The last three copies are kept, without any other file.
  expect(readdirSync(folder.layout.published).sort()).toEqual(runs.slice(1))
  expect(readdirSync(folder.layout.data).sort()).toEqual(['creators.duckdb', 'published', 'state'])
  for (const run of runs.slice(1)) expect(readdirSync(join(folder.layout.published, run))).toEqual(['creators.duckdb'])
})

test('the published file can be opened while the working database is held, by any client since DuckDB 1.2', async () => {
  const folder = await opened()
  const path = await publishNight(folder, 0)
  const again = await openWarehouse(folder.lock, people)
  expect(await count(folder.layout)).toEqual([[1]])
  await again.close()
  // Bytes 12 to 19 of the file: 65 is the storage version of DuckDB 1.2.
  expect(readFileSync(path).readBigUInt64LE(12)).toBe(65n)
})

test('a change log that another program left beside the link is moved aside, and never replayed into the new file', async () => {
  const folder = await opened()
  await publishNight(folder, 0)
  const log = `${folder.layout.database}.wal`
  writeFileSync(log, 'left by another program')
  const warehouse = await openWarehouse(folder.lock, people)
  await warehouse.close()
  const { path, movedAside } = await publishCopy(folder.layout, runs[1]!)
  expect(movedAside).toEqual([`${log}.aside-${runs[1]!}`])
  expect(existsSync(log)).toBe(false)
  expect(readFileSync(movedAside[0]!, 'utf8')).toBe('left by another program')
  expect(await count(folder.layout)).toEqual([[1]])

  // The same run published again, with logs beside link and target.
  writeFileSync(log, 'again')
  writeFileSync(`${path}.wal`, 'beside the target')
  expect((await publishCopy(folder.layout, runs[1]!)).movedAside).toEqual([
    `${log}.aside-${runs[1]!}-2`,
    `${path}.wal.aside-${runs[1]!}`,
  ])
})

test('a file in place of the link is also moved aside', async () => {
  const folder = await opened()
  writeFileSync(folder.layout.database, 'a copy made without links')
  await folder.warehouse.close()
  const { movedAside } = await publishCopy(folder.layout, runs[0]!)
  expect(movedAside).toEqual([`${folder.layout.database}.aside-${runs[0]!}`])
  expect(lstatSync(folder.layout.database).isSymbolicLink()).toBe(true)
})

test('folders of unfinished publishes are removed; a folder without the name of a run stays', async () => {
  const folder = await opened()
  mkdirSync(join(folder.layout.published, '20261101T000000Z-aaaa'), { recursive: true })
  mkdirSync(join(folder.layout.published, 'mine'))
  await publishNight(folder, 3)
  // After the clock was set back, the last published copy has an older name, and stays.
  const older = await openWarehouse(folder.lock, people)
  await older.close()
  for (const run of [runs[2]!, runs[1]!, runs[0]!]) await publishCopy(folder.layout, run)
  expect(readdirSync(folder.layout.published).sort()).toEqual([runs[0]!, runs[2]!, runs[3]!, 'mine'])
  expect(readlinkSync(folder.layout.database)).toContain(runs[0]!)
})

test('when a copy cannot be written, the old file stays in its place', async () => {
  const folder = await opened()
  await publishNight(folder, 0)
  mkdirSync(join(folder.layout.published, runs[1]!, 'creators.duckdb', 'in the way'), { recursive: true })
  await expect(publishCopy(folder.layout, runs[1]!)).rejects.toThrow(LocalError)
  await expect(publishCopy(folder.layout, runs[1]!)).rejects.toThrow(`cannot publish ${folder.layout.database}`)
  expect(await count(folder.layout)).toEqual([[1]])

  // A working database that was not closed is not copied without its change log.
  writeFileSync(`${folder.layout.warehouse}.wal`, 'x')
  await expect(publishCopy(folder.layout, runs[2]!)).rejects.toThrow('was not closed')
})
