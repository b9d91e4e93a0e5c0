import { appendFileSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeHeader, HEAD_BYTES, HEAD_COPIES, HEADER_BYTES, KIND } from '../../src/journal/record.js'
import { repairJournal } from '../../src/journal/repairJournal.js'
import type { Call } from '../../src/model/call.js'
import { callsOf } from '../journal/calls.js'
import { filesBelow, journalFiles, SMALL, Sandbox, useSandboxes } from './sandbox.js'
import { sample, seededRandom, stride } from './size.js'
import { Tally } from './tally.js'
import { runTrial } from './trial.js'

useSandboxes()

interface RecordAt {
  readonly at: number
  readonly end: number
  readonly kind: number
}

/** The places of the records in a journal file. */
function recordsIn(bytes: Buffer): RecordAt[] {
  const records: RecordAt[] = []
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const header = decodeHeader(bytes, at)
    if (!header) break
    const end = at + HEADER_BYTES + header.metaBytes + header.bodyBytes
    if (end > bytes.length) break
    records.push({ at, end, kind: header.kind })
    at = end
  }
  return records
}

/** A run that dies when about half of its calls are answered. */
const crash = (sandbox: Sandbox) => sandbox.run({ failAt: { at: 14, how: 'kill', only: ['writev', 'datasync'] } })

/** The one segment that the run left when it died. */
function segmentOf(sandbox: Sandbox): string {
  return journalFiles(sandbox.data).find((path) => path.endsWith('.journal'))!
}

/** A real segment, and a folder for damaged copies of it. */
const real: { name: string; bytes: Buffer; records: RecordAt[]; folder: string; calls: Call[] } = {
  name: '',
  bytes: Buffer.alloc(0),
  records: [],
  folder: mkdtempSync(join(tmpdir(), 'creator-enrich-journal-')),
  calls: [],
}

beforeAll(async () => {
  const sandbox = await Sandbox.open({ ...SMALL, start: 'empty' })
  await crash(sandbox)
  const path = segmentOf(sandbox)
  real.bytes = readFileSync(path)
  await sandbox.close()
  real.name = basename(path)
  real.records = recordsIn(real.bytes)
  real.calls = (await recovered(real.bytes)).calls
})
afterAll(() => rmSync(real.folder, { recursive: true, force: true }))

async function recovered(bytes: Buffer) {
  const folder = join(real.folder, 'journal')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  writeFileSync(join(folder, real.name), bytes)
  const { segments, damaged } = await repairJournal(folder)
  const calls = (await Promise.all(segments.map(callsOf))).flat()
  const kept = filesBelow(folder).map((path) => readFileSync(path))
  return { calls, damaged, kept, folder }
}

/** The kind of each call, by its number. */
function kindsOf(calls: readonly Call[]): Map<number, string> {
  return new Map(calls.map(({ seq, kind }) => [seq, kind]))
}

const known = new Map<string, Map<number, string>>()

/** The same for a journal that holds only these records. */
async function kindsIn(records: readonly RecordAt[]): Promise<Map<number, string>> {
  const key = records.map(({ at }) => at).join()
  const bytes = Buffer.concat(records.map(({ at, end }) => real.bytes.subarray(at, end)))
  const kinds = known.get(key) ?? kindsOf((await recovered(bytes)).calls)
  known.set(key, kinds)
  return kinds
}

test('a journal cut at any byte of its last three records: whole records are kept, the rest is set aside', async () => {
  const from = real.records.at(-3)!.at
  for (const length of stride(real.bytes.length - from, sample(60, Infinity)).map((offset) => from + offset - 1)) {
    const whole = real.records.filter(({ end }) => end <= length)
    const { calls, kept, folder } = await recovered(real.bytes.subarray(0, length))
    expect((await repairJournal(folder)).damaged, 'the tail was repaired').toEqual([])
    expect(kindsOf(calls), `cut at ${length}`).toEqual(await kindsIn(whole))
    expect(kept.reduce((sum, bytes) => sum + bytes.length, 0)).toBe(length)
  }
})

test('one flipped byte anywhere: only its record is lost, the damage is reported, every byte is kept', async () => {
  const random = seededRandom(6)
  for (let flip = 0; flip < sample(40, 1000); flip += 1) {
    const offset = Math.floor(random() * real.bytes.length)
    const bytes = Buffer.from(real.bytes)
    bytes[offset]! ^= 1 << Math.floor(random() * 8)
    const { calls, damaged, kept } = await recovered(bytes)
    const others = real.records.filter(({ at, end }) => offset < at || offset >= end)
    expect(kindsOf(calls), `byte ${offset}`).toEqual(await kindsIn(others))
    expect(damaged).toHaveLength(1)
    const [{ offset: start, length }] = damaged as [(typeof damaged)[number]]
    expect(offset >= start && offset < start + length, `byte ${offset} in ${start} + ${length}`).toBe(true)
    expect(kept.reduce((sum, each) => sum + each.length, 0)).toBe(bytes.length)
  }
})

test('a journal that ends with a part of a record', async ({ task }) => {
  const tally = new Tally(task)
  const longest = Math.max(...real.records.map(({ at, end }) => (at < HEAD_BYTES * HEAD_COPIES ? 0 : end - at)))
  for (const length of stride(longest - 1, sample(1, 40))) {
    const verdict = await runTrial({ ...SMALL, start: 'empty' }, async (sandbox) => {
      const ended = await crash(sandbox)
      const path = segmentOf(sandbox)
      const bytes = readFileSync(path)
      const torn = recordsIn(bytes).findLast(({ kind }) => kind === KIND.answer)!
      appendFileSync(path, bytes.subarray(torn.at, Math.min(torn.end - 1, torn.at + length)))
      return ended
    })
    tally.add(`${length} bytes of a record at the end`, verdict)
  }
  tally.judge()
})

test('a flipped byte in a paid answer: its call is listed, the damage is reported, the damaged bytes are kept', async ({
  task,
}) => {
  const tally = new Tally(task)
  const random = seededRandom(7)
  for (let flip = 0; flip < sample(1, 30); flip += 1) {
    const damaged: Buffer[] = []
    const options = { ...SMALL, start: 'empty' } as const
    const verdict = await runTrial(
      options,
      async (sandbox) => {
        const ended = await crash(sandbox)
        const path = segmentOf(sandbox)
        const bytes = readFileSync(path)
        const answers = recordsIn(bytes).filter(({ kind }) => kind === KIND.answer)
        const { at, end } = answers[Math.floor(random() * answers.length)]!
        bytes[at + Math.floor(random() * (end - at))]! ^= 1
        writeFileSync(path, bytes)
        const next = await sandbox.runAgain()
        const kept = filesBelow(sandbox.data).some((file) => readFileSync(file).includes(bytes.subarray(at, end)))
        if (!kept) damaged.push(bytes)
        expect(next.stderr).toMatch(/a journal (has unreadable records|ends in an unfinished record)/)
        return [ended, next]
      },
      { unknown: SMALL.concurrency + 1 },
    )
    if (damaged.length > 0) verdict.breaches.push('the damaged bytes are gone')
    tally.add(`flip ${flip + 1}`, verdict)
  }
  tally.judge()
})
