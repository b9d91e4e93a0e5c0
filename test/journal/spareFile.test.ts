import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LocalError } from '../../src/core/errors.js'
import { openJournal, type Journal } from '../../src/journal/journal.js'
import { encodeEnd, HEAD_BYTES, journalMark } from '../../src/journal/record.js'
import { repairJournal } from '../../src/journal/repairJournal.js'
import type { Call } from '../../src/model/call.js'
import { temporaryFolder } from '../support/folder.js'
import { answerOf, callsOf, HEADER, intentOf, noAnswerOf, writeSegment } from './calls.js'

const MIB = 1 << 20
const NAME = `${HEADER.runId}.journal`

/** A segment with these calls and a spare file with these ends, as a killed run leaves them. */
async function withSpare(folder: string, calls: readonly Call[], kept: Parameters<typeof encodeEnd>[1][]) {
  const path = await writeSegment(folder, calls)
  const head = readFileSync(path).subarray(0, 2 * HEAD_BYTES)
  const pieces = kept.flatMap((end) => encodeEnd(journalMark(HEADER.runId), end))
  writeFileSync(`${path}.spare`, Buffer.concat([head, ...pieces, Buffer.alloc(MIB)]))
  return path
}

describe('a spare file', () => {
  test('takes up disk space beside the open segment, and is removed at close', async () => {
    const folder = temporaryFolder()
    const journal = await openJournal(folder, HEADER, MIB)
    const spare = statSync(`${journal.path}.spare`)
    expect(spare.size).toBe(2 * HEAD_BYTES + MIB)
    expect(spare.blocks * 512).toBeGreaterThanOrEqual(MIB)
    await journal.close()
    expect(readdirSync(folder)).toEqual([NAME])
  })

  test('without a record, as after kill -9, is removed without a warning', async () => {
    const folder = temporaryFolder()
    await withSpare(folder, [answerOf(1)], [])
    const { segments, damaged } = await repairJournal(folder)
    expect(damaged).toEqual([])
    expect(await callsOf(segments[0]!)).toEqual([answerOf(1)])
    expect(readdirSync(folder)).toEqual([NAME])
  })

  test.each([0, 100, 8192, 20_000])(
    'that was cut to %i bytes at its creation is removed without a warning',
    async (size) => {
      const folder = temporaryFolder()
      const path = await withSpare(folder, [], [])
      writeFileSync(`${path}.spare`, readFileSync(`${path}.spare`).subarray(0, size))
      expect((await repairJournal(folder)).damaged).toEqual([])
      expect(readdirSync(folder)).toEqual([NAME])
      rmSync(path)
      writeFileSync(`${path}.spare`, Buffer.alloc(size))
      expect(await repairJournal(folder)).toEqual({ segments: [], damaged: [] })
      expect(readdirSync(folder)).toEqual([])
    },
  )

  test('gives its ends to the segment: no call stays unknown if its end is in the spare file, none comes twice', async () => {
    const folder = temporaryFolder()
    const unknown: Call = { kind: 'unknown', ...intentOf(4) }
    const calls: Call[] = [answerOf(1), { kind: 'unknown', ...intentOf(2) }, { kind: 'unknown', ...intentOf(3) }]
    await withSpare(folder, [...calls, unknown], [answerOf(1), answerOf(2), noAnswerOf(3)])
    for (const time of ['first', 'second']) {
      const { segments, damaged } = await repairJournal(folder)
      expect(damaged).toEqual([])
      expect(segments, time).toHaveLength(1)
      expect(await callsOf(segments[0]!)).toEqual([answerOf(1), answerOf(2), noAnswerOf(3), unknown])
      expect(readdirSync(folder)).toEqual([NAME])
    }
  })

  test('is recovered again after a recovery that was killed', async () => {
    const folder = temporaryFolder()
    const path = await withSpare(folder, [answerOf(1)], [answerOf(2), answerOf(3)])
    const torn = encodeEnd(journalMark(HEADER.runId), answerOf(3)).map((piece) => Buffer.from(piece).subarray(0, 40))
    writeFileSync(path, Buffer.concat([...encodeEnd(journalMark(HEADER.runId), answerOf(2)), ...torn]), { flag: 'a' })
    const { segments } = await repairJournal(folder)
    expect(await callsOf(segments[0]!)).toEqual([answerOf(1), answerOf(2), answerOf(3)])
    expect((await repairJournal(folder)).damaged).toEqual([])
  })

  test('without its segment becomes the segment', async () => {
    const folder = temporaryFolder()
    rmSync(await withSpare(folder, [answerOf(1)], [answerOf(2)]))
    const { segments, damaged } = await repairJournal(folder)
    expect(damaged).toEqual([])
    expect(segments[0]!.header).toEqual(HEADER)
    expect(await callsOf(segments[0]!)).toEqual([answerOf(2)])
  })

  test('with an unfinished record is kept and reported', async () => {
    const folder = temporaryFolder()
    const path = await withSpare(folder, [], [answerOf(1), answerOf(2)])
    const bytes = readFileSync(`${path}.spare`)
    bytes[bytes.length - MIB - 1]! ^= 1
    writeFileSync(`${path}.spare`, bytes)
    const { segments, damaged } = await repairJournal(folder)
    expect(await callsOf(segments[0]!)).toEqual([answerOf(1)])
    expect(damaged).toMatchObject([
      { kind: 'torn', path: `${path}.spare`, keptAt: join(dirname(path), 'damaged', `${basename(path)}.spare.torn`) },
    ])
    expect((await repairJournal(folder)).damaged).toEqual([])
  })
})

