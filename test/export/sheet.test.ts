import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blobs, openDatabase, type Connection, type Database } from '../../src/core/duckdb.js'
import { LocalError } from '../../src/core/errors.js'
import { DAY_MS } from '../../src/core/time.js'
import { exportWorkbook, SheetTooLarge } from '../../src/export/excel/workbookFile.js'
import { lettersOf, sheetRow, type SheetColumn } from '../../src/export/excel/sheetRow.js'
import { sheetOf } from '../../src/export/workbooks.js'
import { temporaryFolder } from '../support/folder.js'
import { linksOf, readSheet, unzipped, type CellRead } from './readWorkbook.js'

let database: Database
let connection: Connection
beforeAll(async () => {
  database = await openDatabase(':memory:')
  connection = database.connection
})
afterAll(() => database.close())

/** A sheet with the columns of a query. */
async function written(
  columns: readonly SheetColumn[],
  from: string,
  path = join(temporaryFolder(), 'list.xlsx'),
): Promise<string> {
  const rows: Uint8Array[] = []
  for await (const some of blobs(connection, `SELECT ${sheetRow(columns, 'n + 1')} FROM ${from}`)) rows.push(...some)
  await exportWorkbook(path, [{ name: 'list', columns, count: rows.length, frozen: 0, rows: batched(rows) }])
  return path
}

async function* batched(...batches: Uint8Array[][]): AsyncGenerator<Uint8Array[]> {
  for (const batch of batches) yield await Promise.resolve(batch)
}

async function cell(type: string, sql: string): Promise<CellRead | undefined> {
  const path = await written([{ name: 'a', type, sql }], 'range(1, 2) AS t(n)')
  return readSheet(path)[1]![0]
}

