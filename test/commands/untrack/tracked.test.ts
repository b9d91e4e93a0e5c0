import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { allowAgain, forget } from '../../../src/commands/forget/forget.js'
import { listsText, readLists, type ListReport } from '../../../src/commands/lists/lists.js'
import { replayCommand } from '../../../src/commands/replay/command.js'
import { replay } from '../../../src/commands/replay/replay.js'
import { untrackCommand } from '../../../src/commands/untrack/command.js'
import { untrack } from '../../../src/commands/untrack/untrack.js'
import { resolveSettings } from '../../../src/config/settings.js'
import { liveEffects } from '../../../src/core/effects.js'
import { layoutOf } from '../../../src/dataFolder/layout.js'
import { takeLock } from '../../../src/dataFolder/lock.js'
import { loadPipeline } from '../../../src/model/pipeline.js'
import { withPublished } from '../../../src/publish/openPublished.js'
import { cli } from '../../support/cli.js'
import { commandHere } from '../../support/commandHere.js'
import { copyFolder } from '../../support/finishedFolder.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { published } from '../../support/published.js'
import { enrich, enrichAll, refresh, refused, simulator } from '../../support/simulated.js'

const FAIL_AT = new URL('../../faults/failAt.mjs', import.meta.url).href

const effects = liveEffects(() => undefined)
const settingsOf = (data: string) => resolveSettings(untrackCommand.options, { data }, [])
const untrackIn = async (data: string, list: string) =>
  untrack(list, settingsOf(data), await loadPipeline(undefined), effects)
const listsOf = (data: string): Promise<ListReport[]> => withPublished(layoutOf(data), readLists)
const trackedOf = async (data: string) =>
  Object.fromEntries((await listsOf(data)).map(({ list, tracked }) => [list, tracked]))

/** Writes a list with cells that must stay as they are: commas, quotes, line breaks, blanks, a formula, Chinese. */
function writeNotes(folder: string): string {
  const path = join(folder, 'notes.csv')
  const rows = [
    `甲,"a, ""b""\nc",${plainId(1)}`,
    `,=1+1,https://www.xiaohongshu.com/user/profile/${plainId(2).toUpperCase()}?x=1`,
    `丙,,not an id`,
    `丁,x,`,
    `戊,5e3,${plainId(1)}`,
  ]
  writeFileSync(path, `名字,note,user_id\n${rows.join('\n')}\n`)
  return path
}

test('a tracked list is refreshed from its stored rows, with the same result as reading its file again', async () => {
  const folder = temporaryFolder()
  const [data, again] = [join(folder, 'data'), join(folder, 'again')]
  const api = await simulator()
  const notes = writeNotes(folder)
  const other = writeList(folder, [plainId(2), plainId(9)], 'other.csv')
  await enrich(other, data, api)
  await enrich(notes, data, api, '--track')
  copyFolder(data, again)
  api.change({ night: 1 })
  const calls = () => api.ledger.summary().calls
  const before = calls()
  const read = await enrich(notes, again, api, '--max-age', '0s')
  const made = calls() - before
  rmSync(notes)
  const { code, receipt } = await refresh(data, api, '--max-age', '0s')
  expect(code).toBe(0)
  expect(calls() - before).toBe(2 * made)
  expect(receipt.rows).toEqual(read.receipt.rows)
  expect(receipt.lists).toEqual([{ ...read.receipt.lists[0], added: 0, removed: 0 }])

  const members = 'SELECT * EXCLUDE run_id FROM list_members ORDER BY ALL'
  expect(await published(data, members)).toEqual(await published(again, members))
  const rejects = 'SELECT * EXCLUDE run_id FROM rejects ORDER BY ALL'
  expect(await published(data, rejects)).toEqual(await published(again, rejects))
  const lists = 'SELECT list, tracked, source, columns, id_column, rows, ids, rejected FROM lists ORDER BY list'
  expect(await published(data, lists)).toEqual(await published(again, lists))
  const without = (place: string, name: string) =>
    readFileSync(join(place, 'exports', name), 'utf8').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z|\d{8}T\d{6}Z-[0-9a-f]{4}/g, '')
  for (const name of ['notes.enriched.csv', 'notes.rejects.csv', 'failures.csv'])
    expect(without(data, name)).toBe(without(again, name))
})

