import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { blobs, first, openDatabase, type Connection } from '../../src/core/duckdb.js'
import { exportCsv, FORM } from '../../src/export/csvFile.js'
import { plainText, csvRecord, timeText, csvCell } from '../../src/export/csvRecord.js'
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

test('records are, byte by byte, what csv-stringify writes of guarded cells without control characters', async () => {
  const connection = await connected()
  const cell = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({
      unit: fc.constantFrom(
        ...Array.from('", \r\n\t\0\v\u001b\u007f=+-@＝＋－＠\'1234.,%eE示\u00a0\u3000\ufeff\u2028\u200b\u0085a'),
      ),
      maxLength: 6,
    }),
    fc.constant(null),
  )
  const table = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 200 })
  await fc.assert(
    fc.asyncProperty(table, async (rows) => {
      // As JSON, like stored input rows.
      const all = JSON.stringify(rows)
      const written = await recordsOf(
        connection,
        `SELECT ${csvRecord(['r[1]', 'r[2]', 'r[3]'])}
         FROM (SELECT unnest(from_json('${all.replaceAll("'", "''")}', '[["VARCHAR"]]')) AS r)`,
      )
      expect(written).toBe(
        stringify(
          rows.map((row) => row.map((one) => (one === null ? null : csvCell(one)))),
          FORM,
        ),
      )
    }),
    { numRuns: 100, seed: 20261123 },
  )
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
