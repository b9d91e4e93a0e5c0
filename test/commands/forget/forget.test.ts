import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { all, openDatabase } from '../../../src/core/duckdb.js'
import { rawFiles, rawRuns } from '../../../src/raw/files.js'
import { published } from '../../support/published.js'
import { filesUnder, statesOf, whereIs } from './everyValue.js'
import {
  allowIn,
  check,
  DELIVERED,
  enrich,
  forgetIn,
  history,
  MISDELIVERED,
  logged,
  writeRows,
  type History,
} from './folder.js'

let made: Awaited<ReturnType<typeof history>>
beforeAll(async () => (made = await history()))
afterAll(() => made.close())

const OF_PEOPLE = [
  'creators',
  'creator_tags',
  'creator_interactions',
  'creator_mentions',
  'creator_counters',
  'creator_versions',
  'list_members',
]

/** Every row about other people, without the one whose bio names the person. */
async function others({ data, person, mentioning }: History): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {}
  for (const table of OF_PEOPLE) {
    const rows = `SELECT * FROM ${table} WHERE user_id NOT IN ('${person}', '${mentioning}') ORDER BY ALL`
    found[table] = await published(data, rows)
  }
  found['counters'] = await published(
    data,
    `SELECT * EXCLUDE (attributes_hash) FROM creator_counters WHERE user_id = '${mentioning}' ORDER BY ALL`,
  )
  return found
}

test('no value of any file names the person, all other rows are as before, and everything can be rebuilt', async () => {
  const folder = made.copy()
  const { person, mentioning } = folder
  const before = await others(folder)
  const runs = await published(folder.data, 'SELECT * FROM runs ORDER BY run_id')
  const [{ nickname }] = (await published<{ nickname: string }>(
    folder.data,
    `SELECT nickname FROM creators WHERE user_id = '${person}'`,
  )) as [{ nickname: string }]
  const places = (await whereIs(folder.data, person)).join('\n')
  for (const where of [
    'body',
    'creators',
    'creator_versions',
    'creator_mentions',
    'input',
    'enriched.csv',
    'rejects.csv',
    'latest.html',
  ]) {
    expect(places).toContain(where)
  }

  const erased = await made.copyErased()
  const { data, report } = erased
  expect(report).toMatchObject({
    exit_code: 0,
    people: 1,
    found: 1,
    erased: { answers: 2, calls: 0, rows: 2 },
    raw_files: 4,
    others: [],
  })
  // In each of two nights: an answer, a note, and a row with two ids.
  expect(report.redacted).toBe(6)
  expect(await whereIs(data, person)).toEqual([])
  const reports = readdirSync(join(data, 'reports')).map((name) => readFileSync(join(data, 'reports', name), 'utf8'))
  expect(reports.filter((text) => text.includes(nickname))).toEqual([])
  expect(readdirSync(join(data, 'published'))).toHaveLength(1)
  expect(await others(erased)).toEqual(before)
  expect(await published(data, 'SELECT * FROM runs ORDER BY run_id')).toEqual(runs)

  const [row] = await published(
    data,
    `SELECT status, reason, user_id, input FROM list_members WHERE reason = 'forgotten'`,
  )
  expect(row).toEqual({ status: 'rejected', reason: 'forgotten', user_id: null, input: '["","","a note"]' })
  expect(await published(data, 'SELECT ids, rejected FROM lists')).toEqual([{ ids: 9, rejected: 2 }])
  const [other] = await published(data, `SELECT input FROM list_members WHERE user_id = '${mentioning}'`)
  expect(other!['input']).toContain('[')
  expect(await published(data, `SELECT * FROM creator_mentions WHERE user_id = '${mentioning}'`)).toEqual([])

  expect(await check(data)).toMatchObject({ exit_code: 0, differences: [] })
  rmSync(join(data, 'state'), { recursive: true })
  expect(await check(data)).toMatchObject({ exit_code: 0, differences: [] })
})

