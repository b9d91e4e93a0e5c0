import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { encodeRecord, HEAD_BYTES, HEADER_BYTES, journalMark } from '../../src/journal/record.js'
import { repairJournal } from '../../src/journal/repairJournal.js'
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

/** The bytes of a good segment, and a folder in which to spoil copies of it. */
async function goodSegment(): Promise<{ bytes: Buffer; spoiled: (bytes: Buffer) => string; folder: string }> {
  const folder = temporaryFolder()
  const bytes = readFileSync(await writeSegment(join(folder, 'good'), ENDS))
  const path = join(folder, 'bad', `${HEADER.runId}.journal`)
  mkdirSync(join(folder, 'bad'))
  return {
    bytes,
    folder: join(folder, 'bad'),
    spoiled(changed) {
      writeFileSync(path, changed)
      return path
    },
  }
}

/** What is there of a call when only some of its records are. */
function expectedCalls(intents: Set<number>, ends: Set<number>): Call[] {
  const known: Call[] = ENDS.filter(({ seq }) => ends.has(seq))
  const unknown = [...intents]
    .filter((seq) => !ends.has(seq))
    .map((seq): Call => ({ kind: 'unknown', ...intentOf(seq) }))
  return [...known, ...unknown]
}

test('what a killed run leaves: finished calls, and intents without an end as unknown', async () => {
  const folder = temporaryFolder()
  const calls: Call[] = [...ENDS, { kind: 'unknown', ...intentOf(5) }, { kind: 'unknown', ...intentOf(6) }]
  await writeSegment(folder, calls)
  const { segments, damaged } = await repairJournal(folder)
  expect(damaged).toEqual([])
  expect(await callsOf(segments[0]!)).toEqual(calls)
})

