import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openDatabase, quotedText } from '../../src/core/duckdb.js'
import { LocalError } from '../../src/core/errors.js'
import { copyCsv } from '../../src/export/csvFile.js'
import { textCell } from '../../src/export/csvRecord.js'
import type { ExportedFile } from '../../src/export/exportedFile.js'
import { temporaryFolder } from '../support/folder.js'

async function write(path: string, rows: readonly string[], header = ['a'], bom = true): Promise<ExportedFile> {
  const database = await openDatabase(':memory:')
  onTestFinished(() => database.close())
  const list = `[${rows.map(quotedText).join(', ')}]::VARCHAR[]`
  return copyCsv(database.connection, path, {
    header,
    cells: [textCell('cell')],
    from: `FROM (SELECT unnest(${list}) AS cell, unnest(range(${rows.length})) AS n)`,
    key: 'n',
    keys: `SELECT unnest(range(${rows.length})) AS key`,
    bom,
  })
}

describe('a CSV export', () => {
  test('has a byte order mark, a header, and one line for each record', async () => {
    const path = join(temporaryFolder(), 'exports', 'list.csv')
    const file = await write(path, ['示例', '', 'x'], ['=name'])
    expect(file).toEqual({ path, rows: 3, replaced: true })
    expect(readFileSync(path, 'utf8')).toBe("\uFEFF'=name\n示例\n\nx\n")
  })

  test('may have no byte order mark and no record', async () => {
    const path = join(temporaryFolder(), 'empty.csv')
    expect(await write(path, [], ['a', 'b'], false)).toMatchObject({ rows: 0 })
    expect(readFileSync(path, 'utf8')).toBe('a,b\n')
  })

  test('with the same content is left alone', async () => {
    const path = join(temporaryFolder(), 'list.csv')
    await write(path, ['1'])
    utimesSync(path, 1, 1)
    expect((await write(path, ['1'])).replaced).toBe(false)
    expect(statSync(path).mtimeMs).toBe(1_000)
    expect((await write(path, ['2'])).replaced).toBe(true)
    expect(readFileSync(path, 'utf8')).toBe('\uFEFFa\n2\n')
  })

  test('that fails midway leaves only the old file', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'list.csv')
    writeFileSync(path, 'old')
    const database = await openDatabase(':memory:')
    onTestFinished(() => database.close())
    const failing = copyCsv(database.connection, path, {
      header: ['a'],
      cells: [`CASE WHEN n > 150000 THEN error('the database broke') ELSE n::VARCHAR END`],
      from: 'FROM (SELECT unnest(range(200000)) AS n)',
      key: 'n',
      keys: 'SELECT unnest(range(200000)) AS key',
      bom: true,
    })
    await expect(failing).rejects.toThrow('the database broke')
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['list.csv'])
  })

  test('that cannot be written is an error with its path', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), '')
    const path = join(folder, 'file', 'list.csv')
    const failing = write(path, [])
    await expect(failing).rejects.toThrow(LocalError)
    await expect(failing).rejects.toThrow(path)
  })

  test('takes large records', async () => {
    const path = join(temporaryFolder(), 'list.csv')
    const large = '示例'.repeat(300_000)
    await write(path, [large, 'x', large], ['a'], false)
    expect(readFileSync(path, 'utf8') === `a\n${large}\nx\n${large}\n`).toBe(true)
  })
})
