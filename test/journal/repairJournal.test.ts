import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { encodeRecord, HEAD_BYTES, HEADER_BYTES, journalMark } from '../../src/journal/record.js'
import { hasReadableSegments, repairJournal } from '../../src/journal/repairJournal.js'
import { openSegment } from '../../src/journal/segmentReader.js'
import type { Call } from '../../src/model/call.js'
import { temporaryFolder } from '../support/folder.js'
import { answerOf, callsOf, HEADER, intentOf, noAnswerOf, writeSegment } from './calls.js'

const ENDS = [answerOf(1, 60), answerOf(2, 60), noAnswerOf(3), answerOf(4, 60)]
const HEADS = 2 * HEAD_BYTES

function tornOf(path: string): string {
  return join(dirname(path), 'damaged', `${basename(path)}.torn`)
}

/** Start and length of each record behind the head. */
function recordsIn(bytes: Buffer): { at: number; length: number }[] {
  const records = []
  for (let at = HEADS; at < bytes.length;) {
    const length = HEADER_BYTES + bytes.readUInt32LE(at + 12) + bytes.readUInt32LE(at + 16)
    records.push({ at, length })
    at += length
  }
  return records
}

/** The bytes of a good segment, and a folder for damaged copies. */
async function goodSegment(): Promise<{ bytes: Buffer; damagedCopy: (bytes: Buffer) => string; folder: string }> {
  const folder = temporaryFolder()
  const bytes = readFileSync(await writeSegment(join(folder, 'good'), ENDS))
  const path = join(folder, 'bad', `${HEADER.runId}.journal`)
  mkdirSync(join(folder, 'bad'))
  return {
    bytes,
    folder: join(folder, 'bad'),
    damagedCopy(changed) {
      writeFileSync(path, changed)
      return path
    },
  }
}

/** The calls that are found when only these intents and ends can be read. */
function expectedCalls(intents: Set<number>, ends: Set<number>): Call[] {
  const known: Call[] = ENDS.filter(({ seq }) => ends.has(seq))
  const unknown = [...intents]
    .filter((seq) => !ends.has(seq))
    .map((seq): Call => ({ kind: 'unknown', ...intentOf(seq) }))
  return [...known, ...unknown]
}

test('after a killed run: ended calls, and intents without an end as unknown calls', async () => {
  const folder = temporaryFolder()
  const calls: Call[] = [...ENDS, { kind: 'unknown', ...intentOf(5) }, { kind: 'unknown', ...intentOf(6) }]
  await writeSegment(folder, calls)
  const { segments, damaged } = await repairJournal(folder)
  expect(damaged).toEqual([])
  expect(await callsOf(segments[0]!)).toEqual(calls)
})

test('a segment that is cut at any byte of its last three records: whole records are kept, the tail is set aside', async () => {
  const { bytes, damagedCopy, folder } = await goodSegment()
  const records = recordsIn(bytes)
  for (let length = records.at(-3)!.at; length < bytes.length; length += 1) {
    const path = damagedCopy(bytes.subarray(0, length))
    const whole = records.filter(({ at, length: size }) => at + size <= length)
    const end = whole.at(-1)!.at + whole.at(-1)!.length
    // Records alternate: intent, end, intent, end …
    const intents = new Set(whole.filter((_, index) => index % 2 === 0).map((_, index) => index + 1))
    const ends = new Set(whole.filter((_, index) => index % 2 === 1).map((_, index) => index + 1))

    const { segments, damaged } = await repairJournal(folder)
    expect(await callsOf(segments[0]!), `cut to ${length}`).toEqual(expectedCalls(intents, ends))
    expect(statSync(path).size).toBe(end)
    if (length === end) {
      expect(damaged).toEqual([])
    } else {
      expect(damaged).toMatchObject([{ kind: 'torn', path, offset: end, length: length - end, keptAt: tornOf(path) }])
      expect(readFileSync(tornOf(path))).toEqual(bytes.subarray(end, length))
    }
    expect((await repairJournal(folder)).damaged).toEqual([])
  }
})

