import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LocalError } from '../../src/core/errors.js'
import { openJournal } from '../../src/journal/journal.js'
import { HEAD_BYTES } from '../../src/journal/record.js'
import { openSegment } from '../../src/journal/segmentReader.js'
import { temporaryFolder } from '../support/folder.js'
import { answerOf, callsOf, HEADER, intentOf, noAnswerOf, writeSegment } from './calls.js'

describe('a journal', () => {
  test('returns what was written, byte for byte', async () => {
    const ends = [answerOf(1), noAnswerOf(2), answerOf(3, 0 + 20), noAnswerOf(4, Buffer.from('part of a body'))]
    const segment = await openSegment(await writeSegment(temporaryFolder(), ends))
    expect(segment.header).toEqual(HEADER)
    expect(await callsOf(segment)).toEqual(ends)
  })

  test('gets its final name only after its head was written, and has the head twice', async () => {
    const folder = join(temporaryFolder(), 'state', 'journal')
    const journal = await openJournal(folder, HEADER)
    expect(readdirSync(folder)).toEqual([`${HEADER.runId}.journal`, `${HEADER.runId}.journal.spare`])
    expect(journal.path).toBe(join(folder, `${HEADER.runId}.journal`))
    const bytes = readFileSync(journal.path)
    expect(bytes.length).toBe(2 * HEAD_BYTES)
    expect(bytes.subarray(0, HEAD_BYTES)).toEqual(bytes.subarray(HEAD_BYTES))
    await journal.close()
  })

  test('resolves only when the record is in the file', async () => {
    const journal = await openJournal(temporaryFolder(), HEADER)
    await journal.intent(intentOf(1))
    const size = statSync(journal.path).size
    expect(size).toBeGreaterThan(2 * HEAD_BYTES)
    await journal.end(answerOf(1))
    expect(statSync(journal.path).size).toBeGreaterThan(size + 300)
    await journal.close()
  })

  test('refuses records after close, and can be closed twice', async () => {
    const journal = await openJournal(temporaryFolder(), HEADER)
    await journal.close()
    await journal.close()
    await expect(journal.intent(intentOf(1))).rejects.toThrow('closed')
  })

  test('keeps the order in which many callers wrote', async () => {
    const journal = await openJournal(temporaryFolder(), HEADER)
    const seqs = Array.from({ length: 500 }, (_, index) => index + 1)
    await Promise.all(
      seqs.map(async (seq) => {
        await journal.intent(intentOf(seq))
        await journal.end(answerOf(seq))
      }),
    )
    await journal.close()
    const calls = await callsOf(await openSegment(journal.path))
    expect(calls.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(seqs)
    expect(new Set(calls.map(({ kind }) => kind))).toEqual(new Set(['answer']))
  })
})

describe('a journal that cannot be written', () => {
  test('a second one of the same run is refused', async () => {
    const folder = temporaryFolder()
    await writeSegment(folder, [answerOf(1)])
    await expect(openJournal(folder, HEADER)).rejects.toThrow(LocalError)
    expect(await callsOf(await openSegment(join(folder, `${HEADER.runId}.journal`)))).toHaveLength(1)
  })

  test('a folder that is a file: one line with the absolute path', async () => {
    const folder = join(temporaryFolder(), 'journal')
    writeFileSync(folder, '')
    await expect(openJournal(folder, HEADER)).rejects.toThrow(
      expect.objectContaining({ name: 'LocalError', exitCode: 7, message: expect.stringContaining(folder) as string }),
    )
  })

  test('a read-only folder leaves nothing behind', async ({ skip }) => {
    skip(process.getuid?.() === 0, 'no mode counts for root')
    const folder = join(temporaryFolder(), 'journal')
    mkdirSync(folder)
    chmodSync(folder, 0o500)
    await expect(openJournal(folder, HEADER)).rejects.toThrow(LocalError)
    expect(readdirSync(folder)).toEqual([])
  })
})

test('a head that is too long is refused, not truncated', async () => {
  const folder = temporaryFolder()
  await expect(openJournal(folder, { ...HEADER, host: 'x'.repeat(5000) })).rejects.toThrow(LocalError)
  const handle = await open(folder, 'r')
  await handle.close()
  expect(readdirSync(folder)).toEqual([])
})