test('the profile of a person was misdelivered: its values are blanked, and the call still counts as misdelivered and paid', async () => {
  const { data } = made.copy()
  const codes = await published(data, 'SELECT * FROM run_codes ORDER BY ALL')
  const failures = await published(data, `SELECT code, attempts, billed FROM failures ORDER BY ALL`)
  expect(await whereIs(data, DELIVERED)).not.toEqual([])

  expect(await forgetIn(data, DELIVERED)).toMatchObject({ found: 1, erased: { answers: 0 }, redacted: 2 })
  expect(await whereIs(data, DELIVERED)).toEqual([])
  expect(await published(data, 'SELECT * FROM run_codes ORDER BY ALL')).toEqual(codes)
  expect(await published(data, `SELECT code, attempts, billed FROM failures ORDER BY ALL`)).toEqual(failures)
  const [answer] = await rawBodies(data, MISDELIVERED)
  expect(answer).toContain('"userid":"[forgotten]"')
  expect(answer).toContain('"nickname":null')
  expect(await check(data)).toMatchObject({ exit_code: 0 })
})

async function rawBodies(data: string, id: string): Promise<string[]> {
  const raw = join(data, 'raw')
  const files = (await Promise.all((await rawRuns(raw, 'answers')).map((run) => rawFiles(raw, 'answers', run)))).flat()
  const { connection, ...database } = await openDatabase(':memory:')
  const rows = await all<{ body: string }>(
    connection,
    `SELECT decode(body) AS body FROM read_parquet([${files.map((file) => `'${file}'`).join(', ')}], hive_partitioning = false) WHERE user_id = '${id}'`,
  )
  await database.close()
  return rows.map(({ body }) => body)
}

test('forgetting a person again changes nothing', async () => {
  const { data, person } = await made.copyErased()
  // Opening the working database changes its file.
  const state = () => ({ ...statesOf(data), 'state/warehouse.duckdb': '' })
  const before = state()
  expect(await forgetIn(data, person)).toMatchObject({ found: 0, already_forgotten: 1, files: undefined, raw_files: 0 })
  expect(state()).toEqual(before)
})

test('neither a later input nor an answer that names a person brings the person back', async () => {
  const folder = await made.copyErased()
  const { data, api, person, mentioning } = folder
  const callsBefore = api.ledger.summary().calls
  const receipt = await enrich(folder, { maxAge: '0s', maxFailed: '100%' })
  expect(receipt).toMatchObject({ exit_code: 0, reconciled: true, rows: { read: 11, rejected: 2 }, asked_ids: 9 })
  expect(receipt.reasons).toContainEqual({ status: 'rejected', reason: 'forgotten', rows: 1, ids: 0 })
  expect(api.ledger.summary().calls - callsBefore).toBe(9)
  expect((await rawBodies(data, mentioning)).length).toBe(3)
  expect(await whereIs(data, person)).toEqual([])
  expect(readFileSync(join(data, 'exports', 'people.rejects.csv'), 'utf8')).toMatch(/,,forgotten,leave the row out/)
  expect(await check(data)).toMatchObject({ exit_code: 0, differences: [] })
})

test('an id in another form does not bring a person back; --allow does', async () => {
  const folder = await made.copyErased()
  const { data, api, list, person, mentioning } = folder
  const other = join(dirname(data), 'other.csv')
  const wide = person.replace(/./g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0))
  writeFileSync(
    other,
    `who,name\n"see https://www.xiaohongshu.com%2Fuser%2Fprofile%2F${person}",x\n${wide},y\n${mentioning},z\n`,
  )
  expect(await enrich({ ...folder, list: other })).toMatchObject({ rows: { read: 3, reused: 1, rejected: 2 } })
  expect(await whereIs(data, person)).toEqual([])
  expect(readFileSync(join(data, 'exports', 'other.enriched.csv'), 'utf8')).not.toContain(wide)

  expect(await allowIn(data, person)).toMatchObject({ allowed: true, already_forgotten: 1 })
  expect(await enrich({ data, api, list })).toMatchObject({ asked_ids: 1, ids: { enriched: 1 } })
  expect(await published(data, `SELECT status FROM creators WHERE user_id = '${person}'`)).toEqual([
    { status: 'active' },
  ])
  expect(await check(data)).toMatchObject({ exit_code: 0, differences: [] })
})

