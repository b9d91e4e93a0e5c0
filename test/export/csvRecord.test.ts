import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { first, openDatabase, type Connection } from '../../src/core/duckdb.js'
import { copyCsv, csvRecords, FEW_ROWS } from '../../src/export/csvFile.js'
import { csvCell, textCell, textSql, timeText } from '../../src/export/csvRecord.js'
import { temporaryFolder } from '../support/folder.js'

async function connected(): Promise<Connection> {
  const database = await openDatabase(':memory:')
  onTestFinished(() => database.close())
  return database.connection
}

const CELL = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom(
      ...Array.from('", \r\n\t\0\v\u001b\u007f=+-@＝＋－＠\'1234.,%eE示\u00a0\u3000\ufeff\u2028\u200b\u0085a'),
    ),
    maxLength: 6,
  }),
  fc.constant(null),
)
const TABLE = fc.array(fc.array(CELL, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 200 })

type Rows = readonly (readonly (string | null)[])[]

/** SQL for a table of the rows: `n` from 1, and `r`, a list of texts. As JSON, like stored input rows. */
function asTable(rows: Rows): string {
  const json = JSON.stringify(rows).replaceAll("'", "''")
  return `(SELECT unnest(from_json('${json}', '[["VARCHAR"]]')) AS r, unnest(range(1, ${rows.length + 1})) AS n)`
}

test.each([
  ['few', 0],
  ['many', FEW_ROWS],
])('a file of %s rows that DuckDB writes has the cells that csv-stringify writes', async (_, others) => {
  const connection = await connected()
  const path = join(temporaryFolder(), 'copied.csv')
  await fc.assert(
    fc.asyncProperty(TABLE, async (rows) => {
      const { rows: count } = await copyCsv(connection, path, {
        header: ['a', 'b', 'c'],
        cells: ['r[1]', 'r[2]', 'r[3]'].map(textCell),
        from: `FROM ${asTable(rows)}`,
        key: 'n',
        // The number of keys decides how the rows are written.
        keys: `SELECT unnest(range(1, ${rows.length + others + 1})) AS key`,
        bom: false,
      })
      expect(count).toBe(rows.length)
      // DuckDB also quotes a cell that begins with #.
      const found: unknown = parse(readFileSync(path, 'utf8'))
      expect(found).toEqual([['a', 'b', 'c'], ...rows.map((row) => row.map((one) => csvCell(one ?? '')))])
      expect(found).toEqual(parse(csvRecords([['a', 'b', 'c'], ...rows])))
    }),
    { numRuns: 50, seed: 20261128 },
  )
})

test('many records are written in parts, in their order', async () => {
  const connection = await connected()
  const path = join(temporaryFolder(), 'many.csv')
  await connection.run(`CREATE TABLE many AS SELECT 90_000 - i AS n FROM range(90_000) AS t(i)`)
  const many = {
    header: ['n'],
    cells: ['n'],
    from: 'FROM many',
    key: 'n',
    keys: 'SELECT n AS key FROM many',
    bom: true,
  }
  expect(await copyCsv(connection, path, many)).toMatchObject({ rows: 90_000 })
  const lines = Array.from({ length: 90_000 }, (_, n) => `${n + 1}\n`)
  expect(readFileSync(path, 'utf8')).toBe(`\ufeffn\n${lines.join('')}`)
})

test('numbers, flags and times are written as such; NULL is an empty cell', async () => {
  const connection = await connected()
  const path = join(temporaryFolder(), 'plain.csv')
  const time = timeText(`'2026-11-22 11:04:05.608+08'::TIMESTAMPTZ`)
  await copyCsv(connection, path, {
    header: ['n', 'flag', 'time', 'none'],
    cells: ['-9007199254740993::BIGINT', 'false', time, 'NULL::BIGINT'],
    from: 'FROM (SELECT 1 AS n)',
    key: 'n',
    keys: 'SELECT 1 AS key',
    bom: false,
  })
  expect(readFileSync(path, 'utf8')).toBe('n,flag,time,none\n-9007199254740993,false,2026-11-22T03:04:05.608Z,\n')
})

test('takes time in proportion to the length of a cell', async () => {
  const connection = await connected()
  const started = performance.now()
  for (const part of [' ', '\t', '1', '-1,', '111,']) {
    for (const sign of ['', '-']) {
      const cell = textSql(textCell(`'${sign}' || repeat('${part}', 200000) || 'x'`))
      await first(connection, `SELECT octet_length(encode(${cell})) AS length`)
      csvCell(`${sign}${part.repeat(200_000)}x`)
    }
  }
  expect(performance.now() - started).toBeLessThan(5_000)
})

test('no control character reaches a cell or a header', () => {
  expect(
    csvRecords([
      ['user_id', 'nick\0name\u001b'],
      ['5f0000000000000000000001', 'a\0b\u001bc\td\u0085'],
    ]),
  ).toBe('user_id,nickname\n5f0000000000000000000001,abc\td\n')
})
