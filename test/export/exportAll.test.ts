import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, onTestFinished, test } from 'vitest'
import { justOneApi } from '../../pipelines/justOneApi.js'
import { chinese } from '../../pipelines/xiaohongshu-user-profile/chinese.js'
import { all, first, openDatabase, runScript, type Connection, type Database } from '../../src/core/duckdb.js'
import { DAY_MS } from '../../src/core/time.js'
import { temporaryName } from '../../src/core/temporaryFile.js'
import { EXPORT_FILES, isOutput } from '../../src/dataFolder/files.js'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { exportAll, FOLDER_OUTPUTS, LIST_OUTPUTS, type ExportList } from '../../src/export/exportAll.js'
import type { ExportedFile } from '../../src/export/exportedFile.js'
import { fixedTables } from '../../src/load/schema/migrations/0001-fixed-tables.js'
import { attribute, counter, derivedFrom, identity, volatile } from '../../src/model/column.js'
import type { Language } from '../../src/model/language.js'
import type { Row } from '../../src/model/pipeline.js'
import { temporaryFolder } from '../support/folder.js'
import { readSheet, readSheets, unzipped, type CellRead } from './readWorkbook.js'

/** A narrow table with a column of each type. */
const CREATORS = `
CREATE TABLE creators (
  user_id VARCHAR, nickname VARCHAR, bio VARCHAR, fans BIGINT, likes_per_note DOUBLE, red_club BOOLEAN, tags VARCHAR,
  status VARCHAR, last_fetched_at TIMESTAMPTZ, last_attempt_at TIMESTAMPTZ)`

/** What the workbooks need of the views. */
const VIEWS = [
  `CREATE VIEW creator_overview AS
   SELECT user_id, nickname, fans, 7::BIGINT AS fans_change_7d, likes_per_note AS engagement_per_post, true AS is_overdue,
     last_fetched_at::DATE AS last_observed_day, make_timestamp(epoch_us(last_fetched_at)) AS first_seen_at,
     make_timestamp(epoch_us(last_fetched_at)) AS last_changed_at
   FROM creators WHERE last_fetched_at IS NOT NULL`,
  `CREATE VIEW data_dictionary AS SELECT * FROM (VALUES
     ('creators', 'fans', 'Followers.', 'fans'), ('creator_overview', 'fans', 'The followers.', NULL),
     ('creator_overview', 'last_observed_day', 'Day of the newest profile.', NULL)
   ) AS entries(table_name, column_name, description, source_path)`,
]

/** The order of the exports follows it. */
const PIPELINE = {
  vendor: justOneApi,
  words: { zh: chinese },
  timeZone: 'Asia/Shanghai',
  columns: {
    user_id: identity.text('id', 'The id.', 'id'),
    nickname: attribute.text('nickname', 'The name.', 'displayName'),
    bio: attribute.text('desc', 'The bio.', 'bio'),
    fans: counter('fans', 'Followers.', 'followers'),
    red_club: volatile.flag('club', 'A switch.'),
    tags: attribute.list('tags', 'Labels.'),
    likes_per_note: derivedFrom<Row>().ratio(() => null, 'liked / notes.'),
  },
}

const A = '5f0000000000000001000a01'
const B = '5f0000000000000001000a02'
const C = '5f0000000000000001000a03'
const WIDE = 'user_id,nickname,fans,bio,status,last_fetched_at,likes_per_note,tags,last_attempt_at,red_club'

interface Exported {
  /** In the order of the receipt. */
  readonly files: readonly ExportedFile[]
  readonly leftOut: readonly string[]
  readonly file: (name: string) => ExportedFile | undefined
}

interface Exporter {
  /** The statements that wrote files. */
  readonly copied: string[]
  connection: Connection
  exports: string
  run(sql: string): Promise<unknown>
  member(
    list: string,
    row: number,
    input: unknown[],
    userId: string | null,
    status: string,
    reason?: string,
  ): Promise<unknown>
  export(lists: ExportList[], options?: { bom?: boolean; excel?: boolean; lang?: Language }): Promise<Exported>
  text(name: string): string
  rows(name: string): string[][]
}

