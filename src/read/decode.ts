import { isUtf8 } from 'node:buffer'
import { UsageError } from '../errors.js'
import { at } from './rawRow.js'

const BOM = Buffer.from([0xef, 0xbb, 0xbf])
const LINE_FEED = 0x0a
const SAVE_AS_UTF8 = 'save it as "CSV UTF-8" and run again'

/** What a file begins with when it is not text at all, and what to do about it. */
const FOREIGN: readonly [magic: Buffer, what: string, remedy: string][] = [
  [Buffer.from('PAR1'), 'is Parquet', 'give it as a file whose name ends in .parquet'],
  [Buffer.from('PARE'), 'is encrypted Parquet', 'write it without encryption'],
  [Buffer.from('PK\u0003\u0004'), 'is an Excel workbook or a zip file', SAVE_AS_UTF8],
  [Buffer.from([0xd0, 0xcf, 0x11, 0xe0]), 'is an old Excel workbook', SAVE_AS_UTF8],
  [Buffer.from([0x1f, 0x8b]), 'is compressed (gzip)', 'unpack it first'],
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 'is compressed (zstd)', 'unpack it first'],
  [Buffer.from([0xff, 0xfe]), 'is UTF-16', SAVE_AS_UTF8],
  [Buffer.from([0xfe, 0xff]), 'is UTF-16', SAVE_AS_UTF8],
]

/**
 * Lets UTF-8 text through, without its byte order mark and cut between characters.
 * @throws UsageError at the first byte that is not UTF-8 text, with its line
 */
export async function* utf8(chunks: AsyncIterable<Uint8Array>, source: string): AsyncGenerator<Buffer> {
  let carried: Buffer = Buffer.alloc(0)
  let atStart = true
  let lines = 0
  for await (const chunk of chunks) {
    let bytes = carried.length > 0 ? Buffer.concat([carried, chunk]) : asBuffer(chunk)
    if (atStart) {
      // Fewer bytes could hide what the file begins with.
      if (bytes.length < 4) {
        carried = bytes
        continue
      }
      bytes = start(bytes, source)
      atStart = false
    }
    const whole = bytes.length - cutCharacter(bytes)
    carried = bytes.subarray(whole)
    const text = bytes.subarray(0, whole)
    check(text, source, lines)
    lines += countLines(text)
    yield text
  }
  const rest = atStart ? start(carried, source) : carried
  check(rest, source, lines)
  if (rest.length > 0) yield rest
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}

function start(bytes: Buffer, source: string): Buffer {
  for (const [magic, what, remedy] of FOREIGN) {
    if (bytes.subarray(0, magic.length).equals(magic)) throw new UsageError(`${source} ${what}; ${remedy}`)
  }
  const sample = bytes.subarray(0, 1000)
  const zeros = sample.filter((byte) => byte === 0).length
  // Without a mark UTF-16 shows by the zeros of its Latin letters, digits and commas.
  if (zeros * 4 > sample.length) throw new UsageError(`${source} is UTF-16; ${SAVE_AS_UTF8}`)
  return bytes.subarray(0, 3).equals(BOM) ? bytes.subarray(3) : bytes
}

/** How many bytes at the end belong to a character that is not complete yet. */
function cutCharacter(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return length > back ? back : 0
    }
  }
  return 0
}

function check(text: Buffer, source: string, linesBefore: number): void {
  const nul = text.indexOf(0)
  if (nul < 0 && isUtf8(text)) return
  const line = linesBefore + 1
  if (nul >= 0) {
    const where = line + countLines(text.subarray(0, nul))
    throw new UsageError(at(source, where, 'a NUL character, so it is no text', 'export the file again'))
  }
  const [bad, number] = firstBadLine(text)
  const looks = isChinese(bad) ? 'not UTF-8 (perhaps GBK or GB18030)' : 'not UTF-8'
  throw new UsageError(at(source, line + number, looks, SAVE_AS_UTF8))
}

function firstBadLine(text: Buffer): [line: Buffer, number: number] {
  let from = 0
  for (let number = 0; ; number += 1) {
    const end = text.indexOf(LINE_FEED, from)
    const line = text.subarray(from, end < 0 ? text.length : end)
    if (end < 0 || !isUtf8(line)) return [line, number]
    from = end + 1
  }
}

function isChinese(line: Buffer): boolean {
  try {
    const text = new TextDecoder('gb18030', { fatal: true }).decode(line, { stream: true })
    return /[\u4e00-\u9fff]/.test(text)
  } catch {
    return false
  }
}

function countLines(text: Buffer): number {
  let lines = 0
  for (let index = text.indexOf(LINE_FEED); index >= 0; index = text.indexOf(LINE_FEED, index + 1)) lines += 1
  return lines
}