test('a flipped bit in any byte costs at most its own record, and is reported', async () => {
  const { bytes, damagedCopy, folder } = await goodSegment()
  const records = recordsIn(bytes)
  const everyCall = expectedCalls(new Set([1, 2, 3, 4]), new Set([1, 2, 3, 4]))
  const heads = [
    { at: 0, length: HEAD_BYTES },
    { at: HEAD_BYTES, length: HEAD_BYTES },
  ]
  // Of the padding in the heads, only some bytes are tried.
  const places = [...bytes.keys()].filter((at) => at >= HEADS || at % HEAD_BYTES < 40 || at % 397 === 0)
  for (const at of places) {
    const changed = Buffer.from(bytes)
    changed[at]! ^= 1 << (at % 8)
    const path = damagedCopy(changed)
    const hit = [...heads, ...records].find((record) => at >= record.at && at < record.at + record.length)!
    const index = records.indexOf(hit)
    const isLast = index === records.length - 1

    const { segments, damaged } = await repairJournal(folder)
    expect(damaged, `bit flipped at ${at}`).toMatchObject([
      { kind: isLast ? 'torn' : 'damaged', path, offset: hit.at, length: hit.length },
    ])
    expect(readFileSync(damaged[0]!.keptAt).includes(changed.subarray(hit.at, hit.at + hit.length))).toBe(true)
    const calls = await callsOf(segments[0]!)
    if (index < 0 || index % 2 === 0) {
      // The head has a copy, and an end repeats its intent.
      expect(calls).toEqual(everyCall)
    } else {
      const lost = (index + 1) / 2
      expect(calls).toEqual(expectedCalls(new Set([1, 2, 3, 4]), new Set([1, 2, 3, 4].filter((seq) => seq !== lost))))
    }
  }
})

test.each([
  ['overwritten', (bytes: Buffer, from: number, to: number) => bytes.fill(0xcc, from, to)],
  ['zeroed', (bytes: Buffer, from: number, to: number) => bytes.fill(0, from, to)],
  [
    'missing',
    (bytes: Buffer, from: number, to: number) => Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]),
  ],
  [
    'written twice',
    (bytes: Buffer, from: number, to: number) =>
      Buffer.concat([bytes.subarray(0, to - 5), bytes.subarray(from, to - 3), bytes.subarray(to)]),
  ],
])('records before and behind bytes that are %s survive', async (_, damage) => {
  const { bytes, damagedCopy, folder } = await goodSegment()
  const records = recordsIn(bytes)
  const from = records[2]!.at + 9
  const to = records[3]!.at + records[3]!.length - 4
  damagedCopy(damage(Buffer.from(bytes), from, to))
  const { segments, damaged } = await repairJournal(folder)
  expect(damaged.map(({ kind }) => kind)).toEqual(['damaged'])
  const calls = await callsOf(segments[0]!)
  expect(calls.map(({ seq, kind }) => [seq, kind])).toEqual(
    expect.arrayContaining([
      [1, 'answer'],
      [3, 'no_answer'],
      [4, 'answer'],
    ]),
  )
})

test('zeros behind the last record, as after a power loss, are cut off', async () => {
  const { bytes, damagedCopy, folder } = await goodSegment()
  const path = damagedCopy(Buffer.concat([bytes, Buffer.alloc(10_000)]))
  const { segments, damaged } = await repairJournal(folder)
  expect(damaged).toMatchObject([{ kind: 'torn', offset: bytes.length, length: 10_000 }])
  expect(readFileSync(path)).toEqual(bytes)
  expect(await callsOf(segments[0]!)).toEqual(ENDS)
})

