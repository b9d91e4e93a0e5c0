import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { select, type SelectJob } from '../../../src/commands/select/select.js'
import { all, openDatabase } from '../../../src/core/duckdb.js'
import { nearest } from '../../../src/core/nearest.js'
import { layoutOf } from '../../../src/dataFolder/layout.js'
import { loadPipeline } from '../../../src/model/pipeline.js'
import { startSimulator } from '../../../src/simulator/simulator.js'
import { readSheet, readSheets } from '../../export/readWorkbook.js'
import { commandHere } from '../../support/commandHere.js'
import { plainId, writeList } from '../../support/lists.js'
import { published } from '../../support/published.js'
import { enrich } from '../../support/simulated.js'

const IDS = Array.from({ length: 15 }, (_, n) => plainId(n + 1))
const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-select-'))
const data = join(folder, 'data')

beforeAll(async () => {
  const api = await startSimulator({ pipeline: await loadPipeline(undefined) })
  try {
    await enrich(writeList(folder, IDS), data, api)
    await enrich(writeList(folder, IDS.slice(0, 3), "kate's.csv"), data, api)
    await enrich(writeList(folder, IDS.slice(2, 5), 'spring, summer.csv'), data, api)
  } finally {
    await api.close()
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Wanted = Partial<SelectJob['selection'] & Pick<SelectJob, 'format' | 'out' | 'bom' | 'lang'>>

async function selected({ format = 'json', out, bom = true, lang = 'en', ...selection }: Wanted): Promise<string> {
  const pieces: string[] = []
  await select({
    layout: layoutOf(data),
    selection: {
      where: undefined,
      lists: undefined,
      sort: undefined,
      limit: undefined,
      columns: undefined,
      mentioned: false,
      ...selection,
    },
    format,
    out,
    bom,
    lang,
    write: (text) => void pieces.push(Buffer.from(text).toString()),
    columns: 80,
  })
  return pieces.join('')
}

const rowsOf = async (wanted: Wanted) => JSON.parse(await selected(wanted)) as Record<string, unknown>[]

test('filters, sorts, limits and picks columns as SQL would', async () => {
  const where = "fans > 1000 AND user_id IN (SELECT user_id FROM list_members WHERE list = 'creators') -- and more"
  const columns = ['nickname', 'fans', 'likes_per_note', 'red_id']
  const expected = await published(
    data,
    'SELECT nickname, fans, likes_per_note, red_id FROM creators WHERE fans > 1000 ORDER BY fans DESC, user_id',
  )
  expect(expected.length).toBeGreaterThan(4)
  const sort = [{ column: 'fans', descending: true }]
  expect(await rowsOf({ where, sort, columns })).toEqual(expected)
  expect(await rowsOf({ where, sort, columns, limit: 2 })).toEqual(expected.slice(0, 2))
  expect(await rowsOf({ where: 'fans < 0' })).toEqual([])
  expect(Object.keys((await rowsOf({ limit: 1 }))[0]!)).toContain('fans_change_30d')
  expect(Object.keys((await rowsOf({ limit: 1, columns: ['*'] }))[0]!).length).toBeGreaterThan(100)
  const mentioned = await rowsOf({
    mentioned: true,
    where: 'mentioned_by > 0',
    sort: [{ column: 'mentioned_by', descending: true }],
  })
  expect(mentioned).toHaveLength((await published(data, 'SELECT * FROM creator_candidates')).length)
})

describe('--where stays one condition, and reads and writes no other file', () => {
  test.each([
    ['1) UNION SELECT (1', /one condition and nothing else/],
    ['true) FROM (SELECT 1', /one condition and nothing else/],
    ['true), (true', /one condition and nothing else/],
    ['true) ORDER BY (1', /one condition and nothing else/],
    ['true); DROP TABLE creators; SELECT (true', /one condition|cannot be|Only SELECT/],
    ['fans > 1) OR (true', /one condition and nothing else/],
    ['true /*', /--where: /],
    ['tier = ‘macro’', /a text needs straight single quotes: 'macro'/],
    ['tier = “macro”', /a text needs straight single quotes: 'macro'/],
    ['fans ＞ 1', /＞ is a wide sign, which SQL does not know: write >;/],
    ["fans > 1，tier = 'mid'", /， is a wide sign, which SQL does not know: write ,;/],
    ['fans >', /the condition is not complete/],
    ['tier = macro', /a text needs single quotes: 'macro'/],
    ['fans', /it is BIGINT, and must be true or false/],
    ['fanz > 1', /--where: there is no column fanz; did you mean fans\?/],
    ["user_id IN (SELECT content FROM read_text('/etc/passwd'))", /--where: .*(disabled|Cannot|not allowed)/],
    ["EXISTS (SELECT 1 FROM '/etc/passwd')", /--where: /],
    ["EXISTS (SELECT 1 FROM read_csv('/etc/passwd'))", /--where: /],
    ["EXISTS (SELECT 1 FROM glob('/etc/*'))", /--where: /],
    ["EXISTS (SELECT 1 FROM query('COPY creators TO ''/tmp/stolen.csv'''))", /--where: /],
    ['CAST(nickname AS BIGINT) > 1', /--where: /],
  ])('%s', async (where, message) => {
    await expect(selected({ where })).rejects.toThrow(message)
    await expect(selected({ where })).rejects.toMatchObject({ exitCode: 2 })
    expect(existsSync('/tmp/stolen.csv')).toBe(false)
  })

  test('unknown columns to show or to sort by are refused', async () => {
    await expect(selected({ columns: ['nick'] })).rejects.toThrow(
      '--columns: there is no column nick; did you mean nickname',
    )
    await expect(selected({ sort: [{ column: 'fans"', descending: true }] })).rejects.toThrow(
      '--sort: there is no column',
    )
  })

  test('files of the data folder are not overwritten', async () => {
    for (const out of [join(data, 'creators.duckdb'), join(data, 'exports', 'creators.csv')]) {
      const before = readFileSync(out)
      await expect(selected({ out, format: 'csv' })).rejects.toThrow('keeps its own files')
      expect(readFileSync(out).equals(before)).toBe(true)
    }
  })
})

test('files: CSV, workbook, Parquet, JSON; a saved list is an input', async () => {
  const columns = ['user_id', 'nickname', 'fans']
  const [csv, xlsx, parquet, json] = ['a.csv', 'a.xlsx', 'a.parquet', 'a.json'].map((name) => join(folder, name))
  await selected({ out: csv!, format: 'csv', columns })
  await selected({ out: xlsx!, format: 'xlsx', columns, sort: [{ column: 'fans', descending: true }] })
  await selected({ out: parquet!, format: 'parquet', columns })
  await selected({ out: json!, format: 'json', columns })
  const rows = await published(data, 'SELECT user_id, nickname, fans FROM creators ORDER BY fans DESC, user_id')
  const text = readFileSync(csv!, 'utf8')
  expect(text.startsWith('\uFEFFuser_id,nickname,fans\n')).toBe(true)
  expect(text.trimEnd().split('\n')).toHaveLength(rows.length + 1)
  expect(JSON.parse(readFileSync(json!, 'utf8'))).toEqual(rows)
  const sheet = readSheet(xlsx!).map((row) => row.map(({ value }) => value))
  expect(sheet).toEqual([columns, ...rows.map((row) => Object.values(row))])
  expect([...readSheets(xlsx!).keys()]).toEqual(['creators', 'dictionary'])
  const database = await openDatabase(':memory:')
  expect(await all(database.connection, `SELECT * FROM '${parquet!}'`)).toEqual(rows)
  await database.close()

  const env = { JUSTONEAPI_TOKEN: 'not a token' }
  const saved = await commandHere(['select', '--save', '热门', '--where', 'fans > 1000', '--data', data], {
    cwd: folder,
    env,
  })
  expect(saved.code, saved.stderr).toBe(0)
  expect(saved.stderr).toMatch(/creators written to .*热门\.csv\nnext: `creator-enrich run \S+ --data /)
  const own = join(folder, 'mine.csv')
  writeFileSync(own, 'id,note\n')
  const refused = await commandHere(['select', '--save', 'mine', '--data', data], { cwd: folder, env })
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('mine.csv exists already') as string })
  expect(readFileSync(own, 'utf8')).toBe('id,note\n')
  expect(
    (await commandHere(['select', '--save', '热门', '--where', 'fans > 1000', '--data', data], { cwd: folder, env }))
      .code,
  ).toBe(0)
  mkdirSync(join(folder, 'taken.csv'))
  const taken = await commandHere(['select', '--save', 'taken', '--data', data], { cwd: folder, env })
  const said = `error: --save taken: ${join(folder, 'taken.csv')} is a folder: give another name\n`
  expect(taken).toEqual({ code: 2, stdout: '', stderr: said })
  const plan = await commandHere(['plan', '热门.csv', '--data', data, '--json'], { cwd: folder })
  const [count] = await published<{ n: number }>(data, 'SELECT count(*) AS n FROM creators WHERE fans > 1000')
  expect(JSON.parse(plan.stdout)).toMatchObject({ rows: count!.n, known: { fresh: count!.n } })
})

test('a workbook without --columns has the overview, all columns and what they mean, of the chosen rows in their order', async () => {
  const out = join(folder, 'some.xlsx')
  await selected({ out, format: 'xlsx', where: 'fans > 1000', sort: [{ column: 'nickname', descending: false }] })
  const rows = await published<{ user_id: string; fans: number; lists: string }>(
    data,
    `SELECT user_id, fans, string_agg(list, ', ' ORDER BY list) AS lists
     FROM creators JOIN creator_lists USING (user_id) WHERE fans > 1000 GROUP BY ALL ORDER BY any_value(nickname), user_id`,
  )
  const sheets = readSheets(out)
  expect([...sheets.keys()]).toEqual(['overview', 'all', 'dictionary'])
  for (const [name, shown] of [
    ['overview', ['user_id', 'fans', 'lists']],
    ['all', ['user_id', 'fans']],
  ] as const) {
    const [header, ...cells] = sheets.get(name)!
    const places = shown.map((title) => header!.find(({ value }) => value === title)!.place.replace('1', ''))
    const found = cells.map((row, at) =>
      places.map((place) => row.find((each) => each.place === `${place}${at + 2}`)?.value),
    )
    expect(found).toEqual(rows.map((row) => shown.map((title) => row[title])))
  }
  const people = join(folder, 'people.xlsx')
  await selected({ out: people, format: 'xlsx', mentioned: true, lang: 'zh' })
  expect([...readSheets(people).keys()]).toEqual(['被提到的用户', '字段说明'])
  const [titles, ...mentions] = readSheet(people).map((row) => row.map(({ value }) => value))
  const counts = mentions.map((row) => Number(row[titles!.indexOf('提到的达人数')]))
  expect(counts).toEqual(counts.toSorted((one, other) => other - one))
})

test('on the command line: a table that fits, errors in one line', async () => {
  const printed = await commandHere(['select', '--sort', 'fans desc', '--limit', '2', '--data', data])
  expect(printed.code, printed.stderr).toBe(0)
  expect(printed.stdout).toMatch(/^user_id +nickname +tier +fans +province\n/)
  expect(printed.stdout.split('\n')).toHaveLength(4)
  expect(printed.stderr).toBe('2 of 15 creators; --limit N shows more, --format csv shows all\n')
  const unsorted = await commandHere(['select', '--limit', '2', '--where', 'fans > 1000', '--data', data])
  expect(unsorted.stdout).toBe(printed.stdout)
  const [{ n }] = (await published(data, 'SELECT count(*) AS n FROM creators WHERE fans > 1000')) as [{ n: number }]
  expect(unsorted.stderr).toContain(`2 of ${n} creators, most followers first; `)
  for (const [args, said] of [
    [['--format', 'parquet'], '--format parquet needs --out FILE'],
    [['--format', 'xlsx'], '--format xlsx needs --out FILE'],
    [
      ['--out', folder],
      `--out ${folder} is a folder: give the path of a file, such as ${join(folder, 'creators.csv')}`,
    ],
    [['--out', tmpdir(), '--format', 'parquet'], `is a folder: give the path of a file, such as `],
    [['--sort', 'fans downwards'], '--sort: expected columns such as'],
    [['--save', '../x'], '--save: expected a name'],
  ] as const) {
    const refused = await commandHere(['select', '--data', data, ...args])
    expect([refused.code, refused.stdout]).toEqual([2, ''])
    expect(refused.stderr).toContain(said)
  }
})

test('--list, once or several times, chooses who is in one of the lists', async () => {
  const from = async (...args: string[]) => {
    const command = ['select', '--data', data, '--format', 'json', '--columns', 'user_id', ...args]
    const { code, stdout, stderr } = await commandHere(command)
    return {
      code,
      stderr,
      ids: code === 0 ? (JSON.parse(stdout) as { user_id: string }[]).map((row) => row.user_id).sort() : [],
    }
  }
  expect(await from('--list', "kate's")).toEqual({ code: 0, stderr: '', ids: IDS.slice(0, 3) })
  const both = ['--list', 'spring, summer', '--list', "kate's"]
  expect((await from(...both)).ids).toEqual(IDS.slice(0, 5))
  expect((await from(...both, '--where', `user_id <> '${IDS[0]}' OR FALSE`)).ids).toEqual(IDS.slice(1, 5))
  expect(await from('--list', 'kate')).toEqual({
    code: 2,
    ids: [],
    stderr: expect.stringMatching(
      /has no list kate: its lists are creators, kate's, spring, summer.*nothing was written\n$/,
    ) as string,
  })
  expect((await from('--list', "kate's", '--mentioned')).stderr).toContain('leave one of them out')
})

test('--out replaces no device, pipe or open stream', async () => {
  const pipe = join(folder, 'pipe.csv')
  execFileSync('mkfifo', [pipe])
  // Through a link, too; a stream of the process may be a file behind its path.
  symlinkSync('/dev/null', join(folder, 'link.csv'))
  for (const command of ['select', 'costs'])
    for (const out of [pipe, join(folder, 'link.csv'), '/proc/self/fd/1', '/proc/../dev/fd/1', '-']) {
      const refused = await commandHere([command, '--data', data, '--format', 'csv', '--out', out], { cwd: folder })
      expect([refused.code, refused.stdout, refused.stderr]).toEqual([
        2,
        '',
        `error: --out ${out} is not a file: name one, or leave out --out and give --format: stdout has the rows\n`,
      ])
    }
  expect(lstatSync(pipe).isFIFO()).toBe(true)
  expect(lstatSync(join(folder, 'link.csv')).isSymbolicLink()).toBe(true)
})

test('an ending that says no format is refused', async () => {
  const out = join(folder, 'x.txt')
  const refused = await commandHere(['select', '--data', data, '--out', out])
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('name it .csv') as string })
  expect(existsSync(out)).toBe(false)
  const table = await commandHere(['select', '--data', data, '--out', out, '--format', 'table'])
  expect(table.code, table.stderr).toBe(0)
})

test('a choice of nobody says so on stderr, whatever is written', async () => {
  for (const [format, empty] of [
    ['csv', 'user_id\n'],
    ['json', '[]\n'],
    ['table', 'user_id\n'],
  ] as const) {
    const where = ['--where', 'fans < 0', '--columns', 'user_id']
    const { code, stdout, stderr } = await commandHere(['select', '--data', data, '--format', format, ...where])
    expect([code, stdout.replaceAll('\r', ''), stderr]).toEqual([0, empty, '0 creators match\n'])
  }
  const out = join(folder, 'nobody.csv')
  const written = await commandHere([
    'select',
    '--data',
    data,
    '--mentioned',
    '--where',
    'mentioned_by > 99',
    '--out',
    out,
  ])
  expect(written.stderr).toBe(`0 people match\n0 people written to ${out}\n`)
  for (const [flags, who] of [
    [['--limit', '1'], '1 creator'],
    [['--limit', '1', '--mentioned'], '1 person'],
    [['--limit', '2'], '2 creators'],
  ] as const) {
    const { stderr } = await commandHere(['select', '--data', data, ...flags, '--out', out])
    expect(stderr).toBe(`${who} written to ${out}\n`)
  }
})

test('near names', () => {
  const names = ['fans', 'fans_change_7d', 'nickname', 'province']
  expect(nearest('fan', names)).toEqual(['fans', 'fans_change_7d'])
  expect(nearest('provinz', names)).toEqual(['province'])
  expect(nearest('zzz', names)).toEqual([])
})
