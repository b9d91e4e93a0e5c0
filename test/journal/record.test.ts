import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { decodeEntry, decodeHeader, encodeEnd, HEADER_BYTES, journalMark } from '../../src/journal/record.js'
import type { Answer } from '../../src/model/call.js'

const BODIES: readonly [what: string, body: Buffer][] = [
  ['some bytes', Buffer.from('{"code":0}')],
  ['no bytes', Buffer.alloc(0)],
  // An HTTP client gives this for an answer without a body.
  ['no memory', Buffer.from(new ArrayBuffer(0))],
]

test.each([
  ['profiles', undefined],
  ['a resolver', 'search-user'],
])('an answer of the endpoint of %s says so', (_, endpoint) => {
  const answer: Answer = {
    ...{ kind: 'answer', seq: 1, id: 'kafei0', endpoint, attempt: 1, sentAt: 1, receivedAt: 2, ms: 1.5 },
    ...{ status: 200, contentType: null, retryAfter: null, body: Buffer.from('{}') },
  }
  const [head] = encodeEnd(journalMark('run'), answer)
  const meta = Buffer.from(head!.subarray(HEADER_BYTES))
  expect(decodeEntry(3, meta, answer.body as Buffer)).toEqual(answer)
  expect(meta.toString().includes('endpoint')).toBe(endpoint !== undefined)
})

test.each(BODIES)('a record with a body of %s reads back', (_, body) => {
  const answer: Answer = {
    ...{ kind: 'answer', seq: 1, id: 'id', attempt: 1, sentAt: 1, receivedAt: 2, ms: 1.5 },
    ...{ status: 200, contentType: null, retryAfter: null, body },
  }
  const record = Buffer.concat(encodeEnd(journalMark('run'), answer))
  const header = decodeHeader(record, 0)!
  const payload = record.subarray(HEADER_BYTES)
  expect(crc32(payload)).toBe(header.payloadCrc)
  const entry = decodeEntry(header.kind, payload.subarray(0, header.metaBytes), payload.subarray(header.metaBytes))
  expect(entry).toEqual(answer)
})
