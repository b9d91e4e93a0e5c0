import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LocalError } from '../../src/errors.js'
import { exportCsv, type CsvCell } from '../../src/export/csvFile.js'
import { guardFormula } from '../../src/export/guardFormula.js'
import { temporaryFolder } from '../support/folder.js'

async function* batched(...batches: CsvCell[][][]): AsyncGenerator<CsvCell[][]> {
  for (const batch of batches) yield await Promise.resolve(batch)
}

describe('a CSV export', () => {
  test('has a byte order mark, a header, and one line a record', async () => {
    const path = join(temporaryFolder(), 'exports', 'list.csv')
    const records = batched(
      [['1', '示例']],
      [],
      [
        ['2', null],
        ['=3', 'a,"b"\r\nc'],
      ],
    )
    const file = await exportCsv(path, { header: ['id', '=name'], records, bom: true })
    expect(file).toEqual({ path, rows: 3, replaced: true })
    expect(readFileSync(path, 'utf8')).toBe('\uFEFFid,\'=name\n1,示例\n2,\n\'=3,"a,""b""\r\nc"\n')
  })

  test('without a byte order mark, and without a record', async () => {
    const path = join(temporaryFolder(), 'empty.csv')
    expect(await exportCsv(path, { header: ['a', 'b'], records: batched(), bom: false })).toMatchObject({ rows: 0 })
    expect(readFileSync(path, 'utf8')).toBe('a,b\n')
  })

  test('of the same content is left alone', async () => {
    const path = join(temporaryFolder(), 'list.csv')
    const write = (cell: string) => exportCsv(path, { header: ['a'], records: batched([[cell]]), bom: true })
    await write('1')
    utimesSync(path, 1, 1)
    expect((await write('1')).replaced).toBe(false)
    expect(statSync(path).mtimeMs).toBe(1_000)
    expect((await write('2')).replaced).toBe(true)
    expect(readFileSync(path, 'utf8')).toBe('\uFEFFa\n2\n')
  })

  test('that fails midway leaves the old file and nothing else', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'list.csv')
    writeFileSync(path, 'old')
    async function* breaking(): AsyncGenerator<CsvCell[][]> {
      yield await Promise.resolve([['1']])
      throw new Error('the database broke')
    }
    await expect(exportCsv(path, { header: ['a'], records: breaking(), bom: true })).rejects.toThrow(
      'the database broke',
    )
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['list.csv'])
  })

  test('that cannot be written names its path', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), '')
    const path = join(folder, 'file', 'list.csv')
    const failing = exportCsv(path, { header: ['a'], records: batched(), bom: true })
    await expect(failing).rejects.toThrow(LocalError)
    await expect(failing).rejects.toThrow(path)
  })

  test('comes back as it was, whatever the cells', async () => {
    const path = join(temporaryFolder(), 'list.csv')
    const cell = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', ' ', '=', '-', '\t', "'", '1', '示', '\0') }),
      fc.constant(null),
    )
    const table = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { maxLength: 100 })
    await fc.assert(
      fc.asyncProperty(table, fc.boolean(), async (records, bom) => {
        const file = await exportCsv(path, { header: ['a', 'b', 'c'], records: batched(records), bom })
        expect(file.rows).toBe(records.length)
        const back = parse(readFileSync(path), { bom: true, record_delimiter: '\n', relax_column_count: false })
        expect(back).toEqual([['a', 'b', 'c'], ...records.map((cells) => cells.map((one) => guardFormula(one ?? '')))])
      }),
      { numRuns: 60, seed: 20261122 },
    )
  })

  test('cells larger than the buffer, and many small ones', async () => {
    const path = join(temporaryFolder(), 'list.csv')
    const large = '示例'.repeat(300_000)
    const small = Array.from({ length: 20_000 }, (_, n): CsvCell[] => [String(n), '简介'.repeat(30)])
    await exportCsv(path, { header: ['a', 'b'], records: batched([['x', large]], small, [['y', large]]), bom: false })
    const expected = [['a', 'b'], ['x', large], ...small, ['y', large]].map((cells) => `${cells.join(',')}\n`).join('')
    expect(readFileSync(path, 'utf8') === expected).toBe(true)
  })
})
