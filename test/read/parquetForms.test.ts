import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { UsageError } from '../../src/core/errors.js'
import { parquetMemory } from '../../src/core/memory.js'
import { parquetError } from '../../src/read/parquetSql.js'
import { tryQueries } from '../../src/read/parquetProbe.js'
import { readInput } from '../../src/read/readInput.js'
import { temporaryFolder } from '../support/folder.js'
import { everything, parquet, refusal } from './parquetFile.js'
import { pipeline } from './pipeline.js'

const A = '5f0000000000000001000a01'
const B = '5f0000000000000001000a02'
const C = '5f0000000000000001000a03'

/** Replaces bytes wherever they stand, to write what DuckDB does not write. */
function patch(path: string, from: Buffer, to: Buffer): number {
  const bytes = readFileSync(path)
  let count = 0
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + to.length)) {
    to.copy(bytes, at)
    count += 1
  }
  writeFileSync(path, bytes)
  return count
}

test('pages of more than 100 MB are read', { timeout: 60_000 }, async () => {
  const select = `SELECT '5f' || printf('%022x', i) AS user_id, repeat(md5(i::VARCHAR), 50) AS note FROM range(100000) t(i)`
  const input = await readInput(await parquet(select, 'people.parquet', ', COMPRESSION zstd'), { pipeline })
  let rows = 0
  for await (const batch of input.rows()) rows += batch.length
  expect(rows).toBe(100_000)
})

test.each([
  ['a small machine', 1, 0.5, 256],
  ['a large one', 64, 60, 30_720],
  ['one where almost nothing is free', 64, 0.01, 160],
  ['a container on a large one', 1, 60, 512],
])('the memory for Parquet on %s', (_, total, free, megabytes) => {
  expect(parquetMemory({ total: total * 2 ** 30, free: free * 2 ** 30 })).toBe(megabytes)
})

test('bytes are text where they are UTF-8, also as the id column', async () => {
  const path = await parquet(
    `SELECT unnest(['${A}', '${B}', NULL])::BLOB AS user_id, encode(unnest(['小鹿', 'Lily🦌', ''])) AS nickname`,
  )
  const input = await readInput(path, { pipeline })
  expect([input.format, input.idColumn.how]).toEqual(['Parquet', 'by name'])
  const members = await everything(input)
  expect(members.map(({ cells }) => cells)).toEqual([
    [A, '小鹿'],
    [B, 'Lily🦌'],
    [null, ''],
  ])
  expect(members[0]!.parsed).toEqual({ id: A })
})

test('a few bytes that are not UTF-8 are shown, and the other values stay text', async () => {
  const path = await parquet(
    `SELECT '${A}' AS user_id, unnest([encode('小鹿'), '\\xE5\\xB0'::BLOB, 'a'::BLOB]) AS nickname`,
  )
  const input = await readInput(path, { pipeline })
  expect(input.format).toBe('Parquet, 1 value of "nickname" not UTF-8 and shown as \\x…')
  expect((await everything(input)).map(({ cells }) => cells[1])).toEqual(['小鹿', '\\xE5\\xB0', 'a'])
})

test('a column with mostly other bytes stays bytes, and holds no ids', async () => {
  const path = await parquet(`SELECT unnest(['\\xFF'::BLOB, '\\xFE'::BLOB, '\\x0A'::BLOB]) AS hash, '${A}' AS user_id`)
  const input = await readInput(path, { pipeline })
  expect(input.format).toBe('Parquet, "hash" stays bytes because most of its values are not UTF-8')
  expect((await everything(input)).map(({ cells }) => cells[0])).toEqual(['\\xFF', '\\xFE', '\\x0A'])
  expect(await refusal(path, 'hash')).toContain('column "hash" is BLOB')
})

test('bytes inside lists, structs and maps are text', async () => {
  const path = await parquet(`
    SELECT '${A}' AS user_id, [encode('小'), '\\xFF'::BLOB] AS list, {'b': encode('鹿'), 'n': [{'x': 'z'::BLOB}]} AS struct,
      map {'k'::BLOB: 'v'::BLOB} AS map, NULL::BLOB[] AS none`)
  const [member] = await everything(await readInput(path, { pipeline }))
  expect(member!.cells).toEqual([A, '["小","\\\\xFF"]', '{"b":"鹿","n":[{"x":"z"}]}', '{"k":"v"}', null])
})