test('fresh ids cost nothing, and a list of many pages keeps every row', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const list = join(folder, 'long.csv')
  const ids = Array.from({ length: 10_001 }, (_, n) => plainId((n % 7) + 1))
  writeFileSync(list, `user_id\n${ids.join('\n')}\n`)
  await enrich(list, data, api, '--track')
  const { receipt } = await refresh(data, api)
  expect(receipt.rows).toMatchObject({ read: 10_001, reused: 10_001 })
  expect(api.ledger.summary().calls).toBe(7)
  const [row] = await published(data, 'SELECT count(DISTINCT row_number) AS n, max(line) AS line FROM list_members')
  expect(row).toEqual({ n: 10_001, line: 10_002 })
})

test('tracking and untracking survive the loss of the state folder', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const [a, b] = ['a.csv', 'b.csv'].map((name) => writeList(folder, [plainId(1)], name))
  await enrichAll([a!, b!], data, api, '--track')
  expect(await trackedOf(data)).toEqual({ a: true, b: true })
  const loseState = () => rmSync(join(data, 'state'), { recursive: true })
  const rebuilt = async () =>
    replay(resolveSettings(replayCommand.options, { data }, []), await loadPipeline(undefined), effects)
  loseState()
  await enrich(writeList(folder, [plainId(1)], 'c.csv'), data, api)
  expect(await trackedOf(data)).toEqual({ a: true, b: true, c: false })

  expect(await untrackIn(data, 'a')).toEqual({ wasTracked: true, trackedLists: 1 })
  expect(await trackedOf(data)).toMatchObject({ a: false, b: true })
  loseState()
  await rebuilt()
  expect(await trackedOf(data)).toMatchObject({ a: false, b: true })
  expect(await untrackIn(data, 'a')).toEqual({ wasTracked: false, trackedLists: 1 })
  expect((await refresh(data, api)).receipt.lists.map(({ list }) => list)).toEqual(['b'])

  // Reading a list again leaves it untracked; --track tracks it again.
  await enrich(a!, data, api)
  expect(await trackedOf(data)).toMatchObject({ a: false })
  await enrich(a!, data, api, '--track')
  loseState()
  await rebuilt()
  expect(await trackedOf(data)).toMatchObject({ a: true })
})

test('a command that is killed between the receipt and the working database: the next run leaves the list out', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  await enrich(writeList(folder, [plainId(1)], 'spring.csv'), data, api, '--track')
  // The first rename puts the receipt in its place.
  const failAt = JSON.stringify({ at: 1, how: 'torn', only: ['rename'] })
  const env = { NODE_OPTIONS: `--import=${FAIL_AT}`, FAIL_AT: failAt }
  expect((await cli(['untrack', 'spring', '--data', data], { env })).code).toBe(137)
  expect(await trackedOf(data)).toEqual({ spring: true })
  const receipts = `FROM read_parquet('${data}/raw/receipts/**/*.parquet', hive_partitioning = false)`
  expect(await published(data, `SELECT lists[0].tracked AS tracked ${receipts}`)).toEqual([{ tracked: 'false' }])

  const { stderr } = await refused(refresh(data, api))
  expect(stderr).toContain(`no list of ${data} is tracked`)
  expect((await enrich(writeList(folder, [plainId(2)], 'autumn.csv'), data, api)).code).toBe(0)
  expect(await trackedOf(data)).toEqual({ autumn: false, spring: false })
})

test('a forgotten person stays rejected, and comes back only when the file is read again', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const list = writeList(folder, [plainId(1), plainId(2)])
  await enrich(list, data, api, '--track')
  const pipeline = await loadPipeline(undefined)
  await forget([plainId(2)], settingsOf(data), pipeline, effects)
  const reasons = () => published(data, 'SELECT status, reason FROM list_members ORDER BY row_number')
  const hidden = [
    { status: 'reused', reason: null },
    { status: 'rejected', reason: 'forgotten' },
  ]
  await refresh(data, api)
  expect(await reasons()).toEqual(hidden)
  await allowAgain([plainId(2)], settingsOf(data), pipeline, effects)
  await refresh(data, api)
  expect(await reasons()).toEqual(hidden)
})

