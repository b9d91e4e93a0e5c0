import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { requireReadable } from '../core/absent.js'
import { makeFolder, replaceFile } from '../core/atomicFile.js'
import { all, openDatabase, quotedText, type Connection } from '../core/duckdb.js'
import type { Effects } from '../core/effects.js'
import { LocalError, messageOf } from '../core/errors.js'
import { sharedMemory } from '../core/memory.js'
import { remedyFor } from '../core/remedyFor.js'
import type { Layout } from '../dataFolder/layout.js'
import { damagedBytes, listSegments, type Damage } from '../journal/repairJournal.js'
import type { Gap } from '../journal/scan.js'
import type { Segment } from '../journal/segmentReader.js'
import type { Call, RunHeader } from '../model/call.js'
import { openPart, writePart, ANSWERS, CALLS, rawRow, type RawTable } from './callTables.js'
import { isMergedFile, ownFiles, rawFiles, rawFolder } from './files.js'
import { isCallKind } from './kinds.js'
import { readManifest, writeManifest } from './manifest.js'
import { parquet } from './parquet.js'
import { sealRuns } from './sealRuns.js'

/** Loaded calls whose files are in `raw/`, while their journal segments are still there. */
export interface WrittenCalls {
  /** Removes the segments; a damaged one is kept in `damaged/`. */
  retire(): Promise<void>
}

/**
 * Writes the calls of every loaded segment to `raw/`. Needs no database, so that it may go on while others use it.
 * @throws LocalError when `raw/` cannot be written: the journal keeps the rest
 */
export async function writeLoaded(layout: Layout, effects: Effects): Promise<WrittenCalls> {
  const { segments, headless } = await listSegments(join(layout.journal, 'loaded'))
  for (const { message } of headless) effects.log('warn', message, 'journal_damaged')
  const written: { readonly segment: Segment; readonly isDamaged: boolean }[] = []
  for (const segment of segments) {
    const damage: Damage[] = []
    const sealed = await seal(segment, {
      raw: layout.raw,
      temp: join(layout.temp, 'seal'),
      onGap: (gap) => damage.push(damagedBytes(segment.path, gap)),
    })
    for (const { message } of damage) effects.log('warn', message, 'journal_damaged')
    if (!sealed)
      effects.log(
        'warn',
        `${segment.path} is an older copy of calls that are in ${layout.raw}; it is moved to damaged/`,
        'file_moved_aside',
      )
    written.push({ segment, isDamaged: !sealed || damage.length > 0 })
  }
  return {
    async retire() {
      for (const { segment, isDamaged } of written) await segment.retire(isDamaged)
    },
  }
}

/**
 * Completes `raw/` after the publish: removes the segments whose calls are written, and writes the lists and the receipts.
 * The working database must be closed.
 * @throws LocalError when `raw/` cannot be written: the journal keeps the rest
 */
export async function sealLoaded(layout: Layout, written: WrittenCalls): Promise<void> {
  await written.retire()
  const finished = await openDatabase(layout.warehouse, { readOnly: true, tempDirectory: layout.temp })
  await sealRuns(finished.connection, layout.raw).finally(() => finished.close())
}

export interface SealOptions {
  /** The folder to seal to. */
  readonly raw: string
  /** A folder for DuckDB's temporary files. */
  readonly temp: string
  /** Receives bytes of the segment that cannot be read. */
  readonly onGap?: ((gap: Gap) => void) | undefined
}

/**
 * Writes the calls of a loaded segment to `raw/`: answers to `answers`, other calls to `calls`. Files follow the order in
 * which the calls ended; within a file calls are ordered by id. Every file is read back and compared before it gets its
 * name, so that the segment may be removed afterwards. Sealing again writes the same files.
 * @returns false, and writes nothing, if `raw/` has calls of this run that the segment lacks: the segment is an older copy
 * @throws LocalError when a file cannot be written or does not read back as written; the segment is still there
 */