test('two columns of one name are refused, and names stay as they are in the file', async () => {
  const path = await parquet(`SELECT '${A}' AS user_id, {'user_id': 1} AS s, '${B}' AS user_ib, 'x' AS "A", 'y' AS "b"`)
  const other = readFileSync(path)
  patch(path, Buffer.from('user_ib'), Buffer.from('user_id'))
  expect(await refusal(path)).toBe(`${path}: columns 1 and 3 are both named "user_id"; give each column its own name`)
  writeFileSync(path, other)
  patch(path, Buffer.from('user_ib'), Buffer.from('USER_ID'))
  const input = await readInput(path, { pipeline, column: 'user_id' })
  expect(input.columns).toEqual(['user_id', 's', 'USER_ID', 'A', 'b'])
  expect((await everything(input))[0]!.cells).toEqual([A, '{"user_id":1}', B, 'x', 'y'])
})

test('decimals of more than 38 digits are refused, also inside of other values', async () => {
  for (const value of ['1::DECIMAL(38,2)', `{'d': [1::DECIMAL(38,2)]}`]) {
    const path = await parquet(`SELECT '${A}' AS user_id, ${value} AS price`)
    expect(await everything(await readInput(path, { pipeline }))).toHaveLength(1)
    // A field with the number 38, which becomes 50.
    expect(patch(path, Buffer.from([0x15, 38 * 2]), Buffer.from([0x15, 50 * 2]))).toBeGreaterThan(0)
    expect(await refusal(path)).toBe(
      `${path}: column "price" has decimals of 50 digits, and more than 38 are not read; write it as text, or leave it out`,
    )
  }
})

test('a file with an encrypted column is reported as encrypted, also if its footer is not', async () => {
  const path = fileURLToPath(new URL('parquet/encrypted-column.parquet', import.meta.url))
  expect(readFileSync(path).toString('latin1', 0, 4)).toBe('PAR1')
  expect(await refusal(path)).toBe(`${path} has encrypted columns ("note"); write it without encryption`)
})

test.each([
  [3, 'LZO'],
  [5, 'LZ4 in its older form'],
  [9, 'an unknown codec (9)'],
])('codec %i is refused by name', async (codec, name) => {
  const path = await parquet(`SELECT '${A}' AS user_id`, 'people.parquet', ', COMPRESSION lz4_raw')
  const footer = readFileSync(path)
  expect(patch(path, Buffer.from([0x15, 7 * 2]), Buffer.from([0x15, codec * 2]))).toBe(1)
  expect(footer).not.toEqual(readFileSync(path))
  expect(await refusal(path)).toBe(
    `${path} is compressed with ${name}, which is not read; write it with Snappy, zstd, gzip, Brotli or LZ4_RAW`,
  )
})

test('errors of the engine are refusals with a remedy', () => {
  const internal = parquetError(
    '/a.parquet',
    new Error('INTERNAL Error: Attempted to access index 1\n\nStack Trace:'),
    9,
  )
  expect(internal).toBeInstanceOf(UsageError)
  expect(internal.message).toBe(
    '/a.parquet cannot be read as Parquet (it is damaged or has an unusual form: Attempted to access index 1); write it again, or give CSV',
  )
  const memory = parquetError(
    '/a.parquet',
    new Error('Out of Memory Error: failed to allocate data of size 64.0 MiB'),
    9,
  )
  expect(memory.message).toBe(
    '/a.parquet needs more than 9 MB, half of the free memory, to be read as Parquet; write it with smaller row groups, give it more memory, or give CSV',
  )
})

/** A folder as Spark writes it. */
async function sparkFolder(...selects: string[]): Promise<string> {
  const folder = join(temporaryFolder(), 'spring.parquet')
  // The last part is written first, so that only its name puts it last.
  for (const [part, select] of [...selects.entries()].reverse()) {
    await parquet(select, `part-0000${part}-c000.snappy.parquet`, '', folder)
  }
  writeFileSync(join(folder, '_SUCCESS'), '')
  writeFileSync(join(folder, '.part-00000-c000.snappy.parquet.crc'), 'crc')
  return folder
}

test('a folder of Parquet files is one list, in the order of the names', async () => {
  const folder = await sparkFolder(
    `SELECT unnest(['${A}', '${B}']) AS user_id, 'x' AS note`,
    `SELECT '${A}' AS user_id, 'x' AS note WHERE false`,
    `SELECT '${C}' AS user_id, 'y' AS note`,
  )
  const input = await readInput(folder, { pipeline })
  expect(input).toMatchObject({
    source: folder,
    list: 'spring',
    columns: ['user_id', 'note'],
    format: 'Parquet, 3 files',
  })
  const members = await everything(input)
  expect(members.map(({ cell, line, rowNumber }) => [cell, line, rowNumber])).toEqual([
    [A, 1, 1],
    [B, 2, 2],
    [C, 3, 3],
  ])
  expect(await everything(input)).toEqual(members)
  await parquet(`SELECT '${A}' AS user_id, 'z' AS note`, 'part-9.parquet', '', folder)
  await expect(everything(input)).rejects.toThrow(`${folder} changed while it was being read`)
})