async function exporter(): Promise<Exporter> {
  const layout = layoutOf(temporaryFolder())
  const database = await openDatabase(':memory:')
  onTestFinished(() => database.close())
  const { connection } = database
  const copied: string[] = []
  const recording: Database = {
    ...database,
    async connect() {
      const own = await database.connect()
      const run = own.run.bind(own)
      own.run = (sql, ...parameters) => {
        if (sql.startsWith('COPY')) copied.push(sql)
        return run(sql, ...parameters)
      }
      return own
    },
  }
  await runScript(connection, [...fixedTables, CREATORS, ...VIEWS])
  const text = (name: string): string => readFileSync(join(layout.exports, name), 'utf8')
  return {
    connection,
    copied,
    exports: layout.exports,
    run: (sql) => connection.run(sql),
    member: (list, row, input, userId, status, reason) =>
      connection.run('INSERT INTO list_members VALUES ($1, $2, $3, $4, $5, $6, $7, $8)', [
        ...[list, BigInt(row), BigInt(row + 1), JSON.stringify(input), userId, status, reason ?? null, 'run-2'],
      ]),
    async export(lists, { bom = false, excel = false, lang = 'en' } = {}) {
      const { files, leftOut } = await exportAll({
        ...{ database: recording, layout, pipeline: PIPELINE, lists, bom, excel, lang },
      })
      return { files, leftOut, file: (name) => files.find(({ path }) => path === join(layout.exports, name)) }
    },
    text,
    rows: (name) => parse(text(name), { relax_column_count: false }),
  }
}

async function withCreators(): Promise<Exporter> {
  const here = await exporter()
  await here.run(`
    INSERT INTO creators VALUES
      ('${B}', '=HYPERLINK("x")', chr(10) || '  ＝1', 9007199254740993, -0.25, false, '["a","b"]', 'active',
        '2026-11-22 03:04:05.608+00', '2026-11-22 11:04:05.608+08'),
      ('${A}', '示例创作者', 'hi' || chr(13) || chr(10) || 'a, "b"', -5, NULL, true, '[]', 'active',
        '2026-11-21 23:59:59.999+00', '2026-11-22 03:04:05.6+00'),
      ('${C}', NULL, '', NULL, NULL, NULL, NULL, 'never_fetched', NULL, '2026-11-22 03:04:05+00')`)
  return here
}

const LIST: ExportList = { name: 'creators', columns: ['id'] }

describe('creators', () => {
  test('are in the CSV by id: times in UTC, words for booleans, an empty cell for NULL, formulas guarded', async () => {
    const here = await withCreators()
    const files = await here.export([], { bom: true })
    expect(here.text('creators.csv')).toBe(
      [
        `\uFEFF${WIDE}`,
        `${A},示例创作者,-5,"hi\r\na, ""b""",active,2026-11-21T23:59:59.999Z,,[],2026-11-22T03:04:05.600Z,true`,
        `${B},"'=HYPERLINK(""x"")",9007199254740993,"'\n  ＝1",active,2026-11-22T03:04:05.608Z,-0.25,"[""a"",""b""]",2026-11-22T03:04:05.608Z,false`,
        `${C},,,,never_fetched,,,,2026-11-22T03:04:05.000Z,`,
        '',
      ].join('\n'),
    )
    expect(files.file('creators.csv')).toEqual({ path: join(here.exports, 'creators.csv'), rows: 3, replaced: true })
  })

  test('keep their text unchanged in the Parquet file', async () => {
    const here = await withCreators()
    const { file } = await here.export([])
    const path = join(here.exports, 'creators.parquet')
    expect(file('creators.parquet')).toEqual({ path, rows: 3, replaced: true })
    const parquet = `read_parquet('${path}')`
    const compared = await first(
      here.connection,
      `SELECT
         (SELECT count(*) FROM ${parquet}) AS rows,
         (SELECT count(*) FROM (SELECT ${WIDE} FROM creators EXCEPT SELECT * FROM ${parquet})) AS different`,
    )
    expect(compared).toEqual({ rows: 3, different: 0 })
  })

  test('of an empty folder make files with only a header', async () => {
    const here = await exporter()
    await here.export([])
    expect(here.text('creators.csv')).toBe(`${WIDE}\n`)
    expect(here.text('failures.csv')).toBe('user_id,code,message,attempts,failed_at,billed\n')
    expect(readdirSync(here.exports).sort()).toEqual(['creators.csv', 'creators.parquet', 'failures.csv'])
  })
})