test('a person who is not in the folder is refused from now on, and nothing else changes', async () => {
  const folder = made.copy()
  const stranger = '5f00000000000000aa000001'
  const files = filesUnder(folder.data)
  const report = await forgetIn(folder.data, stranger)
  expect(report).toMatchObject({ people: 1, found: 0, already_forgotten: 0, files: undefined, raw_files: 0 })
  const added = ['erasures.json', 'forgotten.json'].map((name) => join(folder.data, 'raw', name))
  expect(filesUnder(folder.data)).toEqual([...files, ...added].sort())
  const list = join(dirname(folder.data), 'strangers.csv')
  writeRows(list, [stranger], folder)
  const callsBefore = folder.api.ledger.summary().calls
  expect(await enrich({ ...folder, list })).toMatchObject({ rows: { read: 2, rejected: 2 }, asked_ids: 0 })
  expect(folder.api.ledger.summary().calls).toBe(callsBefore)
})

test('files that were set aside, and reports and exports that name the person, are removed; files of others are reported', async () => {
  const folder = made.copy()
  const { data, person, mentioning, ids } = folder
  // A list whose name, file and header have the id.
  const list = join(dirname(data), `${person}.csv`)
  writeFileSync(list, `user_id,seen by ${person}\n${mentioning},x\n`)
  await enrich({ ...folder, list })
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(data, path)), { recursive: true })
    writeFileSync(join(data, path), text)
  }
  const ours = [
    'state/warehouse.duckdb.damaged-1',
    'state/journal/damaged/a.journal.torn',
    'state/journal/headless.journal',
    'creators.duckdb.wal.aside-x',
    'reports/old.html',
    `exports/${person}.enriched.csv`,
    'metrics/creator-enrich.prom',
    'raw/answers/date=2026-01-01/run=x/part-00000.parquet.part',
    ...['raw/inputs/date=2026-01-01/run=x/part-00000.parquet', 'exports/creators.csv', 'reports/old.html'].map(
      (path) => `${path}.99999999-00000000000000000000.part`,
    ),
    'state/status.json.99999999-00000000000000000000.part',
    'creators.duckdb.99999999-00000000000000000000.part',
  ]
  for (const path of ours) write(path, `x${'.'.repeat(10_000)}${person}`)
  write('reports/latest.html', 'nobody in here')
  write('state/journal/other.journal', '.'.repeat(10_000))
  write('mine.csv', `${person.toUpperCase()}\n`)
  copyFileSync(join(data, 'state', 'warehouse.duckdb'), join(data, 'state', 'warehouse.duckdb.rebuilt'))

  const report = await forgetIn(data, person)
  for (const path of ours) expect(existsSync(join(data, path)), path).toBe(false)
  expect(existsSync(join(data, 'state', 'journal', 'other.journal'))).toBe(true)
  expect(existsSync(join(data, 'reports', 'latest.html'))).toBe(true)
  expect(report.others).toEqual([join(data, 'mine.csv')])
  expect(JSON.stringify(report)).not.toContain(person)
  rmSync(join(data, 'mine.csv'))
  expect(await whereIs(data, person)).toEqual([])
  expect(await published(data, 'SELECT count(*) AS n FROM creators')).toEqual([{ n: ids.length - 1 }])
  expect(await published(data, 'SELECT list, columns FROM lists ORDER BY list')).toContainEqual({
    list: expect.stringMatching(/^\[forgotten-[0-9a-f]{8}\]$/) as string,
    columns: expect.stringMatching(/^\["user_id","seen by \[forgotten-[0-9a-f]{8}\]"\]$/) as string,
  })
  expect(await check(data)).toMatchObject({ exit_code: 0, differences: [] })
  await expect(enrich({ ...folder, list })).rejects.toMatchObject({ exitCode: 2 })
  expect(await whereIs(data, person)).toEqual([])
})