export async function seal(segment: Segment, { raw, temp, onGap }: SealOptions): Promise<boolean> {
  // DuckDB makes the folder when it first spills, but not the folders above it.
  await makeFolder(temp)
  const scratch = await openDatabase(':memory:', {
    tempDirectory: temp,
    memoryLimit: `${sharedMemory().seal}MB`,
    threads: 1,
  })
  try {
    if (await holdsMore(scratch.connection, segment, raw)) return false
    await writeCalls(scratch.connection, segment, { raw, onGap })
    await readFromOwnFiles(raw, segment.header.runId)
    return true
  } catch (cause) {
    if (cause instanceof LocalError) throw cause
    throw new LocalError(
      `cannot seal ${segment.path} to ${raw}: ${messageOf(cause).split('\n')[0]}; ${remedyFor(cause, 'free some space, or make the folder writable')}, then run the same command again: the journal still has all answers`,
      { cause },
    )
  } finally {
    await scratch.close()
    await rm(temp, { recursive: true, force: true })
  }
}

async function holdsMore(connection: Connection, segment: Segment, raw: string): Promise<boolean> {
  const { runId } = segment.header
  const { base } = await readManifest(raw)
  if (base?.runs.includes(runId)) return true
  const files: string[] = []
  for (const { kind } of [ANSWERS, CALLS]) files.push(...(await rawFiles(raw, kind, runId)))
  if (files.length === 0) return false
  const known = new Set<number>()
  for await (const calls of segment.calls()) for (const { seq } of calls) known.add(seq)
  for (const file of files) {
    await requireReadable(file)
    // A file that cannot be read is written again.
    const sealed = await all<{ seq: number }>(
      connection,
      `SELECT seq FROM ${parquet(file)} ${isMergedFile(file) ? `WHERE run_id = ${quotedText(runId)}` : ''}`,
    ).catch(() => [])
    if (sealed.some(({ seq }) => !known.has(seq))) return true
  }
  return false
}

async function writeCalls(
  connection: Connection,
  segment: Segment,
  { raw, onGap }: Pick<SealOptions, 'raw' | 'onGap'>,
): Promise<void> {
  const answers = new Parts(connection, ANSWERS, segment.header, raw)
  const others = new Parts(connection, CALLS, segment.header, raw)
  for await (const calls of segment.calls(onGap)) {
    for (const call of calls) await (call.kind === 'answer' ? answers : others).add(call)
  }
  for (const parts of [answers, others]) {
    await parts.close()
    await removeFrom(parts.files, await ownFiles(raw, parts.table.kind, segment.header.runId))
  }
}

/** A segment that was put back is complete: its calls are read from its own files again, and not from a merged one. */
async function readFromOwnFiles(raw: string, runId: string): Promise<void> {
  const manifest = await readManifest(raw)
  const isOfCalls = (path: string): boolean => isCallKind(path.split('/')[0]!)
  const entries = Object.entries(manifest.merged)
  if (!entries.some(([path, runs]) => isOfCalls(path) && runs.includes(runId))) return
  const merged = entries.map(
    ([path, runs]) => [path, isOfCalls(path) ? runs.filter((run) => run !== runId) : runs] as const,
  )
  await writeManifest(raw, { ...manifest, merged: Object.fromEntries(merged) })
}

/** Calls of one file: few enough to rewrite the file for one person, enough to compress well. */
const PART_CALLS = 20_000
/** Bytes of one file's bodies. Its row groups must fit into memory. */
const PART_BYTES = 128 << 20

/** The files of one kind, one after the other. */
class Parts {
  files = 0
  private calls: Call[] = []
  private bytes = 0

  constructor(
    private readonly connection: Connection,
    readonly table: RawTable,
    private readonly header: RunHeader,
    private readonly raw: string,
  ) {}

  async add(call: Call): Promise<void> {
    const bytes = call.kind === 'answer' ? call.body.length : 0
    if (this.calls.length === PART_CALLS || (this.calls.length > 0 && this.bytes + bytes > PART_BYTES))
      await this.close()
    this.calls.push(call)
    this.bytes += bytes
  }

  /** Writes the calls that are left. */
  async close(): Promise<void> {
    const { calls, table, header, connection } = this
    if (calls.length === 0) return
    this.calls = []
    this.bytes = 0
    calls.sort((a, b) => (a.id === b.id ? a.seq - b.seq : a.id < b.id ? -1 : 1))
    const part = await openPart(connection, table)
    for (const call of calls) part.append(rawRow(header, call))
    part.close()
    const name = `part-${String(this.files).padStart(5, '0')}.parquet`
    const path = join(rawFolder(this.raw, table.kind, header.runId), name)
    await replaceFile(path, (temporary) => writePart(connection, table, temporary, calls.length))
    this.files += 1
  }
}

async function removeFrom(part: number, files: readonly string[]): Promise<void> {
  for (const file of files.slice(part)) await rm(file)
}