test('without a tracked list: exit 2 naming the folder, and no folder is created', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  expect(await refused(refresh(data, api))).toMatchObject({ code: 2 })
  expect(() => readFileSync(data)).toThrow('ENOENT')
  await enrich(writeList(folder, [plainId(1)]), data, api)
  const { code, stderr } = await refused(refresh(data, api))
  expect(code).toBe(2)
  expect(stderr).toContain(`no list of ${data} is tracked`)
  await expect(untrackIn(data, 'other')).rejects.toThrow(
    `${data} has no list other: its only list is creators; nothing was changed`,
  )
  await expect(untrackIn(data, '')).rejects.toThrow(`${data} has no list "": its only list`)
  const both = await refused(enrich(writeList(folder, [plainId(1)]), data, api, '--tracked'))
  expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('takes no input') as string })
})

test('lists: as a table and as JSON, also while a run holds the folder', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  await enrich(writeNotes(folder), data, api, '--track')
  await enrich(writeList(folder, [plainId(1), plainId(3)], '很长的名单.csv'), data, api)
  const lock = await takeLock(layoutOf(data))
  try {
    const printed = await commandHere(['lists', '--data', data], { env: { JUSTONEAPI_TOKEN: 'not a token' } })
    expect(printed).toMatchObject({ code: 0, stderr: '' })
    const lines = printed.stdout.split('\n')
    expect(lines[0]).toMatch(/^list +tracked +rows +ids +known +rejected +last read +a night$/)
    expect(lines[1]).toMatch(/^notes +yes +5 +2 +100% +2 +\d{4}-\d\d-\d\d \d\d:\d\d +¥0\.30$/)
    expect(lines[2]).toMatch(/^很长的名单 +no +2 +2 +100% +0 /)
    expect(printed.stdout).toMatch(
      /this refreshes 1 of 2 lists, for ¥0\.30 a night when every id is due:\n {2}`.*run --tracked --data \S+`\n/,
    )
    const held = await commandHere(['untrack', 'notes', '--data', data])
    expect([held.code, held.stdout]).toEqual([8, ''])
    const { lists } = JSON.parse((await commandHere(['lists', '--json', '--data', data])).stdout) as {
      lists: ListReport[]
    }
    expect(lists.map(({ list, rows, coverage }) => [list, rows, coverage])).toEqual([
      ['notes', 5, 1],
      ['很长的名单', 2, 1],
    ])
    expect(listsText([], null, { columns: 80, data: 'data', timeZone: 'Asia/Shanghai' })).toBe('there is no list\n')
  } finally {
    await lock.release()
  }
  // An id in two tracked lists is one call.
  await enrich(writeList(folder, [plainId(1), plainId(3)], 'more.csv'), data, api, '--track')
  const { nightly_price } = JSON.parse((await commandHere(['lists', '--json', '--data', data])).stdout) as {
    nightly_price: number
  }
  expect(nightly_price).toBeCloseTo(0.45)
  const untracked = await commandHere(['untrack', 'notes', '--data', data])
  expect(untracked).toMatchObject({
    code: 0,
    stderr: '',
    stdout: 'notes is not tracked any more; its rows and its history stay\n',
  })
  const nothing = await commandHere(['lists', '--data', join(folder, 'none')])
  expect(nothing.code).toBe(2)
  expect(nothing.stderr).toContain(`${join(folder, 'none')} has no published file yet`)
})

test('a tracked list keeps the ids of rows with an empty id cell, and the reason of a repeated header', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const path = join(folder, 'two.csv')
  writeFileSync(path, `user_id,主页\n${plainId(1)},${plainId(1)}\nuser_id,主页\n,${plainId(2)}\n`)
  await enrich(path, data, api, '--track')
  const members = 'SELECT row_number, user_id, status, reason FROM list_members ORDER BY row_number'
  const read = await published(data, members)
  expect(read).toMatchObject([{ user_id: plainId(1) }, { reason: 'header_again' }, { user_id: plainId(2) }])
  rmSync(path)
  await refresh(data, api, '--max-age', '0s')
  expect(await published(data, members)).toEqual(read)
})