test.each([
  [`SELECT '${B}' AS user_id`, 'column 2 is absent, but in', 'it is "note"'],
  [`SELECT '${B}' AS user_id, 'x' AS remark`, 'column 2 is "remark", but in', 'it is "note"'],
  [`SELECT '${B}' AS user_id, 'x' AS note, 1 AS more`, 'column 3 is "more", but in', 'it is absent'],
  [`SELECT '${B}' AS user_id, 1 AS note`, 'column "note" is INTEGER, but in', 'it is VARCHAR'],
])('a folder whose second file is %s is refused', async (second, own, first) => {
  const folder = await sparkFolder(`SELECT '${A}' AS user_id, 'x' AS note`, second)
  const [one, two] = [0, 1].map((part) => join(folder, `part-0000${part}-c000.snappy.parquet`))
  expect(await refusal(folder)).toBe(`${two}: ${own} ${one} ${first}; give every file of the folder the same columns`)
})

test('a damaged file in a folder is named', async () => {
  const folder = await sparkFolder(`SELECT '${A}' AS user_id`, `SELECT '${B}' AS user_id`)
  const part = join(folder, 'part-00001-c000.snappy.parquet')
  const good = readFileSync(part)
  // The start of the first page.
  good.fill(0xff, 4, 24)
  writeFileSync(part, good)
  expect(await refusal(folder)).toMatch(`${part} cannot be read as Parquet`)
  writeFileSync(part, '')
  expect(await refusal(folder)).toMatch(`${part} is named as Parquet, but is not Parquet`)
})

test('a folder with anything else, or that is not one table, is refused', async () => {
  const folder = await sparkFolder(`SELECT '${A}' AS user_id WHERE false`)
  expect(await refusal(folder)).toBe(`${folder} has no rows; add rows, or leave the file out`)
  expect(await refusal(dirname(folder))).toBe(`${dirname(folder)} is a folder; give a file`)
  writeFileSync(join(folder, 'more.csv'), 'user_id\n')
  expect(await refusal(folder)).toBe(
    `${folder}: a folder is one list only if all of its files are Parquet, but it has "more.csv"; remove that, or give the files one by one`,
  )
  rmSync(join(folder, 'more.csv'))
  for (const [name, what] of [
    ['_temporary', 'is not complete'],
    ['_delta_log', 'is a Delta table'],
  ] as const) {
    mkdirSync(join(folder, name))
    expect(await refusal(folder)).toContain(`${folder} ${what}`)
    rmSync(join(folder, name), { recursive: true })
  }
})

test('a signal stops the reading of Parquet', async () => {
  const folder = await sparkFolder(`SELECT '${A}' AS user_id FROM range(5000)`, `SELECT '${B}' AS user_id`)
  const stop = new AbortController()
  const rows = (await readInput(folder, { pipeline, signal: stop.signal })).rows()[Symbol.asyncIterator]()
  await rows.next()
  stop.abort(143)
  const rest = async () => {
    while (!(await rows.next()).done);
  }
  await expect(rest()).rejects.toMatchObject({ name: 'StoppedError', exitCode: 143 })
  await expect(readInput(folder, { pipeline, signal: stop.signal })).rejects.toMatchObject({ name: 'StoppedError' })
})

test('the query that fails, that lacks memory or whose process is ended is named', async () => {
  expect(await tryQueries(['SELECT 1', 'SELECT 2'], 160)).toBeUndefined()
  expect(await tryQueries(['SELECT 1', `SELECT error('no')`], 160)).toMatchObject({ index: 1 })
  const large = await tryQueries(['SELECT 1', 'SELECT list(range) FROM range(100000000)'], 160)
  expect(large).toMatchObject({ index: 1 })
  expect(parquetError('/a.parquet', new Error(large!.reason), 160).message).toContain('needs more than 160 MB')
  const stop = new AbortController()
  const killed = tryQueries(['SELECT 1'], 160, stop.signal)
  stop.abort()
  expect(await killed).toEqual({ index: 0, reason: 'Out of Memory Error: the system ended the process' })
})
