import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'
import { UsageError } from '../core/errors.js'
import { decode, ENCODING_NAMES, WrongEncoding, SAVE_AS_UTF8, wholeCharacters, type Encoding } from './decode.js'
import { refuseUnsupported } from './formats.js'
import { problemAt } from './table.js'

/** Bytes that are enough to recognise a file's format. */
const HEAD = 4096

const MARKS: readonly [mark: Buffer, encoding: Encoding][] = [
  [Buffer.from([0xef, 0xbb, 0xbf]), 'utf-8'],
  [Buffer.from([0xff, 0xfe]), 'utf-16le'],
  [Buffer.from([0xfe, 0xff]), 'utf-16be'],
  [Buffer.from([0x84, 0x31, 0x95, 0x33]), 'gb18030'],
]

/**
 * The encoding of a text: the given one; else the one of its byte order mark; else UTF-16 if the zero bytes of Latin
 * letters, digits and commas show it, or, in mostly Chinese text, those of its line ends and what the characters are; else UTF-8 if all bytes fit; else GB18030 if all bytes fit.
 * @param text returns the bytes from the start at each call
 * @throws UsageError if the file is not text, if its mark contradicts the given encoding, or if no encoding fits
 */
export async function encodingOf(
  text: () => AsyncIterable<Buffer>,
  source: string,
  given: Encoding | undefined,
): Promise<Encoding> {
  const head = await readHead(text())
  refuseUnsupported(head, source)
  const marked = MARKS.find(([mark]) => head.subarray(0, mark.length).equals(mark))?.[1]
  if (given !== undefined && marked !== undefined && given !== marked) {
    const conflict = `${source} has the byte order mark of ${ENCODING_NAMES[marked]}, not ${ENCODING_NAMES[given]}`
    throw new UsageError(`${conflict}; leave --encoding out`)
  }
  return given ?? marked ?? detectUtf16(head) ?? (await utf8OrGb18030(text, source))
}

async function readHead(text: AsyncIterable<Buffer>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0)
  for await (const chunk of text) {
    head = Buffer.concat([head, chunk])
    if (head.length >= HEAD) break
  }
  return head.subarray(0, HEAD)
}

function detectUtf16(head: Buffer): Encoding | undefined {
  const zeros = [0, 0]
  head.forEach((byte, index) => (zeros[index % 2]! += byte === 0 ? 1 : 0))
  const [even, odd] = zeros as [number, number]
  if (even + odd === 0) return undefined
  // A few zeros do not make UTF-16. In UTF-16, ids, commas and line ends have their zeros at even or at odd places only.
  if ((even + odd) * 16 >= head.length) {
    if (odd > 4 * even) return 'utf-16le'
    if (even > 4 * odd) return 'utf-16be'
  }
  // Chinese text has fewer zeros, and at both places: the character 一 has one, too.
  const likely = (['utf-16le', 'utf-16be'] as const).filter((encoding) => isChineseUtf16(head, encoding))
  return likely.length === 1 ? likely[0] : undefined
}

/** Characters of a Chinese table: ASCII, general punctuation, Chinese characters and punctuation, full-width forms, emoji. */
const CHINESE_TEXT =
  /[\t\n\r\x20-\x7e\u00a0-\u00ff\u2000-\u27bf\u3000-\u303f\u3400-\u9fff\uff00-\uffef\u{1f000}-\u{1faff}]/u

/**
 * Whether bytes with few zeros are Chinese text in UTF-16: they are not UTF-8, there is a line end, and nearly all characters
 * are those of a Chinese table. The bytes of GB18030 would give rare characters.
 */
function isChineseUtf16(head: Buffer, encoding: 'utf-16le' | 'utf-16be'): boolean {
  if (isUtf8(head)) return false
  const characters = decodedHead(head, encoding)
  if (!characters.some((character) => character === '\n' || character === '\r')) return false
  const usual = characters.filter((character) => CHINESE_TEXT.test(character))
  return usual.length >= 0.95 * characters.length
}

/** The characters of the head, without one that is cut at its end; none if the bytes are not of this encoding. */
function decodedHead(head: Buffer, encoding: 'utf-16le' | 'utf-16be'): string[] {
  try {
    return Array.from(new TextDecoder(encoding, { fatal: true }).decode(head, { stream: true }))
  } catch {
    return []
  }
}

async function utf8OrGb18030(text: () => AsyncIterable<Buffer>, source: string): Promise<Encoding> {
  const utf8 = await firstMisfit(text(), 'utf-8', source)
  if (!utf8) return 'utf-8'
  if (await firstMisfit(text(), 'gb18030', source)) {
    throw new UsageError(problemAt(source, utf8.line, 'this is neither UTF-8 nor GB18030', SAVE_AS_UTF8))
  }
  const doubt = await gb18030Doubt(text(), source)
  if (!doubt) return 'gb18030'
  const remedy = `${SAVE_AS_UTF8}, or give --encoding gb18030 if it is that`
  throw new UsageError(problemAt(source, utf8.line, `this is not UTF-8, ${doubt}`, remedy))
}

async function firstMisfit(
  text: AsyncIterable<Buffer>,
  encoding: Encoding,
  source: string,
): Promise<WrongEncoding | undefined> {
  try {
    const decoded = decode(text, encoding, source)
    while (!(await decoded.next()).done);
    return undefined
  } catch (error) {
    if (error instanceof WrongEncoding) return error
    throw error
  }
}

/** A word in bytes that were read as Latin-1. */
const WORD = /[\x30-\xff]+/g
const BEYOND_ASCII = /[\x80-\xff]/
const UTF8_WORD = /^(?:[\x30-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})*$/
/** UTF-8 with an incomplete last character. */
const CUT_WORD = new RegExp(
  UTF8_WORD.source.replace('$', '') + /(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})$/.source,
)
const PAIR = /[\x81-\xfe][\x40-\x7e\x80-\xfe]/g

/**
 * Why bytes that fit GB18030 are probably not GB18030; undefined if they probably are. GB18030 gives a meaning to nearly
 * all bytes, so damaged UTF-8 and Western text fit, too. In damaged UTF-8, nearly all words are still UTF-8. In Western
 * text, most bytes beyond ASCII stand before an ASCII letter.
 */
async function gb18030Doubt(text: AsyncIterable<Buffer>, source: string): Promise<string | undefined> {
  const seen = { words: 0, utf8: 0, others: 0, pairs: 0, withLetter: 0 }
  let last = ''
  for await (const chunk of wholeCharacters(text, 'gb18030', source)) {
    for (const [word] of chunk.toString('latin1').matchAll(WORD)) {
      if (!BEYOND_ASCII.test(word)) continue
      seen.words += 1
      if (!UTF8_WORD.test(word)) seen.others += 1
      else if (/[\xe0-\xf4]/.test(word)) seen.utf8 += 1
      last = word
      for (const [pair] of word.matchAll(PAIR)) {
        seen.pairs += 1
        if (pair.charCodeAt(1) < 0x80) seen.withLetter += 1
      }
    }
  }
  if (seen.utf8 * 100 > seen.words) return 'although other parts are'
  if (seen.others === 1 && CUT_WORD.test(last)) return 'or it is cut in the middle of its last character'
  return seen.withLetter * 2 > seen.pairs ? 'and it looks like Western text' : undefined
}
