import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { quotedText, openDatabase } from '../../src/core/duckdb.js'
import { messageOf, UsageError } from '../../src/core/errors.js'
import { readInput } from '../../src/read/readInput.js'
import { everything, parquet, refusal } from './parquetFile.js'
import { pipeline } from './pipeline.js'

const A = '5f0000000000000001000a01'
const B = '5f0000000000000001000a02'

test('rows of Parquet become the same members as rows of CSV', async () => {
  const path = await parquet(`SELECT * FROM (VALUES ('甲', '${A}'), (NULL, '${B}'), ('丙', NULL)) t(note, user_id)`)
  const input = await readInput(path, { pipeline })
  expect(input).toMatchObject({
    source: path,
    list: 'people',
    columns: ['note', 'user_id'],
    idColumn: { name: 'user_id', how: 'by name', explanation: 'ids are read from column "user_id", found by its name' },
  })
  const members = await everything(input)
  expect(members).toEqual([
    { rowNumber: 1, line: 1, cells: ['甲', A], cell: A, parsed: { id: A } },
    { rowNumber: 2, line: 2, cells: [null, B], cell: B, parsed: { id: B } },
    { rowNumber: 3, line: 3, cells: ['丙', null], cell: '', parsed: { reason: 'empty', remedy: 'fill it in' } },
  ])
  expect(await everything(input)).toEqual(members)
})

test('rows of many row groups come in the order of the file, in batches of up to 1,000', async () => {
  const select = `SELECT '5f00000000000000' || printf('%08x', i) AS user_id, i FROM range(30000) t(i)`
  const input = await readInput(await parquet(select, 'many.parquet', ', ROW_GROUP_SIZE 2048'), { pipeline })
  let seen = 0
  for await (const batch of input.rows()) {
    expect(batch.length).toBeLessThanOrEqual(1000)
    for (const member of batch) {
      expect(member.cells[1]).toBe(String(seen))
      seen += 1
      expect(member.rowNumber).toBe(seen)
    }
  }
  expect(seen).toBe(30_000)
})

test('other types become text, nested types become JSON', async () => {
  const path = await parquet(`
    SELECT '${A}' AS user_id, {'a': 1, 'b': ['x']} AS one, [1, 2] AS two, map {'k': 'v'} AS three, 1.50::DECIMAL(5, 2) AS four,
      DATE '2026-11-22' AS five, TIMESTAMPTZ '2026-11-22 08:00:00+08' AS six, true AS seven, '\\xFF'::BLOB AS eight,
      5::DOUBLE AS nine, NULL::INTEGER AS ten`)
  const [member] = await everything(await readInput(path, { pipeline }))
  expect(member?.cells).toEqual([
    A,
    '{"a":1,"b":["x"]}',
    '[1,2]',
    '{"k":"v"}',
    '1.50',
    '2026-11-22',
    '2026-11-22 00:00:00+00',
    'true',
    '\\xFF',
    '5.0',
    null,
  ])
})

test('an id column that is not text is refused by name and type', async () => {
  const numbers = await parquet(`SELECT 5.6e23::DOUBLE AS user_id, 'x' AS note`)
  expect(await refusal(numbers)).toBe(
    `${numbers}: column "user_id" is DOUBLE, but only text keeps every digit of an id; write it as text (VARCHAR), or name another column with --column`,
  )
  for (const type of ['BIGINT', 'BLOB', 'VARCHAR[]', 'DECIMAL(30,0)']) {
    const value = type === 'VARCHAR[]' ? `['${A}']` : type === 'BLOB' ? `'\\xFF'::BLOB` : `5::${type}`
    expect(await refusal(await parquet(`SELECT ${value} AS people, 'x' AS note`), 'people')).toContain(
      `column "people" is ${type}`,
    )
  }
  const onlyNumbers = await parquet('SELECT 5::BIGINT AS whatever')
  expect(await refusal(onlyNumbers)).toContain('column "whatever" is BIGINT')
})

test('a text column with ids wins over a number column with an id name', async () => {
  const path = await parquet(`SELECT 1::BIGINT AS id, 'https://example.com/people/${A}' AS profile_url`)
  expect((await readInput(path, { pipeline })).idColumn).toMatchObject({ name: 'profile_url', how: 'by name' })
})

test('a path is taken literally, and its folders do not become columns', async () => {
  const path = await parquet(`SELECT '${A}' AS user_id`, "date=2026/what's [new]*?.parquet")
  const input = await readInput(path, { pipeline })
  expect(input.columns).toEqual(['user_id'])
  expect(await everything(input)).toHaveLength(1)
})

test('a file that is not Parquet, damaged, encrypted or empty is refused', async () => {
  const good = readFileSync(await parquet(`SELECT '${A}' AS user_id FROM range(100)`))
  const path = await parquet(`SELECT '${A}' AS user_id WHERE false`)
  expect(await refusal(path)).toBe(`${path} has no rows; add rows, or leave the file out`)
  writeFileSync(path, 'user_id\n1\n')
  expect(await refusal(path)).toBe(
    `${path} is named as Parquet, but is not Parquet; rename it to .csv if it is CSV, or write it again`,
  )
  writeFileSync(path, '')
  expect(await refusal(path)).toContain('is named as Parquet, but is not Parquet')
  writeFileSync(path, good.subarray(0, good.length - 10))
  expect(await refusal(path)).toMatch(/people\.parquet cannot be read as Parquet \(.*\); write it again, or give CSV$/)
  writeFileSync(path, Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(500, 7), good.subarray(-40)]))
  expect(await refusal(path)).toContain('cannot be read as Parquet')
  writeFileSync(path, `PARE${'x'.repeat(50)}PARE`)
  expect(await refusal(path)).toContain('encrypted')
})

