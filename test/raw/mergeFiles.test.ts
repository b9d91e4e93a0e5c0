import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { all, openDatabase } from '../../src/core/duckdb.js'
import type { Call, RunHeader } from '../../src/model/call.js'
import { openPart, rawRow, writePart, ANSWERS } from '../../src/raw/callTables.js'
import { rawFiles, rawFolder, rawRuns } from '../../src/raw/files.js'
import { readManifest, writeManifest } from '../../src/raw/manifest.js'
import { MANY_FILES, mergeSmallFiles } from '../../src/raw/mergeFiles.js'
import { RawStore } from '../../src/raw/readCalls.js'
import { sealedCalls } from '../../src/raw/sealedCalls.js'
import { sweepRaw } from '../../src/raw/sweepRaw.js'
import { makeFolder } from '../../src/core/atomicFile.js'
import { temporaryFolder } from '../support/folder.js'

const NIGHT = Date.UTC(2026, 0, 1, 18)
const at = (night: number): number => NIGHT + night * 86_400_000
const AFTER = Date.UTC(2026, 4, 1)

function header(night: number): RunHeader {
  const stamp = new Date(at(night)).toISOString().replace(/[-:]|\.\d+/g, '')
  return { runId: `${stamp}-0000`, startedAt: at(night), pipeline: 'p', simulated: true, host: 'h' }
}

/** Writes the answers of some nights, two ids each, as sealing does. */
async function nights(raw: string, count: number): Promise<void> {
  const database = await openDatabase(':memory:')
  try {
    for (let night = 0; night < count; night += 1) {
      const run = header(night)
      const part = await openPart(database.connection, ANSWERS)
      for (const [seq, id] of [
        [2, 'a'],
        [1, 'b'],
      ] as const) {
        const body = Buffer.from(`{"night":${night},"id":"${id}"}`)
        const times = { sentAt: at(night), receivedAt: at(night) + 5, ms: 5 }
        const answer: Call = {
          kind: 'answer',
          seq,
          id,
          attempt: 1,
          ...times,
          status: 200,
          contentType: null,
          retryAfter: null,
          body,
        }
        part.append(rawRow(run, answer))
      }
      part.close()
      const folder = rawFolder(raw, 'answers', run.runId)
      await makeFolder(folder)
      await writePart(database.connection, ANSWERS, join(folder, 'part-00000.parquet'), 2)
    }
  } finally {
    await database.close()
  }
}

function textOf({ runId }: RunHeader, call: Call): string {
  return `${runId} ${call.seq} ${call.id} ${call.kind === 'answer' ? String(call.body) : ''}`
}

async function callsIn(raw: string): Promise<string[]> {
  const store = await RawStore.open(raw)
  const calls: string[] = []
  try {
    for await (const run of store.runs()) {
      for await (const batch of run.calls()) {
        for (const call of batch) calls.push(textOf(run.header, call))
      }
    }
  } finally {
    await store.close()
  }
  return calls
}

async function checksums(raw: string): Promise<unknown[]> {
  const database = await openDatabase(':memory:')
  try {
    return await all(
      database.connection,
      `SELECT checksum FROM read_parquet('${raw}/answers/**/*.parquet', hive_partitioning = false) ORDER BY ALL`,
    )
  } finally {
    await database.close()
  }
}