test('cut at every byte of the last three records: all whole records are kept, the tail is set aside', async () => {
  const { bytes, spoiled, folder } = await goodSegment()
  const records = recordsIn(bytes)
  for (let length = records.at(-3)!.at; length < bytes.length; length += 1) {
    const path = spoiled(bytes.subarray(0, length))
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

test('one flipped bit in any byte costs at most its own record, and is named', async () => {
  const { bytes, spoiled, folder } = await goodSegment()
  const records = recordsIn(bytes)
  const everyCall = expectedCalls(new Set([1, 2, 3, 4]), new Set([1, 2, 3, 4]))
  const heads = [
    { at: 0, length: HEAD_BYTES },
    { at: HEAD_BYTES, length: HEAD_BYTES },
  ]
  // Of the padding in the heads, some bytes stand for all.
  const places = [...bytes.keys()].filter((at) => at >= HEADS || at % HEAD_BYTES < 40 || at % 397 === 0)
  for (const at of places) {
    const changed = Buffer.from(bytes)
    changed[at]! ^= 1 << (at % 8)
    const path = spoiled(changed)
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
      // A head has a copy, an intent is repeated in its end.
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
])('records before and behind a stretch that is %s survive', async (_, spoil) => {
  const { bytes, spoiled, folder } = await goodSegment()
  const records = recordsIn(bytes)
  const from = records[2]!.at + 9
  const to = records[3]!.at + records[3]!.length - 4
  spoiled(spoil(Buffer.from(bytes), from, to))
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

test('zeros behind the last record, as a power loss may leave them, are cut off', async () => {
  const { bytes, spoiled, folder } = await goodSegment()
  const path = spoiled(Buffer.concat([bytes, Buffer.alloc(10_000)]))
  const { segments, damaged } = await repairJournal(folder)
  expect(damaged).toMatchObject([{ kind: 'torn', offset: bytes.length, length: 10_000 }])
  expect(readFileSync(path)).toEqual(bytes)
  expect(await callsOf(segments[0]!)).toEqual(ENDS)
})

test('a body that holds records of another run is a body and nothing else', async () => {
  const folder = temporaryFolder()
  const other = readFileSync(await writeSegment(join(folder, 'other'), [answerOf(9)], { ...HEADER, runId: 'other' }))
  const hostile = { ...answerOf(1), body: other }
  const path = await writeSegment(join(folder, 'journal'), [hostile, answerOf(2)])
  const whole = await repairJournal(join(folder, 'journal'))
  expect(whole.damaged).toEqual([])
  expect(await callsOf(whole.segments[0]!)).toEqual([hostile, answerOf(2)])

  // And when its own header is unreadable, so that the reader looks for the next one inside the body.
  const bytes = readFileSync(path)
  const at = recordsIn(bytes)[1]!.at
  bytes[at + 6]! ^= 1
  writeFileSync(path, bytes)
  const damaged = await repairJournal(join(folder, 'journal'))
  expect((await callsOf(damaged.segments[0]!)).map(({ seq }) => seq)).toEqual([2, 1])
  expect(damaged.damaged).toMatchObject([{ kind: 'damaged', offset: at }])
})

describe('formats to come', () => {
  test('kinds of a later version are skipped', async () => {
    const folder = temporaryFolder()
    const path = await writeSegment(folder, [answerOf(1)])
    const later = encodeRecord(77, journalMark(HEADER.runId), 'not even {JSON}', Buffer.from('body'))
    writeFileSync(path, Buffer.concat([readFileSync(path), ...later]))
    const { segments, damaged } = await repairJournal(folder)
    expect(damaged).toEqual([])
    expect(await callsOf(segments[0]!)).toEqual([answerOf(1)])
  })

  test('keys of a later version in a known record are ignored', async () => {
    const folder = temporaryFolder()
    const path = await writeSegment(folder, [])
    const meta = JSON.stringify({ ...intentOf(1), more: true })
    writeFileSync(path, Buffer.concat([readFileSync(path), ...encodeRecord(2, journalMark(HEADER.runId), meta)]))
    const { segments } = await repairJournal(folder)
    expect(await callsOf(segments[0]!)).toEqual([{ kind: 'unknown', ...intentOf(1) }])
  })

  test('a segment of a newer format is refused by name and left alone', async () => {
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

  test('a record whose checksum holds and whose meta is wrong is damage', async () => {
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
  test.each([0, 1, 4095, 8191])('%i bytes: no call was sent, it is set aside', async (size) => {
    const folder = temporaryFolder()
    const path = join(folder, 'a.journal')
    writeFileSync(path, Buffer.alloc(size))
    const { segments, damaged } = await repairJournal(folder)
    expect(segments).toEqual([])
    expect(damaged).toMatchObject([{ kind: 'torn', path, length: size, keptAt: tornOf(path) }])
    expect(readdirSync(folder)).toEqual(['damaged'])
  })

  test('larger ones stay where they are and are named each time', async () => {
    const { bytes, spoiled, folder } = await goodSegment()
    const path = spoiled(Buffer.from(bytes).fill(0, 0, HEADS))
    for (const time of ['first', 'second']) {
      const { segments, damaged } = await repairJournal(folder)
      expect(segments, time).toEqual([])
      expect(damaged).toMatchObject([{ kind: 'headless', path, length: bytes.length }])
    }
    await expect(openSegment(path)).rejects.toThrow('no readable head')
  })

  test('a start that was interrupted leaves a part, which is removed', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a.journal.part'), 'x')
    expect(await repairJournal(folder)).toEqual({ segments: [], damaged: [] })
    expect(readdirSync(folder)).toEqual([])
  })

  test('no folder at all is nothing to recover', async () => {
    expect(await repairJournal(join(temporaryFolder(), 'none'))).toEqual({ segments: [], damaged: [] })
  })
})

describe('segments', () => {
  test('come oldest first; loaded ones are moved away, and do not come again', async () => {
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

  test('calls come in batches of at most 512, large bodies in smaller ones', async () => {
    const folder = temporaryFolder()
    const many = Array.from({ length: 1200 }, (_, index): Call => ({ kind: 'unknown', ...intentOf(index + 1) }))
    const large = [2001, 2002, 2003].map((seq) => answerOf(seq, 5 << 20))
    const segment = await openSegment(await writeSegment(folder, [...many, ...large]))
    const sizes: number[] = []
    for await (const batch of segment.calls()) sizes.push(batch.length)
    expect(sizes).toEqual([2, 512, 512, 177])
  })

  test('a good segment on disk is read as it is, without the folder being repaired', async () => {
    const { bytes, spoiled } = await goodSegment()
    const path = spoiled(bytes.subarray(0, -3))
    const calls = await callsOf(await openSegment(path))
    expect(calls).toEqual(expectedCalls(new Set([1, 2, 3, 4]), new Set([1, 2, 3])))
    expect(statSync(path).size).toBe(bytes.length - 3)
    expect(existsSync(tornOf(path))).toBe(false)
  })
})

test('a quarter of a gigabyte of rubbish is read in little memory', async () => {
  const folder = temporaryFolder()
  const path = await writeSegment(folder, [answerOf(1)])
  const size = statSync(path).size
  // Headers that promise much, then a hole; and a good record behind it all.
  const hollow = await open(path, 'r+')
  const [promise] = encodeRecord(3, journalMark(HEADER.runId), '{}')
  const lying = Buffer.from(promise!)
  lying.writeUInt32LE(0xffffffff, 16)
  lying.writeUInt32LE(crc32(lying.subarray(0, 24)), 24)
  await hollow.write(lying, 0, lying.length, size)
  const last = Buffer.concat(encodeRecord(2, journalMark(HEADER.runId), JSON.stringify(intentOf(2))))
  await hollow.write(last, 0, last.length, size + (1 << 28))
  await hollow.close()
  const before = process.memoryUsage().rss
  const { segments, damaged } = await repairJournal(folder)
  expect(damaged).toMatchObject([{ kind: 'damaged', offset: size, length: 1 << 28 }])
  expect((await callsOf(segments[0]!)).map(({ kind }) => kind)).toEqual(['answer', 'unknown'])
  expect(process.memoryUsage().rss - before).toBeLessThan(150 << 20)
})
