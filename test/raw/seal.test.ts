import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { all, quotedText, openDatabase } from '../../src/core/duckdb.js'
import { LocalError } from '../../src/core/errors.js'
import { openSegment, type Segment } from '../../src/journal/segmentReader.js'
import type { Call } from '../../src/model/call.js'
import { rawFiles, rawFolder } from '../../src/raw/files.js'
import { RawStore } from '../../src/raw/readCalls.js'
import { seal } from '../../src/raw/seal.js'
import { answerOf, HEADER, intentOf, noAnswerOf, writeSegment } from '../journal/calls.js'
import { temporaryFolder } from '../support/folder.js'

const { runId } = HEADER

async function segmentOf(calls: readonly Call[]): Promise<{ segment: Segment; raw: string; temp: string }> {
  const folder = temporaryFolder()
  const segment = await openSegment(await writeSegment(join(folder, 'journal'), calls))
  return { segment, raw: join(folder, 'raw'), temp: join(folder, 'temp') }
}

/** Everything that `raw/` holds, bodies as plain buffers. */
async function sealedIn(raw: string): Promise<{ header: unknown; size: number; calls: Call[] }[]> {
  const store = await RawStore.open(raw)
  try {
    const runs = []
    for await (const run of store.runs()) {
      const calls: Call[] = []
      for await (const batch of run.calls()) calls.push(...batch)
      runs.push({ header: run.header, size: run.size, calls: calls.map(withBuffers) })
    }
    return runs
  } finally {
    await store.close()
  }
}

function withBuffers(call: Call): Call {
  if (call.kind === 'answer') return { ...call, body: Buffer.from(call.body) }
  return call.kind === 'no_answer' && call.part ? { ...call, part: Buffer.from(call.part) } : call
}

/** Not in the order in which the calls ended. */
const ANSWERS = [7, 3, 5, 1].map((seq) => answerOf(seq, 4000))
const OTHERS: Call[] = [
  { ...noAnswerOf(6), fault: 'timeout' },
  { kind: 'unknown', ...intentOf(2) },
  noAnswerOf(4, Buffer.from('{"half')),
]

test('raw/ returns the calls of a segment unchanged, answers and other calls each ordered by id', async () => {
  const options = await segmentOf([...ANSWERS, ...OTHERS])
  await seal(options.segment, options)
  const byId = (calls: readonly Call[]) => [...calls].sort((one, other) => one.seq - other.seq)
  expect(await sealedIn(options.raw)).toEqual([{ header: HEADER, size: 7, calls: [...byId(ANSWERS), ...byId(OTHERS)] }])
  expect(rawFolder(options.raw, 'answers', runId)).toBe(join(options.raw, 'answers', 'date=2026-11-22', `run=${runId}`))
  expect(existsSync(options.temp)).toBe(false)
})

test('an answer of 0 bytes and one with every byte value keep their bodies', async () => {
  const bodies = [Buffer.alloc(0), Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))]
  const options = await segmentOf(bodies.map((body, at) => ({ ...answerOf(at + 1), body })))
  await seal(options.segment, options)
  const [run] = await sealedIn(options.raw)
  expect(run!.calls.map((call) => call.kind === 'answer' && call.body)).toEqual(bodies)
})

test('sealing a second time, as after a crash, leaves the same files', async () => {
  const options = await segmentOf([...ANSWERS, ...OTHERS])
  await seal(options.segment, options)
  const [file] = await rawFiles(options.raw, 'answers', runId)
  const before = readFileSync(file!)
  rmSync((await rawFiles(options.raw, 'calls', runId))[0]!)
  writeFileSync(`${file!}.part`, 'what a crash left')
  await seal(options.segment, options)
  expect(readFileSync(file!).equals(before)).toBe(true)
  expect(readdirSync(rawFolder(options.raw, 'answers', runId))).toEqual(['part-00000.parquet'])
  expect((await sealedIn(options.raw))[0]!.size).toBe(7)
})

test('many calls make several files, each ordered by id', async () => {
  const many = Array.from({ length: 20_001 }, (_, n): Call => ({ kind: 'unknown', ...intentOf(20_001 - n) }))
  const options = await segmentOf(many)
  await seal(options.segment, options)
  expect(await rawFiles(options.raw, 'calls', runId)).toHaveLength(2)
  expect(await rawFiles(options.raw, 'answers', runId)).toEqual([])
  const [run] = await sealedIn(options.raw)
  const seqs = run!.calls.map(({ seq }) => seq)
  expect(seqs).toHaveLength(20_001)
  const [first, second] = [seqs.slice(0, 20_000), seqs.slice(20_000)]
  expect(first).toEqual(first.toSorted((a, b) => a - b))
  expect([...first, ...second].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20_001 }, (_, n) => n + 1))
})

