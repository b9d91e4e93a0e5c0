import { execFileSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UsageError } from '../../src/core/errors.js'
import { decode, type Encoding } from '../../src/read/decode.js'
import { readInput, type ReadOptions } from '../../src/read/readInput.js'
import { temporaryFolder } from '../support/folder.js'
import { pipeline } from './pipeline.js'

const A = '5f0000000000000001000a01'

function encoded(text: string, encoding: string): Buffer {
  return execFileSync('iconv', ['-f', 'UTF-8', '-t', encoding], { input: text, maxBuffer: 1 << 28 })
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield await Promise.resolve(bytes.subarray(from, from + size))
}

async function cells(source: string, options: Partial<ReadOptions> = {}): Promise<(string | null)[][]> {
  const input = await readInput(source, { pipeline, ...options })
  const found: (string | null)[][] = []
  for await (const batch of input.rows()) for (const row of batch) found.push([...row.cells])
  await input.close()
  return found
}

test.each<[Encoding, string]>([
  ['utf-8', 'UTF-8'],
  ['gb18030', 'GB18030'],
  ['utf-16le', 'UTF-16LE'],
  ['utf-16be', 'UTF-16BE'],
])('%s is read the same, whatever the size of the chunks', async (encoding, name) => {
  const text = 'id,名\r\n5f,𠮷野家 示例 é €\n6a,ㄅ한글ñ𝄞\r7b,"喵喵""喵"\n'
  const bytes = encoded(text, name)
  for (let size = 1; size <= bytes.length; size += 1) {
    const read: Buffer[] = []
    for await (const part of decode(inPieces(bytes, size), encoding, 'x')) read.push(part)
    expect(Buffer.concat(read).toString()).toBe(text)
  }
})

test.each<[Encoding, string, Buffer]>([
  ['utf-8', 'UTF-8', Buffer.from([0xe6, 0x41])],
  ['gb18030', 'GB18030', Buffer.from([0xff, 0x41])],
  ['utf-16le', 'UTF-16LE', Buffer.from([0x00, 0xdc])],
  ['utf-16be', 'UTF-16BE', Buffer.from([0xdc, 0x00])],
])('damaged %s is refused with its line number, for all line ends and chunk sizes', async (encoding, name, bad) => {
  const bytes = Buffer.concat([encoded('id\r\n示\r例\n喵', name), bad, encoded('\n示例\n', name)])
  for (let size = 1; size <= bytes.length; size += 1) {
    const reading = async () => {
      for await (const part of decode(inPieces(bytes, size), encoding, 'x')) expect(part.length).toBeGreaterThan(0)
    }
    await expect(reading()).rejects.toThrow(/^x, line 4: this is not (UTF-8|GB18030|UTF-16)/)
  }
})

test('a long list in GB18030 or UTF-16 gives the same cells as in UTF-8', async () => {
  const folder = temporaryFolder()
  const lines = Array.from(
    { length: 20_000 },
    (_, n) => `示例${n}女,5f${n.toString(16).padStart(22, '0')},"x\n${n}𠮷"\n`,
  )
  const text = `昵称,user_id,备注\n${lines.join('')}`
  const write = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const expected = await cells(write('a.csv', text))
  expect(expected).toHaveLength(20_000)
  expect(await cells(write('gb.csv', encoded(text, 'GB18030')))).toEqual(expected)
  expect(await cells(write('16.csv', encoded(text, 'UTF-16LE')))).toEqual(expected)
  expect(await cells(write('gz.csv.gz', gzipSync(encoded(text, 'GB18030'))))).toEqual(expected)
  expect(await cells('-', { stdin: Readable.from([gzipSync(encoded(text, 'UTF-16BE'))]) })).toEqual(expected)
})

test('gzip that is cut at any byte, or has any bit flipped, is read exactly or refused', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'a.csv.gz')
  const member = (text: string) => gzipSync(text, { level: 9 })
  const packed = Buffer.concat([member(`user_id,note\n${A},示例\n`), member(`${A},again\n`)])
  writeFileSync(path, packed)
  const expected = await cells(path)
  expect(expected).toHaveLength(2)
  const end = member(`user_id,note\n${A},示例\n`).length
  const tried = async (bytes: Buffer) => {
    writeFileSync(path, bytes)
    return cells(path).catch((error: unknown) => {
      expect(error).toBeInstanceOf(UsageError)
      return undefined
    })
  }
  for (let length = 0; length < packed.length; length += 1) {
    const found = await tried(packed.subarray(0, length))
    // The first member alone is a complete file.
    expect(found).toEqual(length === end ? expected.slice(0, 1) : undefined)
  }
  for (let bit = 0; bit < packed.length * 8; bit += 1) {
    const bytes = Buffer.from(packed)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    const found = await tried(bytes)
    if (found !== undefined) expect(found).toEqual(expected)
  }
})

test('a pipe leaves no file in the temporary folder', async () => {
  const kept = () => readdirSync(tmpdir()).filter((name) => name.startsWith('creator-enrich-') && !name.includes('.'))
  const before = kept()
  const input = await readInput('-', { pipeline, stdin: Readable.from([`user_id\n${A}\n`]) })
  expect(kept().filter((name) => !before.includes(name) && /-[0-9a-f]{8}-/.test(name))).toEqual([])
  await input.close()
})

test('a word without an end does not fill the memory', async () => {
  const long = Buffer.alloc(64 * 1024, 0xb0)
  const stdin = Readable.from(Array.from({ length: 200 }, () => long))
  await expect(readInput('-', { pipeline, stdin, encoding: 'gb18030' })).rejects.toThrow(
    'without a separator or line end',
  )
})

test('a file with any bytes is read, or refused with one line', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'a.csv')
  const text = `用户id,"备注 ""x"""\r\n${A},示例\n\ufeff${A}, y \r"",'z'\n`
  const sources = ['UTF-8', 'GB18030', 'UTF-16LE', 'UTF-16BE'].map((name) => encoded(text, name))
  const edit = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 3 }), fc.uint8Array({ maxLength: 4 }))
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...sources), fc.array(edit, { maxLength: 4 }), async (source, edits) => {
      let bytes = source
      for (const [at, removed, added] of edits) {
        const from = at % (bytes.length + 1)
        bytes = Buffer.concat([bytes.subarray(0, from), added, bytes.subarray(from + removed)])
      }
      writeFileSync(path, bytes)
      await cells(path).catch((error: unknown) => {
        expect(error).toBeInstanceOf(UsageError)
        expect((error as UsageError).message).toMatch(/^\S+a\.csv.*; [^\n]+$/)
      })
    }),
    { seed: 1, numRuns: 600 },
  )
})