test('rows too large for the memory of two files at once are written by one file at a time, in parts', async () => {
  const here = await exporter()
  await here.run(`INSERT INTO creators (user_id, bio) SELECT lpad(n::VARCHAR, 24, '0'), repeat(chr((97 + n % 26)::INTEGER), 60000)
    FROM range(300) AS r(n)`)
  await here.member('creators', 1, ['1'], '0'.repeat(23) + '1', 'enriched')
  await here.run("SET memory_limit = '75MB'")
  const { files } = await here.export([LIST])
  expect(files.map(({ rows }) => rows)).toEqual([1, 0, 300, 300, 0])
  await here.run("SET memory_limit = '2GB'")
  expect(here.copied.filter((sql) => sql.includes('c.user_id >= ')).length).toBeGreaterThan(1)
  const [, ...rows] = here.rows('creators.csv')
  expect(rows.map(([id]) => Number(id))).toEqual(Array.from({ length: 300 }, (_, n) => n))
  expect(rows.every(([, , , bio], n) => bio === String.fromCharCode(97 + (n % 26)).repeat(60_000))).toBe(true)
})

describe('a file whose rows did not change', () => {
  const written = async (here: Exporter): Promise<Record<string, number>> => {
    await here.export([LIST])
    const names = readdirSync(here.exports)
    return Object.fromEntries(names.map((name) => [name, statSync(join(here.exports, name)).ino]))
  }

  test('is left alone, and not even made beside its place', async () => {
    const here = await withCreators()
    await here.member('creators', 1, [A], A, 'enriched')
    await here.export([LIST])
    here.copied.length = 0
    const { files } = await here.export([LIST])
    expect(files.map(({ rows, replaced }) => [rows, replaced])).toEqual([
      [1, false],
      [0, false],
      [3, false],
      [3, false],
      [0, false],
    ])
    expect(here.copied).toEqual([])
  })

  test.each<[what: string, changed: string[], change: (here: Exporter) => unknown]>([
    [
      'a cell of a creator',
      ['creators.csv', 'creators.enriched.csv', 'creators.parquet'],
      (here) => here.run(`UPDATE creators SET fans = 1 WHERE user_id = '${A}'`),
    ],
    [
      'a status of the list',
      ['creators.enriched.csv'],
      (here) => here.run(`UPDATE list_members SET status = 'reused'`),
    ],
    [
      'a file that was changed by hand',
      ['creators.csv'],
      (here) => appendFileSync(join(here.exports, 'creators.csv'), 'x'),
    ],
    ['a file that was removed', ['creators.csv'], (here) => unlinkSync(join(here.exports, 'creators.csv'))],
  ])('is made again after a change: %s', async (_, changed, change) => {
    const here = await withCreators()
    await here.member('creators', 1, [A], A, 'enriched')
    const before = await written(here)
    await change(here)
    const after = await written(here)
    expect(Object.keys(after).filter((name) => after[name] !== before[name])).toEqual(changed)
  })
})

const CELLS = (sheet: CellRead[][]) =>
  sheet.map((row) => Object.fromEntries(row.map(({ place, value }) => [place.replace(/\d+/, ''), value])))