test('a run that made no call leaves nothing in raw/', async () => {
  const options = await segmentOf([])
  await seal(options.segment, options)
  expect(existsSync(options.raw)).toBe(false)
})

test('a raw/ that cannot be written: the error is one line, and the segment stays', async () => {
  const options = await segmentOf(ANSWERS)
  writeFileSync(options.raw, 'a file in the way')
  const sealing = seal(options.segment, options)
  await expect(sealing).rejects.toThrow(LocalError)
  await expect(sealing).rejects.toThrow(`cannot seal ${options.segment.path} to ${options.raw}`)
  expect(existsSync(options.segment.path)).toBe(true)
})

/** Changes the rows of a sealed file by an SQL expression, as another program might do. */
async function tamper(file: string, replace: string): Promise<void> {
  const database = await openDatabase(':memory:')
  const changed = `${file}.changed`
  await database.connection.run(
    `COPY (SELECT * REPLACE (${replace}) FROM read_parquet(${quotedText(file)}, hive_partitioning = false))
     TO ${quotedText(changed)} (FORMAT parquet)`,
  )
  await database.close()
  writeFileSync(file, readFileSync(changed))
  rmSync(changed)
}

test.each([
  ['a body', `'{}'::BLOB AS body`, '4 rows do not match their checksum'],
  ['an id', `'5f0000000000000000000009' AS user_id`, '4 rows do not match their checksum'],
  ['a time', `received_at + INTERVAL 1 SECOND AS received_at`, '4 rows do not match their checksum'],
  ['one body', `if(seq = 1, '{}'::BLOB, body) AS body`, '1 row does not match its checksum'],
])('%s that changed since it was sealed is reported, not loaded', async (_, replace, fault) => {
  const options = await segmentOf(ANSWERS)
  await seal(options.segment, options)
  const [file] = await rawFiles(options.raw, 'answers', runId)
  await tamper(file!, replace)
  const reading = sealedIn(options.raw)
  await expect(reading).rejects.toThrow(LocalError)
  await expect(reading).rejects.toThrow(`damaged: ${file!}: ${fault}`)
})

test('a file that is cut off is reported', async () => {
  const options = await segmentOf(ANSWERS)
  await seal(options.segment, options)
  const [file] = await rawFiles(options.raw, 'answers', runId)
  writeFileSync(file!, readFileSync(file!).subarray(0, -100))
  await expect(sealedIn(options.raw)).rejects.toThrow(`damaged: ${file!}`)
})

test('the checksum can be checked by SQL alone, as docs/raw.md says', async () => {
  const options = await segmentOf(ANSWERS)
  await seal(options.segment, options)
  const page = readFileSync(new URL('../../docs/raw.md', import.meta.url), 'utf8')
  const sql = /```sql\n(SELECT[^`]*checksum[^`]*)```/.exec(page)![1]!
  const database = await openDatabase(':memory:')
  const files = join(options.raw, 'answers', '**', '*.parquet')
  const rows = await all(database.connection, sql.replaceAll('data/raw/answers/**/*.parquet', files))
  await database.close()
  expect(rows).toEqual([{ answers: 4, intact: 4 }])
})

test.each([
  ['3,000 of 12 kB', 3000, 12_000],
  ['400 of 60 kB', 400, 60_000],
  ['3 of 12 MB', 3, 12 << 20],
])('bodies that do not compress, %s, can be sealed and read again', async (_, count, bytes) => {
  const bodies = Array.from({ length: count }, (_, n) => ({ ...answerOf(n + 1), body: randomBytes(bytes) }))
  const options = await segmentOf(bodies)
  await seal(options.segment, options)
  const store = await RawStore.open(options.raw)
  let read = 0
  for await (const run of store.runs()) for await (const batch of run.calls()) read += batch.length
  await store.close()
  expect(read).toBe(count)
})

test('an older copy of a segment does not replace the sealed calls', async () => {
  const options = await segmentOf([...ANSWERS, ...OTHERS])
  await seal(options.segment, options)
  const older = await segmentOf(ANSWERS.slice(0, 2))
  expect(await seal(older.segment, { raw: options.raw, temp: older.temp })).toBe(false)
  expect((await sealedIn(options.raw))[0]!.size).toBe(7)
})
