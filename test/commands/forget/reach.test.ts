import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { forgetSummary } from '../../../src/commands/forget/forgetReport.js'
import { openDatabase } from '../../../src/core/duckdb.js'
import { LocalError } from '../../../src/core/errors.js'
import { HEAD_BYTES, HEAD_COPIES } from '../../../src/journal/record.js'
import { scan } from '../../../src/journal/scan.js'
import type { Answer } from '../../../src/model/call.js'
import { readSheet } from '../../export/readWorkbook.js'
import { answerOf, noAnswerOf, writeSegment } from '../../journal/calls.js'
import { published } from '../../support/published.js'
import { whereIs } from './everyValue.js'
import { check, enrich, forgetIn, history, logged } from './folder.js'

let made: Awaited<ReturnType<typeof history>>
beforeAll(async () => (made = await history()))
afterAll(() => made.close())

/** Overwrites both copies of the head, and appends unreadable bytes. */
async function damageHead(path: string, behind: string): Promise<void> {
  const file = await open(path, 'r+')
  await file.write(Buffer.alloc(HEAD_BYTES * HEAD_COPIES, 0xff), 0, HEAD_BYTES * HEAD_COPIES, 0)
  const { size } = await file.stat()
  await file.write(Buffer.from(behind), 0, behind.length, size)
  await file.close()
}

async function endsIn(path: string): Promise<unknown[]> {
  const ends: unknown[] = []
  for await (const parts of scan(path, undefined)) {
    for (const part of parts) if (part.kind === 'record' && 'receivedAt' in part.entry) ends.push(part.entry)
  }
  return ends
}

test('searches linked folders and files of any format, and keeps the paid answers of others in a journal without a head', async () => {
  const folder = made.copy()
  const { data, person, mentioning } = folder
  const store = join(dirname(data), 'store')
  mkdirSync(store)
  for (const name of ['raw', 'state', 'published', 'exports', 'reports']) {
    renameSync(join(data, name), join(store, name))
    symlinkSync(join(store, name), join(data, name))
  }
  const dates = join(store, 'raw', 'answers')
  renameSync(dates, join(store, 'answers'))
  symlinkSync(join('..', 'answers'), dates)

  // Also in a linked folder a file is not ours unless its name is.
  const list = `user_id,note\n${person.toUpperCase()},笔记\n`
  const own = {
    'exports/letter.txt': list,
    [`${person}.txt`]: '',
    'utf16le.csv': Buffer.from(`\uFEFF${'笔'.repeat(40_000)}${list}`, 'utf16le'),
    'utf16be.csv': Buffer.from(`\uFEFF${list}`, 'utf16le').swap16(),
    'packed.csv.gz': gzipSync(Buffer.from(list, 'utf16le')),
    'cut.csv.gz': gzipSync(Buffer.from(`${'nobody,'.repeat(9)}\n`)).subarray(0, 30),
    'book.xlsx': 'PK\u0003\u0004 whatever',
    'nobody.csv.gz': gzipSync('nobody'),
    // Our own file, which is written again.
    'exports/creators.xlsx': `PK\u0003\u0004 ${person}`,
    'exports/people.enriched.xlsx': `PK\u0003\u0004 ${person}`,
  }
  for (const [name, content] of Object.entries(own)) writeFileSync(join(data, name), content)
  symlinkSync(join(store, 'elsewhere'), join(data, 'link'))
  const other = await openDatabase(join(data, 'notes.db'))
  await other.connection.run(`CREATE SCHEMA other; CREATE TABLE other.people AS SELECT '${person}' AS id`)
  await other.close()

  const about = (n: number, id: string, text: string): Answer => ({ ...answerOf(n), id, body: Buffer.from(text) })
  const others = [answerOf(4), noAnswerOf(5)]
  const journal = join(data, 'state', 'journal')
  const mentioned = about(2, mentioning, `{"code":0,"ids":["${person}",7]}`)
  const calls = [about(1, person, 'a profile'), mentioned, { ...noAnswerOf(3), id: person }, ...others]
  const headless = await writeSegment(journal, calls)
  await damageHead(headless, `torn ${person}`)

  // A link in raw/ would be replaced, but its target would keep the id.
  const linked = join(data, 'raw', 'notes.parquet')
  symlinkSync(join(store, 'notes.parquet'), linked)
  await expect(forgetIn(data, person)).rejects.toMatchObject({
    exitCode: 7,
    message: expect.stringContaining(`${linked} is a link`) as string,
  })
  expect(await whereIs(store, person)).not.toEqual([])
  rmSync(linked)

  const report = await forgetIn(data, person)
  expect(report).toMatchObject({ exit_code: 0, found: 1, erased: { answers: 3, calls: 1, rows: 2 }, redacted: 7 })
  expect(await whereIs(store, person)).toEqual(['exports/letter.txt'])
  expect(await endsIn(headless)).toEqual([
    { ...mentioned, body: Buffer.from('{"code":0,"ids":[7]}') },
    ...others.map((call) => ({ ...call })),
  ])
  const named = ['[forgotten].txt', 'exports/letter.txt', 'notes.db', 'packed.csv.gz', 'utf16be.csv', 'utf16le.csv']
  expect([...report.others].sort()).toEqual(named.map((name) => join(data, name)))
  expect(report.unsearched).toEqual([
    { path: join(data, 'book.xlsx'), why: 'it is an Excel workbook or a zip file' },
    { path: join(data, 'cut.csv.gz'), why: expect.stringContaining('damaged gzip') as string },
    { path: join(data, 'link'), why: 'a link is not followed' },
  ])
  expect(report.files!.exports).toContain(join(data, 'exports', 'creators.xlsx'))
  expect(readSheet(join(data, 'exports', 'creators.xlsx'))[0]![0]).toMatchObject({ value: 'nickname' })
  expect(readSheet(join(data, 'exports', 'people.enriched.xlsx'))[0]!.map(({ value }) => value)).toContain('as_of')
  const summary = forgetSummary(report)
  expect(summary).toContain('checked    every file but those below: none names them; no call was made\n')
  expect(summary).toContain(`unsearched ${join(data, 'book.xlsx')} may name them: check it yourself`)
  expect(summary + JSON.stringify(report) + logged.join('\n')).not.toMatch(new RegExp(person, 'i'))

  expect(await published(data, `SELECT * FROM creators WHERE user_id = '${person}'`)).toEqual([])
  expect(await check(data)).toMatchObject({ exit_code: 0, differences: [] })
  expect(await enrich(folder)).toMatchObject({ rows: { rejected: 2 }, asked_ids: 0 })
  expect(await whereIs(store, person)).toEqual(['exports/letter.txt'])
})

test('no error shows an id, even if it is in the name of the folder or of an unreadable file', async () => {
  const { data, person } = made.copy()
  const moved = join(dirname(data), person)
  renameSync(data, moved)
  const part = join(moved, 'raw', 'answers', 'part.parquet')
  writeFileSync(part, 'no parquet')
  const thrown = await forgetIn(moved, person).catch((error: unknown) => error)
  expect(thrown).toBeInstanceOf(LocalError)
  const { message, stack } = thrown as LocalError
  expect(message).toContain('[forgotten]/raw/answers')
  expect([message, stack, ...logged].join('\n')).not.toContain(person)
  rmSync(part)
  expect(readFileSync(join(moved, 'exports', 'creators.csv'), 'utf8')).toContain(person)
})