const days = (count: number) => Array.from({ length: count }, () => 'yyyy\\-mm\\-dd')
const DAY = (iso: string) => Date.parse(iso) / DAY_MS + 25_569

describe('creators for Excel', () => {
  test('begin with the overview: by followers, growth, lists, days in the zone of the pipeline', async () => {
    const here = await withCreators()
    for (const list of ['spring', 'autumn', 'spring']) await here.member(list, 1, [A], A, 'enriched')
    const files = await here.export([], { excel: true })
    const path = join(here.exports, 'creators.xlsx')
    expect(files.file('creators.xlsx')).toEqual({ path, rows: 2, replaced: true })
    expect([...readSheets(path).keys()]).toEqual(['overview', 'all', 'dictionary'])
    const sheet = readSheet(path)
    const header =
      'nickname,fans,fans_change_7d,engagement_per_post,lists,last_observed_day,first_seen_day,last_changed_day,user_id'
    expect(sheet[0]!.map(({ value }) => value).join()).toBe(header)
    // 23:59 in UTC is the next day in Shanghai.
    const [day, next] = [DAY('2026-11-21'), DAY('2026-11-22')]
    expect(CELLS(sheet).slice(1)).toEqual([
      { A: '=HYPERLINK("x")', B: '9007199254740993', C: 7, D: -0.25, F: next, G: next, H: next, I: B },
      { A: '示例创作者', B: -5, C: 7, E: 'autumn, spring', F: day, G: next, H: next, I: A },
    ])
    expect(sheet[1]![3]!.format).toBe('#,##0.00##')
    expect(sheet[2]!.map(({ format }) => format)).toEqual(['@', '#,##0', '#,##0', '@', ...days(3), '@'])
    expect(unzipped(path).get('xl/worksheets/sheet1.xml')).toContain('<pane xSplit="1" ySplit="1" topLeftCell="B2"')
  })

  test('then have all columns, the same as in the CSV: text unchanged, numbers, flags and times as such', async () => {
    const here = await withCreators()
    const files = await here.export([], { excel: true })
    expect(files.leftOut).toEqual([])
    const sheets = readSheets(join(here.exports, 'creators.xlsx'))
    const [header, ...rows] = sheets.get('all')!
    expect(header!.map(({ value }) => value).join()).toBe(WIDE)
    const at = (iso: string) => expect.closeTo(DAY(iso), 8) as number
    const [one, two] = [at('2026-11-21T23:59:59.999Z'), at('2026-11-22T03:04:05.608Z')]
    expect(CELLS(rows)).toEqual([
      {
        A,
        B: '示例创作者',
        C: -5,
        D: 'hi\na, "b"',
        E: 'active',
        F: one,
        H: '[]',
        I: at('2026-11-22T03:04:05.600Z'),
        J: true,
      },
      {
        ...{ A: B, B: '=HYPERLINK("x")', C: '9007199254740993', D: '\n  ＝1', E: 'active', F: two, G: -0.25 },
        ...{ H: '["a","b"]', I: two, J: false },
      },
      { A: C, E: 'never_fetched', I: at('2026-11-22T03:04:05Z') },
    ])
    const explained = sheets.get('dictionary')!.map((row) => row.map(({ value }) => value))
    expect(explained[0]).toEqual(['column', 'meaning', 'source', 'unit', 'sheet'])
    expect(explained).toContainEqual(['fans', 'The followers.', 'fans', 'count', 'overview'])
    expect(explained).toContainEqual(['lists', 'The lists that the creator is in.', 'computed', 'text', 'overview'])
    expect(explained).toContainEqual(['fans', 'Followers.', 'fans', 'count', 'all'])
  })

  test('are written with --excel, and from then on; again only if rows changed', async () => {
    const here = await withCreators()
    expect((await here.export([])).file('creators.xlsx')).toBeUndefined()
    await here.export([], { excel: true })
    await here.run(`DELETE FROM creators WHERE user_id = '${B}'`)
    expect((await here.export([])).file('creators.xlsx')).toMatchObject({ rows: 1, replaced: true })
    const inode = () => statSync(join(here.exports, 'creators.xlsx')).ino
    const before = inode()
    expect((await here.export([], { excel: true })).file('creators.xlsx')).toMatchObject({ rows: 1, replaced: false })
    expect(inode()).toBe(before)
    await here.member('spring', 1, [A], A, 'enriched')
    await here.export([])
    expect(inode()).not.toBe(before)
  })

  test('are left out, with the reason, if Excel cannot hold them; an older file is removed', async () => {
    const here = await withCreators()
    await here.export([], { excel: true })
    await here.run(`INSERT INTO creators (user_id) SELECT printf('5f%022x', i) FROM range(1048573) AS t(i)`)
    const { file, leftOut } = await here.export([])
    expect([file('creators.xlsx'), file('creators.csv')!.rows]).toEqual([undefined, 1_048_576])
    const path = join(here.exports, 'creators.xlsx')
    expect(leftOut).toEqual([expect.stringContaining(`${path}: 1,048,576 rows, and a sheet holds 1,048,575; use`)])
    expect(existsSync(path)).toBe(false)
  })
})