function partsIn(raw: string): string[] {
  return readdirSync(raw, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.parquet'))
    .sort()
}

describe('small files of past months', () => {
  test('become one a month, with the same rows and checksums; a few stay as they are', async () => {
    const raw = join(temporaryFolder(), 'raw')
    await nights(raw, MANY_FILES - 1)
    expect(await mergeSmallFiles(raw, join(raw, '../temp'), AFTER)).toBe(0)
    await nights(raw, 40)
    const [before, sums] = [await callsIn(raw), await checksums(raw)]
    expect(before).toHaveLength(80)

    // The files of the month that has not ended stay.
    expect(await mergeSmallFiles(raw, join(raw, '../temp'), Date.UTC(2026, 1, 20))).toBe(31)
    expect(await callsIn(raw)).toEqual(before)
    expect(await mergeSmallFiles(raw, join(raw, '../temp'), AFTER)).toBe(0)
    expect(partsIn(raw)).toHaveLength(1 + 9)
    expect(partsIn(raw)[0]).toBe('answers/date=2026-01/run=all/part-00000.parquet')
    expect(readdirSync(join(raw, 'answers'))).toHaveLength(1 + 9)
    expect(await checksums(raw)).toEqual(sums)
    expect(await rawRuns(raw, 'answers')).toHaveLength(40)
  })

  test('a damaged row stops it, and nothing changes', async () => {
    const raw = join(temporaryFolder(), 'raw')
    await nights(raw, MANY_FILES)
    const [first] = await rawFiles(raw, 'answers', header(0).runId)
    const database = await openDatabase(':memory:')
    const { connection } = database
    await connection.run(`CREATE TABLE t AS FROM read_parquet('${first}', hive_partitioning = false)`)
    await connection.run(`UPDATE t SET status = 500`)
    await connection.run(`COPY t TO '${first}' (FORMAT parquet)`)
    await database.close()
    const before = partsIn(raw)
    await expect(mergeSmallFiles(raw, join(raw, '../temp'), AFTER)).rejects.toThrow('does not match its checksum')
    expect(partsIn(raw)).toEqual(before)
    expect(await readManifest(raw)).toMatchObject({ merged: {} })
  })

  test('a copy that is left of a merged file or a run counts once, and is swept', async () => {
    const folder = temporaryFolder()
    const raw = join(folder, 'raw')
    await nights(raw, MANY_FILES)
    const before = await callsIn(raw)
    cpSync(raw, join(folder, 'old'), { recursive: true })
    await mergeSmallFiles(raw, join(folder, 'temp'), AFTER)
    const merged = partsIn(raw)

    // Cut off before the small files were removed.
    cpSync(join(folder, 'old'), raw, { recursive: true })
    expect(partsIn(raw)).toHaveLength(MANY_FILES + 1)
    expect(await callsIn(raw)).toEqual(before)
    await sweepRaw(raw)
    expect(partsIn(raw)).toEqual(merged)
    expect(await callsIn(raw)).toEqual(before)

    // Cut off before the manifest.
    cpSync(join(folder, 'old'), raw, { recursive: true })
    await writeManifest(raw, { version: 1, merged: {}, base: null })
    expect(await callsIn(raw)).toEqual(before)
    await sweepRaw(raw)
    expect(partsIn(raw)).toHaveLength(MANY_FILES)
    expect(await callsIn(raw)).toEqual(before)
  })

  test('a merged file whose rows are nowhere else stays, and a damaged or lost manifest is an error', async () => {
    const raw = join(temporaryFolder(), 'raw')
    await nights(raw, MANY_FILES)
    await mergeSmallFiles(raw, join(raw, '../temp'), AFTER)
    const merged = partsIn(raw)
    await writeManifest(raw, { version: 1, merged: {}, base: null })
    await sweepRaw(raw)
    expect(partsIn(raw)).toEqual(merged)
    expect(existsSync(join(raw, merged[0]!))).toBe(true)
    writeFileSync(join(raw, 'manifest.json'), '{"version": 1')
    await expect(rawRuns(raw, 'answers')).rejects.toThrow(`damaged: ${join(raw, 'manifest.json')}: this is not JSON; `)

    const lost = `missing: ${join(raw, 'manifest.json')}, which says what counts in `
    rmSync(join(raw, 'manifest.json'))
    await expect(sweepRaw(raw)).rejects.toThrow(lost + join(raw, 'answers/date=2026-01/run=all'))
    rmSync(join(raw, 'answers'), { recursive: true })
    expect(await rawRuns(raw, 'answers')).toEqual([])
    mkdirSync(join(raw, 'base', header(0).runId), { recursive: true })
    await expect(rawRuns(raw, 'answers')).rejects.toThrow(lost + join(raw, 'base'))
  })

  test('what is read without the lock is complete when a run merges or drops the files meanwhile', async () => {
    const folder = temporaryFolder()
    const raw = join(folder, 'raw')
    await nights(raw, MANY_FILES)
    const expected = (await callsIn(raw)).sort()
    const whileReading = async (meanwhile: () => Promise<unknown>): Promise<string[]> => {
      const found: string[] = []
      for await (const { header, call } of sealedCalls(raw)) {
        if (found.push(textOf(header, call)) === 1) await meanwhile()
      }
      return found.sort()
    }
    expect(await whileReading(() => mergeSmallFiles(raw, join(folder, 'temp'), AFTER))).toEqual(expected)

    // In place of the merged file, one without the first run.
    const manifest = await readManifest(raw)
    const [[path, [first, ...runs]]] = Object.entries(manifest.merged) as [[string, [string, ...string[]]]]
    const left = path.replace('00000', '00001')
    const drop = async (): Promise<void> => {
      renameSync(join(raw, path), join(raw, left))
      await writeManifest(raw, { ...manifest, merged: { [left]: runs } })
    }
    const dropped = await whileReading(drop)
    expect(dropped.filter((each) => !each.startsWith(first))).toEqual(
      expected.filter((each) => !each.startsWith(first)),
    )

    rmSync(join(raw, left))
    await expect(whileReading(() => Promise.resolve())).rejects.toThrow(`damaged: ${join(raw, left)}`)
  })
})
