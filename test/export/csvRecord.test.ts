import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { blobs, first, openDatabase, type Connection } from '../../src/core/duckdb.js'
import { copyCsv, exportCsv, FORM } from '../../src/export/csvFile.js'
import { plainText, csvRecord, textCell, timeText, csvCell } from '../../src/export/csvRecord.js'
import { temporaryFolder } from '../support/folder.js'

async function connected(): Promise<Connection> {
  const database = await openDatabase(':memory:')
  onTestFinished(() => database.close())
  return database.connection
}

async function recordsOf(connection: Connection, sql: string): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const batch of blobs(connection, sql)) parts.push(...batch)
  return Buffer.concat(parts).toString()
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

function expected(rows: Rows): string {
  return stringify(
    rows.map((row) => row.map((one) => (one === null ? null : csvCell(one)))),
    FORM,
  )
}

test('records are, byte by byte, what csv-stringify writes of guarded cells without control characters', async () => {
  const connection = await connected()
  await fc.assert(
    fc.asyncProperty(TABLE, async (rows) => {
      const written = await recordsOf(connection, `SELECT ${csvRecord(['r[1]', 'r[2]', 'r[3]'])} FROM ${asTable(rows)}`)
      expect(written).toBe(expected(rows))
    }),
    { numRuns: 100, seed: 20261123 },
  )
})

test('a file that DuckDB writes has the same cells', async () => {
  const connection = await connected()
  const path = join(temporaryFolder(), 'copied.csv')
  await fc.assert(
    fc.asyncProperty(TABLE, async (rows) => {
      const { rows: count } = await copyCsv(connection, path, {
        header: ['a', 'b', 'c'],
        cells: ['r[1]', 'r[2]', 'r[3]'].map(textCell),
        from: `FROM ${asTable(rows)}`,
        key: 'n',
        keys: `SELECT unnest(range(1, ${rows.length + 1})) AS key`,
        bom: false,
      })
      expect(count).toBe(rows.length)
      // DuckDB also quotes a cell that begins with #.
      expect(parse(readFileSync(path, 'utf8'))).toEqual([
        ['a', 'b', 'c'],
        ...rows.map((row) => row.map((one) => csvCell(one ?? ''))),
      ])
    }),
    { numRuns: 100, seed: 20261128 },
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
  const cells = [
    plainText('-9007199254740993::BIGINT'),
    plainText('false'),
    timeText(`'2026-11-22 11:04:05.608+08'::TIMESTAMPTZ`),
    plainText('NULL::BIGINT'),
    'NULL::VARCHAR',
    plainText(`'-inf'::DOUBLE`),
  ]
  expect(await recordsOf(connection, `SELECT ${csvRecord(cells)}`)).toBe(
    "-9007199254740993,false,2026-11-22T03:04:05.608Z,,,'-inf\n",
  )
})

test('takes time in proportion to the length of a cell', async () => {
  const connection = await connected()
  const started = performance.now()
  for (const part of [' ', '\t', '1', '-1,', '111,']) {
    for (const sign of ['', '-']) {
      await first(
        connection,
        `SELECT octet_length(${csvRecord([`'${sign}' || repeat('${part}', 200000) || 'x'`])}) AS length`,
      )
    }
  }
  expect(performance.now() - started).toBeLessThan(5_000)
})

test('the program reads its own files: no control character reaches a cell or a header', async () => {
  const connection = await connected()
  const path = join(temporaryFolder(), 'own.csv')
  const cells = [`'5f0000000000000000000001'`, `'a' || chr(0) || 'b' || chr(27) || 'c' || chr(9) || chr(133) || 'd'`]
  await exportCsv(path, {
    header: ['user_id', 'nick\0name\u001b'],
    records: blobs(connection, `SELECT ${csvRecord(cells)}`),
    bom: true,
  })
  expect(readFileSync(path, 'utf8')).toBe('\ufeffuser_id,nickname\n5f0000000000000000000001,abc\td\n')
})