describe('a list for Excel', () => {
  test('has the rows and columns of the list, ids as text, then status, day and overview', async () => {
    const here = await withCreators()
    const list = { name: 'spring', columns: ['Name', ' nickname', 'a<&>_x0041_\u0001'] }
    await here.member('spring', 7, ['again', A], A, 'reused')
    await here.member('spring', 1, ['=1+1', '00012', '612e34567890123456789012'], A, 'enriched')
    await here.member('spring', 2, ['broken', '5.6E+23'], null, 'rejected', 'spreadsheet_number')
    const path = join(here.exports, 'spring.enriched.xlsx')
    expect((await here.export([list])).file('spring.enriched.xlsx')).toBeUndefined()
    expect((await here.export([list], { excel: true })).file('spring.enriched.xlsx')).toMatchObject({ rows: 3 })
    const sheets = readSheets(path)
    expect([...sheets.keys()]).toEqual(['list', 'dictionary'])
    const [header, ...rows] = sheets.get('list')!
    expect(header!.map(({ value }) => value).join()).toBe(
      'Name, nickname,a<&>_x0041_,enrich_status,enrich_reason,as_of,enriched_nickname,fans,fans_change_7d,engagement_per_post,lists,first_seen_day,last_changed_day,user_id',
    )
    const known = { F: DAY('2026-11-21'), G: '示例创作者', H: -5, I: 7, K: 'spring', L: DAY('2026-11-22'), N: A }
    const both = { ...known, M: known.L }
    expect(CELLS(rows)).toEqual([
      { A: '=1+1', B: '00012', C: '612e34567890123456789012', D: 'enriched', ...both },
      { A: 'broken', B: '5.6E+23', D: 'rejected', E: 'spreadsheet_number' },
      { A: 'again', B: A, D: 'reused', ...both },
    ])
    expect(
      sheets
        .get('dictionary')!
        .map(([name]) => name!.value)
        .slice(1),
    ).toEqual(header!.map(({ value }) => value))

    // Another time of the same day changes nothing that it shows.
    const inode = () => statSync(path).ino
    const before = inode()
    await here.run(`UPDATE creators SET last_fetched_at = last_fetched_at - INTERVAL 1 MINUTE`)
    expect((await here.export([list])).file('spring.enriched.xlsx')).toMatchObject({ rows: 3, replaced: false })
    expect(inode()).toBe(before)
    await here.run(`UPDATE list_members SET status = 'parked' WHERE row_number = 7`)
    await here.export([list])
    expect(inode()).not.toBe(before)
    expect(readSheet(path)[3]![2]!.value).toBe('parked')
  })
})