test('lists that are named by ids stay separate lists', async () => {
  const folder = made.copy()
  const { data, person, mentioning, ids } = folder
  const names = [person, person.toUpperCase(), mentioning, `${mentioning} and ${person}`]
  const lists = names.map((name, at) => {
    const list = join(dirname(data), `${name}.csv`)
    writeFileSync(list, `user_id,${person},${mentioning}\n${ids.slice(0, at + 2).join(',x,y\n')},x,y\n`)
    return list
  })
  // Two names that differ only in capitals come in two runs.
  for (const list of [
    [lists[0]!, lists[2]!],
    [lists[1]!, lists[3]!],
  ])
    await enrich({ ...folder, list })
  const rows = 'SELECT rows FROM lists ORDER BY rows'
  const before = await published(data, rows)

  for (const id of [person, mentioning]) expect(await forgetIn(data, id)).toMatchObject({ exit_code: 0, found: 1 })
  expect(await whereIs(data, person, mentioning)).toEqual([])
  expect(await published(data, rows)).toEqual(before)
  const renamed = await published<{ list: string; columns: string }>(data, 'SELECT list, columns FROM lists')
  expect(new Set(renamed.map(({ list }) => list)).size).toBe(names.length + 1)
  for (const { columns } of renamed) expect(new Set(JSON.parse(columns) as string[]).size).toBe(3)
  expect(await check(data)).toMatchObject({ exit_code: 0, differences: [] })
})

test('an erasure that could not be completed changes nothing', async () => {
  const { data, person } = made.copy()
  const [, run] = await rawRuns(join(data, 'raw'), 'answers')
  const [file] = await rawFiles(join(data, 'raw'), 'answers', run!)
  rmSync(file!)
  const before = statesOf(join(data, 'raw'))
  await expect(forgetIn(data, person)).rejects.toMatchObject({
    exitCode: 7,
    message: expect.stringMatching(/^nothing was erased: .*lacks \d+ paid answers/) as string,
  })
  expect(statesOf(join(data, 'raw'))).toEqual(before)
  expect(existsSync(join(data, 'state', 'warehouse.duckdb.rebuilt'))).toBe(false)
})

test('the receipts still show when other answers are missing', async () => {
  const { data } = await made.copyErased()
  const [run] = await rawRuns(join(data, 'raw'), 'answers')
  const [file] = await rawFiles(join(data, 'raw'), 'answers', run!)
  rmSync(file!)
  await expect(check(data)).rejects.toMatchObject({
    exitCode: 7,
    message: expect.stringMatching(/lacks 9 paid answers/) as string,
  })
})

test('several people at once, even all of a run; the log names none of them', async () => {
  const { data, ids } = made.copy()
  logged.length = 0
  const report = await forgetIn(data, ...ids)
  expect(report).toMatchObject({ people: ids.length, found: ids.length, erased: { answers: 2 * ids.length } })
  expect(await published(data, 'SELECT * FROM creators')).toEqual([])
  expect(await published(data, 'SELECT rows_read, billed_calls FROM runs')).toEqual([
    { rows_read: 11, billed_calls: 10 },
    { rows_read: 11, billed_calls: 10 },
  ])
  expect(await whereIs(data, ...ids)).toEqual([])
  expect(await check(data)).toMatchObject({ exit_code: 0, differences: [] })
  expect(logged.length).toBeGreaterThan(0)
  expect(logged.join('\n')).not.toMatch(new RegExp(ids.join('|')))
})

test('a file in raw/ that cannot be read: exit 7, the error names the file, and nothing changes', async () => {
  const { data, person } = made.copy()
  const [run] = await rawRuns(join(data, 'raw'), 'answers')
  const [file] = await rawFiles(join(data, 'raw'), 'answers', run!)
  writeFileSync(file!, 'no parquet')
  const before = statesOf(join(data, 'raw'))
  await expect(forgetIn(data, person)).rejects.toMatchObject({
    exitCode: 7,
    message: expect.stringContaining(file!) as string,
  })
  expect(statesOf(join(data, 'raw'))).toEqual(before)
})
