import { crc32 } from 'node:zlib'
import { z } from 'zod'
import type { Answer, Intent, NoAnswer, RunHeader } from '../model/call.js'

/**
 * One record of a journal segment, format version 1 (docs/journal.md). Integers are little-endian.
 *
 *   offset size
 *        0    4  magic: "CEJ" and the byte 0xA7
 *        4    1  version: 1
 *        5    1  kind: 1 run, 2 intent, 3 answer, 4 no answer; a reader skips unknown kinds
 *        6    2  0
 *        8    4  mark: CRC-32 of the run id, the same in every record of a segment
 *       12    4  length of the meta, bytes
 *       16    4  length of the body, bytes
 *       20    4  CRC-32 of meta and body
 *       24    4  CRC-32 of the 24 bytes before
 *       28       meta: one JSON object, UTF-8; then the body, the bytes as received
 *
 * The header has its own checksum, so that a damaged record costs only itself. A reader trusts the lengths only when the
 * checksum holds. Behind damage it finds the next header by magic, checksum and mark. Because of the mark, records inside
 * a body (of another run's journal) are not taken for records of the segment.
 */
export const MAGIC = Buffer.from([0x43, 0x45, 0x4a, 0xa7])
export const VERSION = 1
export const HEADER_BYTES = 28
/** No record exceeds these sizes, so that a wrong length in a header cannot make a reader allocate more. */
export const MAX_META_BYTES = 1 << 16
export const MAX_RECORD_BYTES = 1 << 26

/** The run record is padded with blanks to this size and written twice: a segment survives the loss of one page. */
export const HEAD_BYTES = 4096
export const HEAD_COPIES = 2

export const KIND = { run: 1, intent: 2, answer: 3, noAnswer: 4 } as const

/** The header of a record whose checksum holds. */
export interface RecordHeader {
  readonly version: number
  readonly kind: number
  readonly mark: number
  readonly metaBytes: number
  readonly bodyBytes: number
  readonly payloadCrc: number
}

export function journalMark(runId: string): number {
  return crc32(runId)
}

/** One record, as pieces to be written in this order. The body is not copied. */
export function encodeRecord(kind: number, mark: number, meta: string, body?: Uint8Array): Uint8Array[] {
  const metaBytes = Buffer.byteLength(meta)
  const head = Buffer.allocUnsafe(HEADER_BYTES + metaBytes)
  head.write(meta, HEADER_BYTES, 'utf8')
  const metaCrc = crc32(head.subarray(HEADER_BYTES))
  MAGIC.copy(head)
  head[4] = VERSION
  head[5] = kind
  head.writeUInt16LE(0, 6)
  head.writeUInt32LE(mark, 8)
  head.writeUInt32LE(metaBytes, 12)
  head.writeUInt32LE(body?.length ?? 0, 16)
  // zlib gives 0 for a buffer without memory, such as that of an empty ArrayBuffer.
  head.writeUInt32LE(body && body.length > 0 ? crc32(body, metaCrc) : metaCrc, 20)
  head.writeUInt32LE(crc32(head.subarray(0, 24)), 24)
  return body && body.length > 0 ? [head, body] : [head]
}

/** The header at this offset of the buffer, which holds at least `HEADER_BYTES` from there; undefined if there is none. */
export function decodeHeader(bytes: Buffer, at: number): RecordHeader | undefined {
  if (bytes.compare(MAGIC, 0, MAGIC.length, at, at + MAGIC.length) !== 0) return undefined
  if (crc32(bytes.subarray(at, at + 24)) !== bytes.readUInt32LE(at + 24)) return undefined
  return {
    version: bytes[at + 4]!,
    kind: bytes[at + 5]!,
    mark: bytes.readUInt32LE(at + 8),
    metaBytes: bytes.readUInt32LE(at + 12),
    bodyBytes: bytes.readUInt32LE(at + 16),
    payloadCrc: bytes.readUInt32LE(at + 20),
  }
}