/** Writes a call whose end comes after the journal file was taken away. Returns the error of `close`. */
async function endAfter(journal: Journal, takeAway: () => void): Promise<LocalError> {
  await journal.intent(intentOf(1))
  await journal.end(answerOf(1))
  await journal.intent(intentOf(2))
  takeAway()
  await journal.end(answerOf(2))
  await expect(journal.intent(intentOf(3))).rejects.toThrow(LocalError)
  expect(journal.failure).toBeInstanceOf(LocalError)
  return journal.close().then(
    () => expect.unreachable('close must reject'),
    (error: unknown) => error as LocalError,
  )
}

describe('a journal whose file is taken away', () => {
  test.each<[string, (folder: string) => void]>([
    ['deleted', (folder) => rmSync(join(folder, NAME))],
    ['deleted with its folders', (folder) => rmSync(dirname(folder), { recursive: true })],
    ['moved', (folder) => renameSync(join(folder, NAME), join(folder, 'elsewhere'))],
    ['moved with its folders', (folder) => renameSync(dirname(folder), `${dirname(folder)}-old`)],
  ])('%s: its content is written again, and the next run finds it', async (_, takeAway) => {
    const folder = join(temporaryFolder(), 'state', 'journal')
    const { message } = await endAfter(await openJournal(folder, HEADER, MIB), () => takeAway(folder))
    expect(message).toBe(
      `the journal was deleted or moved: ${join(folder, NAME)}: its whole content was written again; sending stopped, ` +
        '2 answers of this run are safe: put back what else is missing, then run the same command again',
    )
    const { segments, damaged } = await repairJournal(folder)
    expect(damaged).toEqual([])
    expect(await callsOf(segments[0]!)).toEqual([answerOf(1), answerOf(2)])
  })

  test('is noticed at close, after the last answer', async () => {
    const folder = temporaryFolder()
    const journal = await openJournal(folder, HEADER, MIB)
    await journal.end(answerOf(1))
    rmSync(journal.path)
    await expect(journal.close()).rejects.toThrow('1 answer of this run is safe')
    expect(await callsOf((await repairJournal(folder)).segments[0]!)).toEqual([answerOf(1)])
  })

  test('and replaced by a folder: its content goes to the folder for temporary files, which the error names', async () => {
    const folder = temporaryFolder()
    const journal = await openJournal(folder, { ...HEADER, runId: `test-${process.pid}` }, MIB)
    const aside = join(tmpdir(), `test-${process.pid}.journal`)
    onTestFinished(() => rmSync(aside, { force: true }))
    const { message } = await endAfter(journal, () => {
      rmSync(journal.path)
      mkdirSync(journal.path)
    })
    expect(message).toContain(
      `its whole content is now in ${aside}; sending stopped, 2 answers of this run are safe: move`,
    )
    expect(existsSync(aside)).toBe(true)
  })
})