describe('an enriched list', () => {
  test('has one row for each input row, in input order, with the known profile', async () => {
    const here = await withCreators()
    const list = { name: 'spring', columns: ['Name', 'id'] }
    await here.member('spring', 3, ['again', A], A, 'reused')
    await here.member('spring', 1, ['first', A], A, 'enriched')
    await here.member('spring', 2, ['broken', '5.6E+23'], null, 'rejected', 'spreadsheet_number')
    await here.member('spring', 4, [null, C], C, 'failed', '301')
    await here.member('other', 1, ['x', B], B, 'enriched')
    const files = await here.export([list])
    const [header, ...rows] = here.rows('spring.enriched.csv')
    expect(header!.join()).toBe(`Name,id,enrich_status,enrich_reason,as_of,${WIDE}`)
    const asOf = '2026-11-21T23:59:59.999Z'
    const wide = here.rows('creators.csv').slice(1)
    expect(rows).toEqual([
      ['first', A, 'enriched', '', asOf, ...wide[0]!],
      ['broken', '5.6E+23', 'rejected', 'spreadsheet_number', '', ...wide[0]!.map(() => '')],
      ['again', A, 'reused', '', asOf, ...wide[0]!],
      ['', C, 'failed', '301', '', ...wide[2]!],
    ])
    expect([files.file('spring.enriched.csv')!.rows, files.file('spring.rejects.csv')!.rows]).toEqual([4, 1])
  })

  test('prefixes our columns if the input has the name, so that an enriched list can be enriched again', async () => {
    const here = await withCreators()
    const once = ['user_id', 'enrich_status', ' fans ', 'enriched_fans']
    await here.member('l', 1, [A, 'reused', '1', '2'], A, 'enriched')
    await here.export([{ name: 'l', columns: once }])
    const [header] = here.rows('l.enriched.csv')
    expect(header!.slice(4, 7)).toEqual(['enriched_enrich_status', 'enrich_reason', 'as_of'])
    expect(header!.slice(7, 11)).toEqual(['enriched_user_id', 'nickname', 'enriched_enriched_fans', 'bio'])
    expect(new Set(header!.map((name) => name.trim())).size).toBe(header!.length)
  })

  test('changes an input cell by the guard, leaves control characters out, and changes nothing else', async () => {
    const here = await withCreators()
    const cells = ['=1+1', ' -1 ', '-5', '00012', 'a\r\nb', '"', '\uFEFFx', '\u0000', '  ', "'=1", '😀', '']
    await here.member('l', 1, cells, A, 'enriched')
    await here.export([{ name: 'l', columns: cells.map((_, index) => `c${index}`) }])
    const back = here.rows('l.enriched.csv')[1]!.slice(0, cells.length)
    expect(back).toEqual(["'=1+1", ...cells.slice(1).map((cell) => cell.replace('\0', ''))])
  })

  test('fills short rows, so that our columns stay in their places', async () => {
    const here = await withCreators()
    await here.member('l', 1, [A], A, 'enriched')
    await here.export([{ name: 'l', columns: ['id', 'note'] }])
    expect(here.rows('l.enriched.csv')[1]!.slice(0, 4)).toEqual([A, '', 'enriched', ''])
  })

  test('with many rows, in ranges, keeps its order', async () => {
    const here = await exporter()
    await here.run(`
      INSERT INTO creators (user_id, nickname, fans)
      SELECT printf('5f%022x', (i * 48271) % 65537), 'name ' || ((i * 48271) % 65537), (i * 48271) % 65537 FROM range(30000) t(i);
      INSERT INTO list_members
      SELECT 'l', i + 1, i + 2, '["' || i || '"]', CASE WHEN i % 10 <> 0 THEN printf('5f%022x', (i * 7919) % 65537) END, 'enriched', NULL, 'run-2'
      FROM range(60000) t(i) ORDER BY hash(i)`)
    const files = await here.export([{ name: 'l', columns: ['n'] }])
    expect([files.file('creators.csv')!.rows, files.file('l.enriched.csv')!.rows]).toEqual([30_000, 60_000])
    const creators = here.rows('creators.csv').slice(1)
    expect(creators.map(([id]) => id)).toEqual(creators.map(([id]) => id).sort())
    const known = new Map(creators.map((row) => [row[0]!, row]))
    const wrong = here
      .rows('l.enriched.csv')
      .slice(1)
      .filter(([n, , , , ...wide], index) => {
        const id = index % 10 === 0 ? '' : `5f${((index * 7919) % 65537).toString(16).padStart(22, '0')}`
        return n !== String(index) || wide.join() !== (known.get(id) ?? creators[0]!.map(() => '')).join()
      })
    expect(wrong).toEqual([])
  })

  test('has its own file, whatever its name', async () => {
    const here = await withCreators()
    await here.run(
      `INSERT INTO lists (list, first_read_at) VALUES ('A/b', '2026-11-01'), ('Spring', '2026-11-02'), ('spring', '2026-11-03')`,
    )
    const names = ['spring', 'Spring', 'A/b', 'A:b', 'creators']
    for (const [index, name] of names.entries()) await here.member(name, 1, [String(index)], A, 'enriched')
    const { files } = await here.export(names.map((name) => ({ name, columns: ['id'] })))
    const paths = files.map(({ path }) => path).filter((path) => path.endsWith('.enriched.csv'))
    expect(paths).toHaveLength(names.length)
    expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(names.length)
    expect(paths[1]).toBe(join(here.exports, 'Spring.enriched.csv'))
    expect(paths[4]).toBe(join(here.exports, 'creators.enriched.csv'))
    for (const path of paths) expect(path.startsWith(`${here.exports}/`)).toBe(true)
    const first = paths.map((path) => readFileSync(path, 'utf8').split('\n')[1]!.split(',')[0])
    expect(first).toEqual(['0', '1', '2', '3', '4'])
  })
})

