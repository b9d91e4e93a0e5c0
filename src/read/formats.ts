import { UsageError } from '../core/errors.js'

const SAVE_AS_CSV = 'open it in its own program, save it as "CSV UTF-8" and run again'
const UNPACK = 'unpack it first (gzip is the only compression that is read)'

/** Whether there is a control byte near the start. Text has only tabs, line ends, and seldom others. */
function hasControl(head: Buffer): boolean {
  return head
    .subarray(0, 32)
    .some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x1a) || (byte > 0x1b && byte < 0x20))
}

/** Parquet ends with its magic bytes, too. */
function isParquet(head: Buffer): boolean {
  return (
    hasControl(head) ||
    head
      .subarray(4)
      .toString('latin1')
      .endsWith(head.toString('latin1', 0, 4))
  )
}

/**
 * The first bytes of files that are not text tables, and what to do. A text may begin with letters such as PARE or ORC, so
 * magic bytes that are letters need a second sign.
 */
const BINARY: readonly [magic: Buffer, what: string, remedy: string, second?: (head: Buffer) => boolean][] = [
  [Buffer.from('PAR1'), 'is Parquet', 'give it as a file whose name ends in .parquet', isParquet],
  [Buffer.from('PARE'), 'is encrypted Parquet', 'write it without encryption', isParquet],
  [Buffer.from('PK\u0003\u0004'), 'is an Excel workbook or a zip file', 'give it unpacked'],
  [Buffer.from([0xd0, 0xcf, 0x11, 0xe0]), 'is an old Excel workbook', 'save it as .xlsx, not packed'],
  [Buffer.from([0x1f, 0x8b]), 'is compressed (gzip) twice', 'unpack it once'],
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 'is compressed (zstd)', UNPACK],
  [
    Buffer.from('BZh'),
    'is compressed (bzip2)',
    UNPACK,
    (head) => /^BZh[1-9](?:1AY&SY|.rE8P)/s.test(head.toString('latin1', 0, 10)),
  ],
  [Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]), 'is compressed (xz)', UNPACK],
  [Buffer.from('7z\u00bc\u00af', 'latin1'), 'is compressed (7z)', UNPACK],
  [Buffer.from('%PDF'), 'is a PDF', SAVE_AS_CSV, (head) => /^%PDF-\d\.\d/.test(head.toString('latin1', 0, 8))],
  [Buffer.from('SQLite format 3\0'), 'is an SQLite database', SAVE_AS_CSV],
  [Buffer.from('ORC'), 'is ORC', 'write it as Parquet or CSV', hasControl],
  [Buffer.from('Obj\u0001'), 'is Avro', 'write it as Parquet or CSV'],
]

/** A byte order mark in bytes that were read as Latin-1. */
const MARK = /^(?:ï»¿|ÿþ|þÿ)/

/** Text that is not a table. Some export programs give such files the name of a spreadsheet. */
const MARKUP: readonly [start: RegExp, what: string][] = [
  [/^\s*<(?:!doctype|html|head|body|table|meta|\?xml|!--)/i, 'is a web page or XML'],
  [/^\s*(?:\{\s*"|\[\s*[{["])/, 'is JSON'],
]

/** The format of a binary file with these first bytes, as `is a PDF`; undefined if the format is not known. */
export function unsupportedFormat(head: Buffer): string | undefined {
  return binaryFormat(head)?.what
}

/** @throws UsageError if a file with these first bytes is not a text table */
export function refuseUnsupported(head: Buffer, source: string): void {
  const binary = binaryFormat(head)
  if (binary) throw new UsageError(`${source} ${binary.what}; ${binary.remedy}`)
  const text = head.toString('latin1').replaceAll('\0', '').replace(MARK, '')
  for (const [start, what] of MARKUP) {
    if (start.test(text)) throw new UsageError(`${source} ${what}; ${SAVE_AS_CSV}`)
  }
}

function binaryFormat(head: Buffer): { readonly what: string; readonly remedy: string } | undefined {
  const found = BINARY.find(([magic, , , second]) => {
    return head.subarray(0, magic.length).equals(magic) && (second === undefined || second(head))
  })
  return found && { what: found[1], remedy: found[2] }
}
