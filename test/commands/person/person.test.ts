import { createHash } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PersonReport } from '../../../src/commands/person/personReport.js'
import { all, openDatabase } from '../../../src/core/duckdb.js'
import { layoutOf } from '../../../src/dataFolder/layout.js'
import { takeLock } from '../../../src/dataFolder/lock.js'
import { rawFiles, rawRuns } from '../../../src/raw/files.js'
import { answerOf, writeSegment } from '../../journal/calls.js'
import type { Ended } from '../../support/cli.js'
import { commandHere } from '../../support/commandHere.js'
import { temporaryFolder } from '../../support/folder.js'
import { published } from '../../support/published.js'
import { filesUnder, statesOf, whereIs } from '../forget/everyValue.js'
import { DELIVERED, history, MISDELIVERED } from '../forget/folder.js'

let made: Awaited<ReturnType<typeof history>>
beforeAll(async () => (made = await history()))
afterAll(() => made.close())

type Manifest = PersonReport & { files: { path: string; rows: number | null; bytes: number; sha256: string }[] }

function exportTo(data: string, id: string, out: string, ...args: string[]): Promise<Ended> {
  return commandHere(['person', id, '--data', data, '--out', out, ...args])
}

async function exported(data: string, id: string): Promise<{ out: string; manifest: Manifest }> {
  const out = join(temporaryFolder(), 'out')
  const { code, stderr } = await exportTo(data, id, out)
  expect(code, stderr).toBe(0)
  return { out, manifest: JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as Manifest }
}

const csv = (out: string, name: string): string[] => readFileSync(join(out, name), 'utf8').trimEnd().split('\n')

/** Every body in `raw/` for this id, as received. */
async function bodiesOf(data: string, id: string): Promise<string[]> {
  const { raw } = layoutOf(data)
  const database = await openDatabase(':memory:')
  const files: string[] = []
  for (const run of await rawRuns(raw, 'answers')) files.push(...(await rawFiles(raw, 'answers', run)))
  const rows = await all<{ body: Uint8Array }>(
    database.connection,
    `SELECT body FROM read_parquet([${files.map((file) => `'${file}'`).join(', ')}]) WHERE user_id = '${id}'`,
  ).finally(() => database.close())
  return rows.map(({ body }) => createHash('sha256').update(body).digest('hex'))
}

test('a 小红书号 that one person has names this person; another one is exit 2, and is not shown', async () => {
  const { data, person } = made.copy()
  const [own] = await published<{ red_id: string }>(data, `SELECT red_id FROM creators WHERE user_id = '${person}'`)
  const { code, stderr } = await exportTo(data, `小红书号: ${own!.red_id}`, join(temporaryFolder(), 'out'))
  expect(code, stderr).toBe(0)
  expect(stderr).toContain(`the argument, a 小红书号, stands for the id ${person}\n`)
  const unknown = await exportTo(data, 'not_here_1', join(temporaryFolder(), 'out'))
  expect(unknown).toMatchObject({ code: 2, stdout: '' })
  expect(unknown.stderr).toBe(
    `error: the argument is not an id (red_id), and ${data} knows nobody by it: a 小红书号 is not a user id: paste the link of the profile\n`,
  )
  const change = async (sql: string): Promise<void> => {
    const copy = await openDatabase(realpathSync(join(data, 'creators.duckdb')))
    await copy.connection.run(sql)
    await copy.close()
  }
  // In other letters it may be another person's.
  await change(`UPDATE creators SET red_id = 'Kafei_9x' WHERE user_id = '${person}'`)
  const otherCase = await exportTo(data, 'kafei_9X', join(temporaryFolder(), 'out'))
  expect(otherCase).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      'knows nobody by it, only by the same in other capital or small letters: ',
    ) as string,
  })
  // A name or a phone number is not taken for a 小红书号 without its label.
  for (const contested of ['lily', '13812345678']) {
    await change(`UPDATE creators SET red_id = '${contested}' WHERE user_id = '${person}'`)
    const bare = await exportTo(data, contested, join(temporaryFolder(), 'out'))
    expect(bare.code, contested).toBe(2)
    expect(bare.stderr).not.toContain(contested)
    const labelled = await exportTo(data, `小红书号:${contested}`, join(temporaryFolder(), 'out'))
    expect(labelled.code, labelled.stderr).toBe(0)
  }
  await change(`UPDATE creators SET red_id = '${own!.red_id}'`)
  const several = await exportTo(data, own!.red_id, join(temporaryFolder(), 'out'))
  expect(several.code).toBe(2)
  expect(several.stderr).toContain(`${data} knows several people by it`)
})

