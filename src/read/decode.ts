import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'
import { UsageError } from '../core/errors.js'
import { LONGEST_WORD } from './limits.js'
import { problemAt } from './table.js'

export type Encoding = 'utf-8' | 'gb18030' | 'utf-16le' | 'utf-16be'

/** The names that messages use. */
export const ENCODING_NAMES: Readonly<Record<Encoding, string>> = {
  'utf-8': 'UTF-8',
  gb18030: 'GB18030',
  'utf-16le': 'UTF-16LE',
  'utf-16be': 'UTF-16BE',
}

export const SAVE_AS_UTF8 = 'save it as "CSV UTF-8" and run again'

/** The bytes are not text in this encoding. */
export class WrongEncoding extends UsageError {
  constructor(
    source: string,
    readonly line: number,
    encoding: Encoding,
    given: boolean,
  ) {
    const remedy = given ? `${SAVE_AS_UTF8}, without --encoding` : SAVE_AS_UTF8
    super(problemAt(source, line, `this is not ${ENCODING_NAMES[encoding]}`, remedy))
  }
}

const LF = 0x0a
const CR = 0x0d
const BOM = Buffer.from([0xef, 0xbb, 0xbf])

/** Old DOS programs end a text with this character. */
const CONTROL_Z = 0x1a

/**
 * Text as UTF-8, cut between characters, without byte order marks at its start and without the character Ctrl-Z at its end.
 * @param given whether the encoding comes from `--encoding`
 * @throws WrongEncoding with the line of the first bytes that do not fit; UsageError for a NUL character
 */
export async function* decode(
  chunks: AsyncIterable<Buffer>,
  encoding: Encoding,
  source: string,
  given = false,
): AsyncGenerator<Buffer> {
  const decoder = decoderOf(encoding)
  const lines = new LineEnds()
  let atStart = true
  /** A Ctrl-Z that may be the last character, with the line ends after it. */
  let ending: Buffer = Buffer.alloc(0)
  for await (const whole of wholeCharacters(chunks, encoding, source)) {
    const decoded = toUtf8(whole, encoding, decoder)
    if (!decoded) throw new WrongEncoding(source, lines.after(decodablePrefix(whole, encoding)), encoding, given)
    let text = decoded
    while (atStart && text.subarray(0, BOM.length).equals(BOM)) text = text.subarray(BOM.length)
    if (text.length === 0) continue
    atStart = false
    const nul = text.indexOf(0)
    if (nul >= 0) {
      const line = lines.after(text.subarray(0, nul))
      throw new UsageError(
        problemAt(source, line, 'a NUL character, so this is not a text file', 'export the file again'),
      )
    }
    lines.after(text)
    const pending: Buffer = ending.length > 0 ? Buffer.concat([ending, text]) : text
    const end = endingFrom(pending)
    ending = pending.subarray(end)
    if (end > 0) yield pending.subarray(0, end)
  }
}

/** Where a Ctrl-Z with nothing but more of them and line ends after it starts; the length if there is none. */
function endingFrom(text: Buffer): number {
  let start = text.length
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const byte = text[at]!
    if (byte === CONTROL_Z) start = at
    else if (byte !== LF && byte !== CR) break
  }
  return start
}

/** Chunks that end where a character ends. If the file is cut inside a character, the rest of it comes last. */
export async function* wholeCharacters(
  chunks: AsyncIterable<Buffer>,
  encoding: Encoding,
  source: string,
): AsyncGenerator<Buffer> {
  const incomplete = INCOMPLETE[encoding]
  let carried: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = carried.length > 0 ? Buffer.concat([carried, chunk]) : chunk
    const whole = bytes.length - incomplete(bytes)
    carried = bytes.subarray(whole)
    if (carried.length > LONGEST_WORD)
      throw new UsageError(`${source} has a million bytes without a separator or line end; ${SAVE_AS_UTF8}`)
    if (whole > 0) yield bytes.subarray(0, whole)
  }
  if (carried.length > 0) yield carried
}

/** How many bytes at the end may belong to a character that is not complete yet. */
const INCOMPLETE: Readonly<Record<Encoding, (bytes: Buffer) => number>> = {
  'utf-8': (bytes) => {
    for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
      const byte = bytes[bytes.length - back]!
      if (byte < 0x80) return 0
      if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0
    }
    return 0
  },
  // Bytes below 0x30 (line ends, blanks, quotes, commas) are never part of a longer character.
  gb18030: (bytes) => {
    let end = bytes.length
    while (end > 0 && bytes[end - 1]! >= 0x30) end -= 1
    return bytes.length - end
  },
  'utf-16le': (bytes) => incompleteUtf16(bytes, 1),
  'utf-16be': (bytes) => incompleteUtf16(bytes, 0),
}

function incompleteUtf16(bytes: Buffer, high: 0 | 1): number {
  const half = bytes.length % 2
  const last = bytes.length - half - 2
  const opensPair = last >= 0 && (bytes[last + high]! & 0xfc) === 0xd8
  return opensPair ? half + 2 : half
}

function decoderOf(encoding: Encoding): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
  } catch (error) {
    const what = `this Node cannot read ${ENCODING_NAMES[encoding]} (ICU ${process.versions['icu'] ?? 'is missing'})`
    throw new UsageError(`${what}; use an official build of Node, or ${SAVE_AS_UTF8}`, { cause: error })
  }
}

function toUtf8(bytes: Buffer, encoding: Encoding, decoder: TextDecoder): Buffer | undefined {
  if (encoding === 'utf-8') return isUtf8(bytes) ? bytes : undefined
  try {
    return Buffer.from(decoder.decode(bytes))
  } catch {
    return undefined
  }
}

/** The text before the first bytes that do not fit the encoding. */
function decodablePrefix(bytes: Buffer, encoding: Encoding): Buffer {
  const read = (count: number) => decoderOf(encoding).decode(bytes.subarray(0, count), { stream: true })
  let [good, bad] = [0, bytes.length + 1]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    try {
      read(middle)
      good = middle
    } catch {
      bad = middle
    }
  }
  return Buffer.from(read(good))
}

/** Counts lines that end in LF, CRLF or CR. */
class LineEnds {
  private ends = 0
  private afterCr = false

  /** The line number, from 1, after this text. */
  after(text: Buffer): number {
    if (text.length === 0) return this.ends + 1
    if (this.afterCr && text[0] === LF) this.ends -= 1
    for (let index = text.indexOf(LF); index >= 0; index = text.indexOf(LF, index + 1)) this.ends += 1
    for (let index = text.indexOf(CR); index >= 0; index = text.indexOf(CR, index + 1)) {
      if (text[index + 1] !== LF) this.ends += 1
    }
    this.afterCr = text[text.length - 1] === CR
    return this.ends + 1
  }
}