const FORMS = [
  'COMPRESSION uncompressed',
  'COMPRESSION snappy',
  'COMPRESSION gzip',
  'COMPRESSION zstd',
  'COMPRESSION lz4',
  'COMPRESSION lz4_raw',
  'COMPRESSION brotli',
  'DICTIONARY_SIZE_LIMIT 0',
  'PARQUET_VERSION V2',
  'PARQUET_VERSION V2, COMPRESSION uncompressed',
  'ROW_GROUP_SIZE 2048',
]

test.each(FORMS)('Parquet with %s is read exactly', async (options) => {
  const select = `
    SELECT if(i % 7 = 0, NULL, '5f' || printf('%022x', i)) AS user_id, ['护肤', NULL, '测评 ' || i % 3][i % 3 + 1] AS note,
      i AS n, TIMESTAMP '2026-11-22 08:00:00' + INTERVAL (i) SECOND AS at, {'a': i % 2, 'b': [i]} AS nested
    FROM range(5000) t(i)`
  const input = await readInput(await parquet(select, 'people.parquet', `, ${options}`), { pipeline })
  const notes = ['护肤', null, '测评 2']
  for (const [i, { cells, rowNumber }] of (await everything(input)).entries()) {
    const id = i % 7 === 0 ? null : `5f${i.toString(16).padStart(22, '0')}`
    const at = new Date(Date.UTC(2026, 10, 22, 8) + i * 1000).toISOString().slice(0, 19).replace('T', ' ')
    expect(rowNumber).toBe(i + 1)
    expect(cells).toEqual([id, notes[i % 3], String(i), at, `{"a":${i % 2},"b":[${i}]}`])
  }
})

test('encrypted Parquet is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'read-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'people.parquet')
  const database = await openDatabase(':memory:')
  await database.connection.run(`SET force_mbedtls_unsafe = 'true'`)
  await database.connection.run(`PRAGMA add_parquet_key('key', '0123456789112345')`)
  const encryption = `ENCRYPTION_CONFIG {footer_key: 'key'}`
  await database.connection.run(
    `COPY (SELECT '${A}' AS user_id) TO ${quotedText(path)} (FORMAT parquet, ${encryption})`,
  )
  await database.close()
  expect(readFileSync(path).subarray(0, 4).toString()).toBe('PARE')
  expect(await refusal(path)).toMatch(/encrypted/)
})

test('Parquet that is cut at any byte is refused', async () => {
  const path = await parquet(`SELECT '5f' || printf('%022x', i) AS user_id FROM range(9) t(i)`)
  const good = readFileSync(path)
  for (let length = 0; length < good.length; length += 40) {
    writeFileSync(path, good.subarray(0, length))
    expect(await refusal(path)).toMatch(/^\S+people\.parquet (cannot be read as Parquet|is named as Parquet)/)
  }
})

test('a Parquet file whose footer has another number of rows is refused', async () => {
  const path = await parquet(`SELECT '5f' || printf('%022x', i) AS user_id FROM range(60) t(i)`)
  const good = readFileSync(path)
  // The footer has the number 60 for the file, its row group and its columns. Each of them becomes 56, one at a time.
  const places = [...good.keys()].filter((at) => good[at] === 0x16 && good[at + 1] === 60 * 2)
  const refusals: string[] = []
  for (const at of places) {
    const bytes = Buffer.from(good)
    bytes[at + 1] = 56 * 2
    writeFileSync(path, bytes)
    const read = await readInput(path, { pipeline }).then(everything).catch(messageOf)
    if (typeof read === 'string') refusals.push(read)
    else expect(read).toHaveLength(60)
  }
  expect(refusals).toContainEqual(expect.stringContaining('it has 56 rows, but its footer says 60'))
  expect(refusals).toContainEqual(expect.stringContaining('it has 60 rows, but its footer says 56'))
})

test('a Parquet file that crashes its reader is refused with one line, and does not crash this process', async () => {
  const select = `SELECT '5f' || printf('%022x', i) AS user_id, '护肤测评' || (i % 7) AS note, i AS n FROM range(60) t(i)`
  const path = await parquet(select, 'people.parquet', ', PARQUET_VERSION V2')
  const good = readFileSync(path)
  for (let at = 28; at < 38; at += 1) {
    const bytes = Buffer.from(good)
    bytes[at]! ^= 1 << ((at * 7 + 5) % 8)
    writeFileSync(path, bytes)
    // The file has no checksums, so a bit that flips inside a value gives another value.
    const members = await readInput(path, { pipeline })
      .then(everything)
      .catch((error: unknown) => error)
    if (members instanceof Error) expect(members.message).toMatch(/^\S+people\.parquet [^\n]+; [^\n]+$/)
    else expect(members).toHaveLength(60)
  }
})

test('a Parquet file that changes while it is read is refused', async () => {
  const path = await parquet(`SELECT '${A}' AS user_id`)
  const input = await readInput(path, { pipeline })
  writeFileSync(path, readFileSync(await parquet(`SELECT '${B}' AS user_id, 1 AS more`)))
  await expect(everything(input)).rejects.toThrow(UsageError)
})