test('all that is known of a person, with a manifest that checks; nothing about others, and the data folder is untouched', async () => {
  const { data, person, mentioning } = made.copy()
  const before = statesOf(data)
  const { out, manifest } = await exported(data, person)
  expect(statesOf(data)).toEqual(before)
  expect(manifest).toMatchObject({ version: 1, data, user_id: person, known: true, answers: 2, withheld: 0 })
  expect(manifest.published_run).toBe(
    (await published<{ id: string }>(data, 'SELECT max(run_id) AS id FROM runs'))[0]!.id,
  )

  const paths = filesUnder(out).map((path) => path.slice(out.length + 1))
  expect(manifest.files.map(({ path }) => path).sort()).toEqual(paths.filter((path) => path !== 'manifest.json').sort())
  for (const { path, bytes, sha256 } of manifest.files) {
    const content = readFileSync(join(out, path))
    expect([content.length, createHash('sha256').update(content).digest('hex')], path).toEqual([bytes, sha256])
    expect(statSync(join(out, path)).mode & 0o007, path).toBe(0)
    if (path.endsWith('.csv')) expect(content.toString('utf8').startsWith('\uFEFF'), path).toBe(true)
  }
  expect(statSync(out).mode & 0o007).toBe(0)

  const bodies = manifest.files.filter(({ path }) => path.startsWith('answers/')).map(({ sha256 }) => sha256)
  expect(bodies.sort()).toEqual((await bodiesOf(data, person)).sort())
  const tables = await published<{ name: string }>(
    data,
    `SELECT table_name AS name FROM duckdb_columns() JOIN duckdb_tables() USING (database_name, table_name)
     WHERE column_name = 'user_id' AND database_name = current_database()`,
  )
  expect(tables.length).toBeGreaterThan(8)
  for (const { name } of tables) {
    const [{ rows }] = (await published(
      data,
      `SELECT count(*)::INT AS rows FROM ${name} WHERE user_id = '${person}'`,
    )) as [{ rows: number }]
    expect(manifest.rows[name] ?? 0, name).toBe(rows)
  }
  const profile = JSON.parse(readFileSync(join(out, 'profile.json'), 'utf8')) as { user_id: string; nickname: string }
  const [known] = await published(data, `SELECT user_id, nickname FROM creators WHERE user_id = '${person}'`)
  expect(profile).toMatchObject(known!)
  expect(manifest.lists).toEqual(['people'])
  expect(csv(out, 'list_rows.csv')).toHaveLength(3)

  // The bio of another person names this one, and so do two cells of other rows in each of two nights.
  const mentions = csv(out, 'mentions.csv').slice(1)
  expect(mentions.filter((line) => line.includes('desc_at_users[')).length).toBeGreaterThanOrEqual(2)
  expect(mentions.filter((line) => line.startsWith('raw/inputs')).join('\n')).toContain(`[…] ${person}`)
  expect(await whereIs(out, mentioning)).toEqual([])
  const [other] = await published<{ nickname: string }>(
    data,
    `SELECT nickname FROM creators WHERE user_id = '${mentioning}'`,
  )
  expect(filesUnder(out).filter((path) => readFileSync(path, 'utf8').includes(other!.nickname))).toEqual([])
  expect(await whereIs(out, 'a-token-of-no-value')).toEqual([])

  const held = csv(out, 'held_in.csv').join('\n')
  for (const place of [
    'exports/people.enriched.csv,export',
    'exports/creators.parquet,export',
    'reports/',
    'published/',
    'raw/answers/',
    'raw/inputs/',
    'state/warehouse.duckdb,working file',
  ])
    expect(held).toContain(place)
})

test("another person's profile that came for this one is left out; the own one that came for another is in", async () => {
  const { data } = made.copy()
  const asked = await exported(data, MISDELIVERED)
  expect(asked.manifest).toMatchObject({ known: true, answers: 0, withheld: 2 })
  expect(await whereIs(asked.out, DELIVERED)).toEqual([])
  expect(csv(asked.out, 'calls.csv')[1]).toContain('it holds the profile of another person')
  const delivered = await exported(data, DELIVERED)
  expect(delivered.manifest).toMatchObject({ known: true, answers: 2, withheld: 0 })
  expect(await whereIs(delivered.out, MISDELIVERED)).toEqual([])
  expect(csv(delivered.out, 'calls.csv')[1]).toContain('[another person]')
})