test('records of another run inside a body are not taken for records of this run', async () => {
  const folder = temporaryFolder()
  const other = readFileSync(await writeSegment(join(folder, 'other'), [answerOf(9)], { ...HEADER, runId: 'other' }))
  const hostile = { ...answerOf(1), body: other }
  const path = await writeSegment(join(folder, 'journal'), [hostile, answerOf(2)])
  const whole = await repairJournal(join(folder, 'journal'))
  expect(whole.damaged).toEqual([])
  expect(await callsOf(whole.segments[0]!)).toEqual([hostile, answerOf(2)])

  // The header of the hostile record is damaged, so that the reader looks for the next header inside the body.
  const bytes = readFileSync(path)
  const at = recordsIn(bytes)[1]!.at
  bytes[at + 6]! ^= 1
  writeFileSync(path, bytes)
  const damaged = await repairJournal(join(folder, 'journal'))
  expect((await callsOf(damaged.segments[0]!)).map(({ seq }) => seq)).toEqual([2, 1])
  expect(damaged.damaged).toMatchObject([{ kind: 'damaged', offset: at }])
})

describe('newer formats', () => {
  test('record kinds of a newer version are skipped', async () => {
    const folder = temporaryFolder()
    const path = await writeSegment(folder, [answerOf(1)])
    const later = encodeRecord(77, journalMark(HEADER.runId), 'not even {JSON}', Buffer.from('body'))
    writeFileSync(path, Buffer.concat([readFileSync(path), ...later]))
    const { segments, damaged } = await repairJournal(folder)
    expect(damaged).toEqual([])
    expect(await callsOf(segments[0]!)).toEqual([answerOf(1)])
  })

  test('keys of a newer version in a known record are ignored', async () => {
    const folder = temporaryFolder()
    const path = await writeSegment(folder, [])
    const meta = JSON.stringify({ ...intentOf(1), more: true })
    writeFileSync(path, Buffer.concat([readFileSync(path), ...encodeRecord(2, journalMark(HEADER.runId), meta)]))
    const { segments } = await repairJournal(folder)
    expect(await callsOf(segments[0]!)).toEqual([{ kind: 'unknown', ...intentOf(1) }])
  })

  test('a segment of a newer format is named in the error and left alone', async () => {
    const folder = temporaryFolder()
    const path = await writeSegment(folder, [answerOf(1)])
    const bytes = readFileSync(path)
    bytes[4] = 2
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 24)), 24)
    writeFileSync(path, bytes)
    await expect(repairJournal(folder)).rejects.toThrow(
      expect.objectContaining({ name: 'LocalError', message: expect.stringContaining(path) as string }),
    )
    expect(readFileSync(path)).toEqual(bytes)
  })

  test('a record with a valid checksum and wrong meta is damage', async () => {
    const folder = temporaryFolder()
    const path = await writeSegment(folder, [answerOf(1)])
    const wrong = encodeRecord(2, journalMark(HEADER.runId), '{"seq":"1"}')
    const right = encodeRecord(2, journalMark(HEADER.runId), JSON.stringify(intentOf(2)))
    const size = statSync(path).size
    writeFileSync(path, Buffer.concat([readFileSync(path), ...wrong, ...right]))
    const { damaged } = await repairJournal(folder)
    expect(damaged).toMatchObject([{ kind: 'damaged', offset: size }])
  })
})

describe('files without a head', () => {
  test.each([0, 1, 4095, 8191])('with %i bytes: no call was sent, the file is set aside', async (size) => {
    const folder = temporaryFolder()
    const path = join(folder, 'a.journal')
    writeFileSync(path, Buffer.alloc(size))
    const { segments, damaged } = await repairJournal(folder)
    expect(segments).toEqual([])
    expect(damaged).toMatchObject([{ kind: 'torn', path, length: size, keptAt: tornOf(path) }])
    expect(readdirSync(folder)).toEqual(['damaged'])
  })

  test('larger files stay where they are and are reported each time', async () => {
    const { bytes, damagedCopy, folder } = await goodSegment()
    const path = damagedCopy(Buffer.from(bytes).fill(0, 0, HEADS))
    for (const time of ['first', 'second']) {
      const { segments, damaged } = await repairJournal(folder)
      expect(segments, time).toEqual([])
      expect(damaged).toMatchObject([{ kind: 'headless', path, length: bytes.length }])
    }
    await expect(openSegment(path)).rejects.toThrow('no readable head')
  })

  test('the .part file of an interrupted start is removed', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a.journal.part'), 'x')
    expect(await repairJournal(folder)).toEqual({ segments: [], damaged: [] })
    expect(readdirSync(folder)).toEqual([])
  })

  test('without a journal folder there is nothing to recover', async () => {
    expect(await repairJournal(join(temporaryFolder(), 'none'))).toEqual({ segments: [], damaged: [] })
  })
})

