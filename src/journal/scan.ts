import { open, type FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import {
  decodeEntry,
  decodeHeader,
  HEADER_BYTES,
  MAGIC,
  MAX_RECORD_BYTES,
  MAX_META_BYTES,
  VERSION,
  type JournalEntry,
  type RecordHeader,
} from './record.js'

const CHUNK_BYTES = 1 << 20

/** Adjacent bytes that are not a readable record; `toEnd` if no readable record follows. */
export interface Gap {
  readonly kind: 'gap'
  readonly offset: number
  readonly length: number
  readonly toEnd: boolean
}

/** A record, and where its header starts. */
export interface Found {
  readonly kind: 'record'
  readonly offset: number
  /** Header, meta and body together. */
  readonly length: number
  readonly entry: JournalEntry
}

/**
 * Reads the records of one segment in file order, in batches of about a megabyte. Memory stays flat for any size and any
 * content of the file. Bytes that cannot be read come as gaps, and reading continues at the next record.
 * @param mark the mark of the segment, or undefined if it is not known; records with another mark count as gaps
 */
export async function* scan(path: string, mark: number | undefined): AsyncGenerator<(Found | Gap)[]> {
  const file = await open(path, 'r')
  try {
    const bytes = new Window(file)
    let found: (Found | Gap)[] = []
    let gapFrom: number | undefined
    for (;;) {
      const left = await bytes.ensure(HEADER_BYTES)
      if (left === 0) break
      const offset = bytes.offset
      const record = left < HEADER_BYTES ? undefined : await readRecord(bytes, mark)
      if (record) {
        if (gapFrom !== undefined) found.push({ kind: 'gap', offset: gapFrom, length: offset - gapFrom, toEnd: false })
        gapFrom = undefined
        found.push(record)
      } else {
        gapFrom ??= offset
        await seekHeader(bytes, mark)
      }
      if (bytes.refilled && found.length > 0) {
        yield found
        found = []
        bytes.refilled = false
      }
    }
    if (gapFrom !== undefined) {
      found.push({ kind: 'gap', offset: gapFrom, length: bytes.offset - gapFrom, toEnd: true })
    }
    if (found.length > 0) yield found
  } finally {
    await file.close()
  }
}

/** Reads the record at the cursor and moves the cursor behind it. Undefined, and the cursor stays, if there is none. */
async function readRecord(bytes: Window, mark: number | undefined): Promise<Found | undefined> {
  const header = headerAt(bytes, mark)
  if (!header) return undefined
  const total = HEADER_BYTES + header.metaBytes + header.bodyBytes
  if ((await bytes.ensure(total)) < total) return undefined
  const entry = decodePayload(header, bytes.view(HEADER_BYTES, total))
  if (!entry) return undefined
  const found: Found = { kind: 'record', offset: bytes.offset, length: total, entry }
  bytes.skip(total)
  return found
}

function decodePayload(header: RecordHeader, payload: Buffer): JournalEntry | undefined {
  if (crc32(payload) !== header.payloadCrc) return undefined
  return decodeEntry(header.kind, payload.subarray(0, header.metaBytes), payload.subarray(header.metaBytes))
}

/** Moves the cursor to the next header of this segment, or to the end of the file. */
async function seekHeader(bytes: Window, mark: number | undefined): Promise<void> {
  bytes.skip(1)
  for (;;) {
    const left = await bytes.ensure(HEADER_BYTES)
    const at = bytes.indexOf(MAGIC)
    if (at >= 0 && at + HEADER_BYTES <= left) {
      bytes.skip(at)
      if (headerAt(bytes, mark)) return
      bytes.skip(1)
    } else if (at > 0) {
      bytes.skip(at)
    } else {
      if (left < HEADER_BYTES) {
        bytes.skip(left)
        return
      }
      bytes.skip(left - MAGIC.length + 1)
    }
  }
}

function headerAt(bytes: Window, mark: number | undefined): RecordHeader | undefined {
  const header = decodeHeader(bytes.buffer, bytes.start)
  if (header?.version !== VERSION || (mark !== undefined && header.mark !== mark)) return undefined
  return header.metaBytes <= MAX_META_BYTES && header.bodyBytes <= MAX_RECORD_BYTES ? header : undefined
}

/** A cursor over a file, with a read-ahead buffer. Views stay valid: a refill makes a new buffer. */
class Window {
  buffer = Buffer.alloc(0)
  start = 0
  refilled = false
  private base = 0
  private ended = false

  constructor(private readonly file: FileHandle) {}

  /** Offset of the cursor in the file. */
  get offset(): number {
    return this.base + this.start
  }

  /** Buffers `wanted` bytes from the cursor on. @returns how many are buffered: fewer only at the end of the file */
  async ensure(wanted: number): Promise<number> {
    let left = this.buffer.length - this.start
    if (left >= wanted || this.ended) return left
    const larger = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, wanted))
    this.buffer.copy(larger, 0, this.start)
    this.base += this.start
    this.start = 0
    this.refilled = true
    while (left < larger.length) {
      const { bytesRead } = await this.file.read(larger, left, larger.length - left, this.base + left)
      if (bytesRead === 0) {
        this.ended = true
        break
      }
      left += bytesRead
    }
    this.buffer = larger.subarray(0, left)
    return left
  }

  view(from: number, to: number): Buffer {
    return this.buffer.subarray(this.start + from, this.start + to)
  }

  indexOf(wanted: Buffer): number {
    const at = this.buffer.indexOf(wanted, this.start)
    return at < 0 ? -1 : at - this.start
  }

  skip(bytes: number): void {
    this.start += bytes
  }
}