describe('rejects and failures', () => {
  test('rejected rows are in the file of the list, with line and remedy', async () => {
    const here = await withCreators()
    await here.member('l', 1, ['ok'], A, 'enriched')
    await here.member('l', 3, ['=cmd'], null, 'rejected', 'no_id')
    await here.member('l', 2, [B], B, 'rejected', 'invalid')
    await here.member('l', 4, ['x'], null, 'rejected', 'short_link')
    await here.run(`
      INSERT INTO rejects VALUES
        ('l', 3, 4, 'older', 'no_id', 'older', 'run-1'),
        ('l', 3, 4, '=cmd', 'no_id', 'use a user id', 'run-2'),
        ('l', 4, 5, 'http://x.invalid/a', 'short_link', 'open it, then copy the long link', 'run-2'),
        ('l', 1, 2, 'rejected in an earlier reading', 'no_id', 'use a user id', 'run-1'),
        ('other', 4, 5, 'other', 'no_id', 'other', 'run-2')`)
    await here.export([{ name: 'l', columns: ['id'] }])
    expect(here.text('l.rejects.csv')).toBe(
      [
        'line,row_number,cell,reason,remedy',
        `3,2,${B},invalid,`,
        "4,3,'=cmd,no_id,use a user id",
        '5,4,http://x.invalid/a,short_link,"open it, then copy the long link"',
        '',
      ].join('\n'),
    )
    // In Chinese by the reason; a reason without a word keeps its remedy.
    await here.export([{ name: 'l', columns: ['id'] }], { lang: 'zh' })
    const remedies = here.rows('l.rejects.csv').map((cells) => cells[4])
    expect(remedies.slice(1)).toEqual([
      'API 返回该 ID 不存在：请更正；--retry-failed 会再抓取一次',
      'use a user id',
      '请在浏览器中打开短链接，粘贴跳转后的主页地址；或加上 --resolve，由 API 查询（每个 ¥0.15）',
    ])
  })

  test('failed ids are listed once, with their latest failure', async () => {
    const here = await withCreators()
    await here.member('l', 1, [B], B, 'failed', '301')
    await here.member('l', 2, [B], B, 'failed', '301')
    await here.member('l', 3, [C], C, 'failed', 'ambiguous')
    await here.member('l', 4, [A], A, 'enriched')
    await here.member('m', 1, [B], B, 'failed', '301')
    await here.member('not of this run', 1, [A], A, 'failed', '500')
    await here.run(`
      INSERT INTO failures VALUES
        ('run-1', '${B}', '500', 'older', 5, '2026-11-21 00:00:00+00', 'no'),
        ('run-2', '${B}', '301', 'collection failed, please retry', 5, '2026-11-22 00:00:00.5+00', 'no'),
        ('run-1', '${A}', '500', 'long resolved', 5, '2026-11-20 00:00:00+00', 'no')`)
    await here.export([
      { name: 'l', columns: ['id'] },
      { name: 'm', columns: ['id'] },
    ])
    expect(here.text('failures.csv')).toBe(
      [
        'user_id,code,message,attempts,failed_at,billed',
        `${B},301,"collection failed, please retry",5,2026-11-22T00:00:00.500Z,no`,
        `${C},ambiguous,,,,`,
        '',
      ].join('\n'),
    )
    await here.export([{ name: 'l', columns: ['id'] }], { lang: 'zh' })
    expect(here.rows('failures.csv').map((cells) => cells[2])).toEqual([
      'message',
      '采集失败（collection failed, please retry）',
      '请求已发出但没有可用的结果，可能已计费',
    ])
  })
})