export function encodeRun(header: RunHeader): Uint8Array[] {
  const mark = journalMark(header.runId)
  const meta = JSON.stringify(header)
  const padding = HEAD_BYTES - HEADER_BYTES - Buffer.byteLength(meta)
  if (padding < 0) throw new RangeError('the head of a journal segment exceeds its page')
  const copy = encodeRecord(KIND.run, mark, meta + ' '.repeat(padding))
  return Array.from({ length: HEAD_COPIES }, () => copy).flat()
}

export function encodeIntent(mark: number, { seq, id, endpoint, attempt, sentAt }: Intent): Uint8Array[] {
  return encodeRecord(KIND.intent, mark, JSON.stringify({ seq, id, endpoint, attempt, sentAt }))
}

/** An answer, or a call without one. Both repeat the intent, so that a call survives the loss of its intent record. */
export function encodeEnd(mark: number, end: Answer | NoAnswer): Uint8Array[] {
  const { seq, id, endpoint, attempt, sentAt, receivedAt, ms } = end
  const call = { seq, id, endpoint, attempt, sentAt, receivedAt, ms }
  if (end.kind === 'answer') {
    const { status, contentType, retryAfter, body } = end
    return encodeRecord(KIND.answer, mark, JSON.stringify({ ...call, status, contentType, retryAfter }), body)
  }
  const { fault, detail, part } = end
  return encodeRecord(KIND.noAnswer, mark, JSON.stringify({ ...call, fault, detail }), part)
}

const runSchema = z.object({
  runId: z.string().min(1),
  startedAt: z.number(),
  pipeline: z.string(),
  simulated: z.boolean(),
  host: z.string(),
  price: z.number().optional(),
  currency: z.string().optional(),
  list: z.string().optional(),
  earlierRuns: z.array(z.string()).optional(),
})
const intentSchema = z.object({
  seq: z.number().int().positive(),
  id: z.string().min(1),
  endpoint: z.string().min(1).optional(),
  attempt: z.number().int().positive(),
  sentAt: z.number(),
})
const endSchema = intentSchema.extend({ receivedAt: z.number(), ms: z.number() })
const answerSchema = endSchema.extend({
  status: z.number().int(),
  contentType: z.string().nullable(),
  retryAfter: z.string().nullable(),
})
const noAnswerSchema = endSchema.extend({
  fault: z.enum([
    'unsent',
    'withdrawn',
    'untrusted',
    'proxy',
    'timeout',
    'broken',
    'redirect',
    'too_large',
    'undecodable',
  ]),
  detail: z.string(),
})

export type JournalEntry =
  | { readonly kind: 'run'; readonly header: RunHeader }
  | ({ readonly kind: 'intent' } & Intent)
  | Answer
  | NoAnswer
  | { readonly kind: 'later' }

/**
 * The content of a record whose checksum holds. `later` is a kind that this version does not know.
 * @returns undefined if the meta does not fit its kind
 */
export function decodeEntry(kind: number, meta: Buffer, body: Buffer): JournalEntry | undefined {
  if (!Object.values<number>(KIND).includes(kind)) return { kind: 'later' }
  let json: unknown
  try {
    json = JSON.parse(meta.toString('utf8'))
  } catch {
    return undefined
  }
  if (kind === KIND.run) {
    const { data } = runSchema.safeParse(json)
    return data && { kind: 'run', header: data }
  }
  if (kind === KIND.intent) {
    const { data } = intentSchema.safeParse(json)
    return data && { kind: 'intent', ...data }
  }
  if (kind === KIND.answer) {
    const { data } = answerSchema.safeParse(json)
    return data && { kind: 'answer', ...data, body }
  }
  const { data } = noAnswerSchema.safeParse(json)
  return data && { kind: 'no_answer', ...data, ...(body.length > 0 ? { part: body } : {}) }
}