describe('segments', () => {
  test('come oldest first; loaded segments are moved away and do not come again', async () => {
    const folder = temporaryFolder()
    for (const runId of ['20261122T000000Z-0002', '20261121T000000Z-0001']) {
      const path = await writeSegment(folder, [answerOf(1)], { ...HEADER, runId })
      truncateSync(path, statSync(path).size - 3)
    }
    const { segments } = await repairJournal(folder)
    expect(segments.map(({ header }) => header.runId)).toEqual(['20261121T000000Z-0001', '20261122T000000Z-0002'])
    await segments[0]!.markLoaded()
    await segments[0]!.markLoaded()
    expect(readdirSync(join(folder, 'loaded')).sort()).toEqual(['20261121T000000Z-0001.journal'])
    const again = await repairJournal(folder)
    expect(again.segments.map(({ header }) => header.runId)).toEqual(['20261122T000000Z-0002'])
  })

  test('calls come in batches of at most 512, calls with large bodies in smaller ones', async () => {
    const folder = temporaryFolder()
    const many = Array.from({ length: 1200 }, (_, index): Call => ({ kind: 'unknown', ...intentOf(index + 1) }))
    const large = [2001, 2002, 2003].map((seq) => answerOf(seq, 5 << 20))
    const segment = await openSegment(await writeSegment(folder, [...many, ...large]))
    const sizes: number[] = []
    for await (const batch of segment.calls()) sizes.push(batch.length)
    expect(sizes).toEqual([2, 512, 512, 177])
  })

  test('opening a torn segment reads it without a repair', async () => {
    const { bytes, damagedCopy } = await goodSegment()
    const path = damagedCopy(bytes.subarray(0, -3))
    const calls = await callsOf(await openSegment(path))
    expect(calls).toEqual(expectedCalls(new Set([1, 2, 3, 4]), new Set([1, 2, 3])))
    expect(statSync(path).size).toBe(bytes.length - 3)
    expect(existsSync(tornOf(path))).toBe(false)
  })
})

test('256 MB of damaged bytes are read in little memory', async () => {
  const folder = temporaryFolder()
  const path = await writeSegment(folder, [answerOf(1)])
  const size = statSync(path).size
  // A header with a wrong, huge length, then a hole, then a good record.
  const sparse = await open(path, 'r+')
  const [header] = encodeRecord(3, journalMark(HEADER.runId), '{}')
  const tooLong = Buffer.from(header!)
  tooLong.writeUInt32LE(0xffffffff, 16)
  tooLong.writeUInt32LE(crc32(tooLong.subarray(0, 24)), 24)
  await sparse.write(tooLong, 0, tooLong.length, size)
  const last = Buffer.concat(encodeRecord(2, journalMark(HEADER.runId), JSON.stringify(intentOf(2))))
  await sparse.write(last, 0, last.length, size + (1 << 28))
  await sparse.close()
  const before = process.memoryUsage().rss
  const { segments, damaged } = await repairJournal(folder)
  expect(damaged).toMatchObject([{ kind: 'damaged', offset: size, length: 1 << 28 }])
  expect((await callsOf(segments[0]!)).map(({ kind }) => kind)).toEqual(['answer', 'unknown'])
  expect(process.memoryUsage().rss - before).toBeLessThan(150 << 20)
})

test('a journal folder that cannot be read does not pass for an empty one', async () => {
  const folder = temporaryFolder()
  expect(await hasReadableSegments(join(folder, 'loaded'))).toBe(false)
  await writeSegment(folder, [answerOf(1)])
  expect(await hasReadableSegments(folder)).toBe(true)
  writeFileSync(join(folder, 'loaded'), 'not a folder')
  await expect(hasReadableSegments(join(folder, 'loaded'))).rejects.toThrow('cannot read the journal folder')
})
