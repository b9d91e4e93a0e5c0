import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LocalError } from '../../src/core/errors.js'
import { exportCsv } from '../../src/export/csvFile.js'
import { temporaryFolder } from '../support/folder.js'

async function* batched(...batches: string[][]): AsyncGenerator<Uint8Array[]> {
  for (const batch of batches) yield await Promise.resolve(batch.map((record) => Buffer.from(record)))
}

describe('a CSV export', () => {
  test('has a byte order mark, a header, and one line for each record', async () => {
    const path = join(temporaryFolder(), 'exports', 'list.csv')
    const records = batched(['1,示例\n'], [], ['2,\n', '3,x\n'])
    const file = await exportCsv(path, { header: ['id', '=name'], records, bom: true })
    expect(file).toEqual({ path, rows: 3, replaced: true })
    expect(readFileSync(path, 'utf8')).toBe("\uFEFFid,'=name\n1,示例\n2,\n3,x\n")
  })

  test('may have no byte order mark and no record', async () => {
    const path = join(temporaryFolder(), 'empty.csv')
    expect(await exportCsv(path, { header: ['a', 'b'], records: batched(), bom: false })).toMatchObject({ rows: 0 })
    expect(readFileSync(path, 'utf8')).toBe('a,b\n')
  })

  test('with the same content is left alone', async () => {
    const path = join(temporaryFolder(), 'list.csv')
    const write = (cell: string) => exportCsv(path, { header: ['a'], records: batched([`${cell}\n`]), bom: true })
    await write('1')
    utimesSync(path, 1, 1)
    expect((await write('1')).replaced).toBe(false)
    expect(statSync(path).mtimeMs).toBe(1_000)
    expect((await write('2')).replaced).toBe(true)
    expect(readFileSync(path, 'utf8')).toBe('\uFEFFa\n2\n')
  })

  test('that fails midway leaves only the old file', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'list.csv')
    writeFileSync(path, 'old')
    async function* breaking(): AsyncGenerator<Uint8Array[]> {
      yield await Promise.resolve([Buffer.from('1\n')])
      throw new Error('the database broke')
    }
    await expect(exportCsv(path, { header: ['a'], records: breaking(), bom: true })).rejects.toThrow(
      'the database broke',
    )
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['list.csv'])
  })

  test('that cannot be written is an error with its path', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), '')
    const path = join(folder, 'file', 'list.csv')
    const failing = exportCsv(path, { header: ['a'], records: batched(), bom: true })
    await expect(failing).rejects.toThrow(LocalError)
    await expect(failing).rejects.toThrow(path)
  })

  test('takes records larger than the buffer, and many small ones', async () => {
    const path = join(temporaryFolder(), 'list.csv')
    const large = `x,${'示例'.repeat(300_000)}\n`
    const small = Array.from({ length: 20_000 }, (_, n) => `${n},${'简介'.repeat(30)}\n`)
    await exportCsv(path, { header: ['a', 'b'], records: batched([large], small, [large]), bom: false })
    expect(readFileSync(path, 'utf8') === ['a,b\n', large, ...small, large].join('')).toBe(true)
  })
})