describe('exporting', () => {
  test('the same content again leaves every file alone', async () => {
    const here = await withCreators()
    await here.member('creators', 1, [A], A, 'enriched')
    await here.export([LIST])
    const { files } = await here.export([LIST])
    expect(files.map(({ path, replaced }) => [relative(here.exports, path), replaced])).toEqual([
      ['creators.enriched.csv', false],
      ['creators.rejects.csv', false],
      ['creators.csv', false],
      ['creators.parquet', false],
      ['failures.csv', false],
    ])
  })

  test('writes every file that the folder counts as ours, and no other', async () => {
    const outputs = [...LIST_OUTPUTS, ...FOLDER_OUTPUTS]
    expect(outputs.map(({ file }) => file)).toEqual(EXPORT_FILES)
    const layout = layoutOf('/data')
    const ours = (name: string): boolean => isOutput(join(layout.exports, name), layout)
    const names = outputs.map(({ file }) => file.replace('*', 'my.list'))
    expect(names.flatMap((name) => [name, `${name}.part`, temporaryName(name)]).filter((name) => !ours(name))).toEqual(
      [],
    )
    const others = ['my.csv', 'creators.csv.bak', 'my creators.csv', 'creators.parquet.csv', 'x/creators.csv', 'a.html']
    expect(others.filter(ours)).toEqual([])

    const here = await withCreators()
    await here.export([{ name: 'my.list', columns: ['id'] }], { excel: true })
    expect(readdirSync(here.exports).sort()).toEqual(names.sort())
  })

  test('leaves the database, its settings and the folder unchanged', async () => {
    const here = await withCreators()
    await here.member('creators', 1, [A], A, 'enriched')
    const state = () =>
      all(
        here.connection,
        `SELECT table_name, estimated_size::BIGINT AS rows, current_setting('threads')::BIGINT AS threads FROM duckdb_tables() ORDER BY 1`,
      )
    const before = await state()
    await here.export([LIST])
    expect(await state()).toEqual(before)
    expect(readdirSync(here.exports).sort()).toEqual(
      ['creators.csv', 'creators.enriched.csv', 'creators.parquet', 'creators.rejects.csv', 'failures.csv'].sort(),
    )
  })
})