describe('a cell', () => {
  test.each([
    ['VARCHAR', `'5e0000000000000000000023'`, '5e0000000000000000000023', '@'],
    ['VARCHAR', `'00012'`, '00012', '@'],
    ['VARCHAR', `'=HYPERLINK("http://x.invalid","&<>")'`, '=HYPERLINK("http://x.invalid","&<>")', '@'],
    ['VARCHAR', `' ＋1 '`, ' ＋1 ', '@'],
    ['VARCHAR', `'示例创作者 😀'`, '示例创作者 😀', '@'],
    ['VARCHAR', `'a' || chr(13) || chr(10) || 'b' || chr(13) || 'c'`, 'a\nb\nc', '@'],
    ['VARCHAR', `'a' || chr(0) || chr(8) || chr(65534) || 'b' || chr(9)`, 'ab\t', '@'],
    ['VARCHAR', `'_x0041_ _x005F_'`, '_x0041_ _x005F_', '@'],
    ['VARCHAR', `repeat('x', 300)`, 'x'.repeat(300), 'General'],
    ['BIGINT', '-12', -12, '0'],
    ['BIGINT', '123456789012345', 123456789012345, '0'],
    ['BIGINT', '1234567890123456', '1234567890123456', '@'],
    ['HUGEINT', '-9007199254740993::HUGEINT', '-9007199254740993', '@'],
    ['DOUBLE', '1 / 3', 1 / 3, 'General'],
    ['DOUBLE', '1.5e300::DOUBLE', 1.5e300, 'General'],
    ['DOUBLE', `'-inf'::DOUBLE`, '-inf', '@'],
    ['DOUBLE', `'nan'::DOUBLE`, 'nan', '@'],
    ['BOOLEAN', 'true', true, 'General'],
    ['BOOLEAN', 'false', false, 'General'],
    ['DATE', `DATE '2026-11-23'`, 46349, 'yyyy\\-mm\\-dd'],
    [
      'TIMESTAMPTZ',
      `'2026-11-22 18:00:00+08'::TIMESTAMPTZ`,
      (Date.UTC(2026, 10, 22, 10) + 25_569 * DAY_MS) / DAY_MS,
      'yyyy\\-mm\\-dd\\ hh:mm:ss&quot;Z&quot;',
    ],
    ['TIMESTAMP', `TIMESTAMP '1900-03-01'`, 61, 'yyyy\\-mm\\-dd\\ hh:mm:ss&quot;Z&quot;'],
    ['TIMESTAMP', `TIMESTAMP '1899-12-31 01:02:03.456'`, '1899-12-31T01:02:03.456Z', '@'],
  ])('%s %s', async (type, sql, value, format) => {
    expect(await cell(type, sql)).toEqual({ place: 'A2', value, format })
  })

  test('without a value is missing; later cells keep their place', async () => {
    const columns = ['NULL::VARCHAR', `''`, 'NULL::BIGINT', 'n'].map((sql, at) => {
      return { name: `c${at}`, type: at < 2 ? 'VARCHAR' : 'BIGINT', sql }
    })
    const path = await written(columns, 'range(1, 3) AS t(n)')
    expect(readSheet(path).slice(1)).toEqual([
      [{ place: 'D2', value: 1, format: '0' }],
      [{ place: 'D3', value: 2, format: '0' }],
    ])
  })

  test('that is too long for Excel is cut, with a mark at its end', async () => {
    for (const character of ['x', '😀', '\r\n']) {
      const whole = Math.floor(32_767 / (character === '\r\n' ? 1 : character.length))
      const sql = (times: number) => `repeat('${character}', ${times})`
      expect((await cell('VARCHAR', sql(whole)))!.value).toBe(character.replace('\r\n', '\n').repeat(whole))
      const cut = (await cell('VARCHAR', `${sql(whole + 50)} || 'end'`))!.value as string
      expect(cut.length).toBeLessThanOrEqual(32_767)
      expect(cut).toMatch(/ … \[cut\]$/)
      expect(cut).not.toMatch(/\p{Cs}/u)
    }
    const mixed = (await cell('VARCHAR', `repeat('x', 32000) || repeat('😀', 1000)`))!.value as string
    expect(mixed.startsWith('x'.repeat(32_000))).toBe(true)
    expect(mixed.length).toBeLessThanOrEqual(32_767)
  })

  test('with any text is read back unchanged, without control characters', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({
        unit: fc.constantFrom(...Array.from('<>&"\'_x0041_ \r\n\t\0\u0001\u001f=+-@1示😀\ufffe\uffff]]')),
        maxLength: 12,
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 100 }), async (texts) => {
        const path = await written(
          [{ name: 'a', type: 'VARCHAR', sql: 'cell' }],
          `(SELECT unnest(from_json('${JSON.stringify(texts).replaceAll("'", "''")}', '["VARCHAR"]')) AS cell,
            unnest(range(1, ${texts.length + 1})) AS n)`,
        )
        // eslint-disable-next-line no-control-regex -- the pattern looks for them
        const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g
        const expected = texts.map((each) => each.replace(/\r\n?/g, '\n').replace(controls, ''))
        const read = readSheet(path).slice(1)
        expect(read.map(([only]) => only?.value ?? '')).toEqual(expected)
      }),
      { numRuns: 50, seed: 20261123 },
    )
  })
})

test('columns have letters', () => {
  expect([0, 25, 26, 51, 52, 701, 702, 16_383].map(lettersOf)).toEqual(['A', 'Z', 'AA', 'AZ', 'BA', 'ZZ', 'AAA', 'XFD'])
})