test('answers that are only in the journal are in, also while a run holds the folder', async () => {
  const { data, person } = made.copy()
  const layout = layoutOf(data)
  mkdirSync(layout.journal, { recursive: true })
  await writeSegment(layout.journal, [{ ...answerOf(7), id: person }])
  const lock = await takeLock(layout)
  const { out, manifest } = await exported(data, person).finally(() => lock.release())
  expect(manifest).toMatchObject({ answers: 3, cut_off: true })
  expect(csv(out, 'calls.csv').filter((line) => line.includes('state/journal/'))).toHaveLength(1)
})

test('nothing is known: a manifest says so; of a forgotten person it says since when', async () => {
  const unknown = await exported(made.copy().data, '5f00000000000000000000aa')
  expect(unknown.manifest).toMatchObject({ known: false, answers: 0, calls: 0, held_in: 0, forgotten: null })
  const { data, person } = await made.copyErased()
  const { manifest } = await exported(data, person)
  expect(manifest).toMatchObject({ known: false, forgotten: { erased: true }, erasures: [{ verified: { named: 0 } }] })
})

test('a wrong target, folder or id is exit 2, a damaged archive exit 7; nothing is written', async () => {
  const { data, person } = made.copy()
  const folder = temporaryFolder()
  const link = join(folder, 'link')
  symlinkSync(join(data, 'exports'), link)
  const full = join(folder, 'full')
  mkdirSync(full)
  writeFileSync(join(full, 'mine.txt'), 'mine')
  for (const [id, out, said, from] of [
    [person, join(data, 'out'), 'inside of the data folder', data],
    [person, data, 'inside of the data folder', data],
    [person, join(link, 'out'), 'inside of the data folder', data],
    [person, full, 'is not an empty folder', data],
    ['My Secret Name', join(folder, 'new'), 'the argument is not an id', data],
    [person, join(folder, 'new'), 'is not a data folder', join(folder, 'typo')],
  ] as const) {
    const { code, stderr, stdout } = await exportTo(from, id, out)
    expect([code, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1])
    expect(stderr).toContain(said)
    expect(stderr).not.toContain('Secret')
  }
  const { raw } = layoutOf(data)
  const [file] = await rawFiles(raw, 'answers', (await rawRuns(raw, 'answers'))[0]!)
  truncateSync(file!, 100)
  const damaged = await exportTo(data, person, join(folder, 'new'))
  expect([damaged.code, damaged.stderr]).toEqual([7, expect.stringContaining(`damaged: ${file!}`)])
  expect(readdirSync(folder).sort()).toEqual(['full', 'link'])
  expect(readdirSync(dirname(data))).toEqual(['data'])
})

test('the log names no id, and JSON is the manifest without its list of files', async () => {
  const { data, person } = made.copy()
  const folder = temporaryFolder()
  const log = join(folder, 'log.txt')
  const args = ['--log-level', 'debug', '--log-file', log, '--json']
  const { code, stdout, stderr } = await exportTo(data, person, join(folder, 'out'), ...args)
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ user_id: person, known: true })])
  expect(readFileSync(log, 'utf8') + stderr).not.toContain(person)
})

test('what a killed export left is removed by the next one, also under the default name', async () => {
  const { data, person } = made.copy()
  const folder = temporaryFolder()
  // No process has this id.
  const left = (name: string) => join(folder, `${name}.4194305-0123456789abcdef0123.part`)
  for (const name of ['out', 'person-20261101T000000Z', 'other']) {
    mkdirSync(left(name))
    writeFileSync(join(left(name), 'profile.json'), '{}')
  }
  expect((await exportTo(data, person, join(folder, 'out'))).code).toBe(0)
  expect(readdirSync(folder).sort()).toEqual(
    ['other', 'person-20261101T000000Z']
      .map((name) => left(name).slice(folder.length + 1))
      .concat('out')
      .sort(),
  )
  const { code } = await commandHere(['person', person, '--data', data, '--quiet'], { cwd: folder })
  expect(code).toBe(0)
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([left('other').slice(folder.length + 1)])
  expect(readdirSync(folder).filter((name) => /^person-\d{8}T\d{6}Z$/.test(name))).toHaveLength(1)
})