describe('a workbook', () => {
  const columns = [
    { name: 'id', type: 'VARCHAR', sql: `'00' || n` },
    { name: 'a<b>&"c"', type: 'BIGINT', sql: 'n' },
  ]

  test('keeps its header in view, and every column has a filter', async () => {
    const path = await written(columns, 'range(1, 4) AS t(n)')
    const sheet = unzipped(path).get('xl/worksheets/sheet1.xml')!
    expect(readSheet(path)[0]!.map(({ place, value }) => [place, value])).toEqual([
      ['A1', 'id'],
      ['B1', 'a<b>&"c"'],
    ])
    expect(sheet).toContain('<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>')
    expect(sheet).toContain('</sheetData><autoFilter ref="A1:B4"/>')
    expect(sheet).not.toContain('<f')
  })

  test('links plain web addresses, and nothing else', async () => {
    const texts = [
      ...[
        'https://people.test/1?a=1&b="<2>"',
        'javascript:alert(1)',
        'file:///etc/passwd',
        '=HYPERLINK("https://x.test")',
      ],
      ...['https://people.test/é', 'https://people.test/ x', `https://people.test/${'x'.repeat(2079)}`],
      'http://people.test/8',
    ]
    const values = [...texts, ''].map((text, at) => `(${at + 1}, nullif('${text}', ''))`)
    const path = join(temporaryFolder(), 'list.xlsx')
    const sheet = await sheetOf(connection, {
      ...{
        name: 'list',
        frozen: 0,
        from: `(SELECT * FROM (VALUES ${values.join(', ')}) AS v(n, url))`,
        alias: 's',
        by: 'n',
      },
      columns: [
        { name: 'n', type: 'BIGINT', sql: 'n' },
        { name: 'url', type: 'VARCHAR', sql: 'url', link: true },
      ],
    })
    await exportWorkbook(path, [sheet, { name: 'none', columns, count: 0, frozen: 0, rows: batched([]) }])
    expect(linksOf(path)).toEqual(
      new Map([
        ['B2', texts[0]],
        ['B9', texts[7]],
      ]),
    )
    const cells = readSheet(path).slice(1)
    expect(cells.map(([, cell]) => cell?.value)).toEqual([...texts, undefined])
    expect([...unzipped(path).keys()].filter((name) => name.includes('_rels/sheet'))).toHaveLength(1)
  })

  test('with the same content is left alone; a longer one takes its place', async () => {
    const path = join(temporaryFolder(), 'list.xlsx')
    await written(columns, 'range(1, 4) AS t(n)', path)
    const before = readFileSync(path)
    await written(columns, 'range(1, 4) AS t(n)', path)
    expect(readFileSync(path).equals(before)).toBe(true)
    await written(columns, 'range(1, 20001) AS t(n)', path)
    const read = readSheet(path)
    expect(read).toHaveLength(20_001)
    expect(read.at(-1)!.map(({ value }) => value)).toEqual(['0020000', 20_000])
  })

  test('that Excel cannot hold is refused, and no file is written', async () => {
    const path = join(temporaryFolder(), 'list.xlsx')
    const refused = (content: { count?: number; columns?: typeof columns }) =>
      expect(exportWorkbook(path, [{ name: 'l', columns, count: 1, frozen: 0, rows: batched([]), ...content }])).rejects
    await refused({ count: 1_048_576 }).toThrow(new SheetTooLarge('1,048,576 rows, and a sheet holds 1,048,575'))
    await refused({ columns: Array.from({ length: 16_385 }, () => columns[0]!) }).toThrow('16,385 columns')
    expect(existsSync(path)).toBe(false)
  })

  test('that breaks midway leaves only the old file', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'list.xlsx')
    writeFileSync(path, 'old')
    async function* breaking(): AsyncGenerator<Uint8Array[]> {
      for (let batch = 0; batch < 5; batch += 1) yield await Promise.resolve([Buffer.alloc(1 << 20, 'x')])
      throw new Error('the database broke')
    }
    const content = { name: 'l', columns, count: 5, frozen: 0 }
    await expect(exportWorkbook(path, [{ ...content, rows: breaking() }])).rejects.toThrow('the database broke')
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['list.xlsx'])
    const nowhere = exportWorkbook(join(path, 'list.xlsx'), [{ ...content, rows: batched([]) }])
    await expect(nowhere).rejects.toThrow(LocalError)
  })
})
