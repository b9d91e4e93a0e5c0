import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { requireReadable } from '../core/absent.js'
import { makeFolder, replaceFile } from '../core/atomicFile.js'
import { all, first, quotedText, openDatabase, TableWriter, type Connection } from '../core/duckdb.js'
import type { Effects } from '../core/effects.js'
import { LocalError, messageOf } from '../core/errors.js'
import { collectGarbage } from '../core/memory.js'
import { remedyFor } from '../core/remedyFor.js'
import type { Layout } from '../dataFolder/layout.js'
import { repairJournal } from '../journal/repairJournal.js'
import type { Place, Segment } from '../journal/segmentReader.js'
import { isDamage } from '../load/warehouse.js'
import { openPart, writePart, ANSWERS, CALLS, rawRow, type RawTable } from './callTables.js'
import { rawFiles, rawFolder, type RawKind } from './files.js'

/**
 * Moves loaded and published calls to `raw/`: the calls of every loaded segment, the lists and the receipts. The working
 * database must be closed. A segment is removed after its files have been read back; a damaged one is kept.
 * @throws LocalError when `raw/` cannot be written: the journal keeps the rest
 */
export async function sealLoaded(layout: Layout, effects: Effects): Promise<void> {
  const { segments, damaged } = await repairJournal(join(layout.journal, 'loaded'))
  for (const { message } of damaged) effects.log('warn', message)
  for (const segment of segments) {
    const sealed = await seal(segment, { raw: layout.raw, temp: join(layout.temp, 'seal') })
    if (!sealed)
      effects.log(
        'warn',
        `${segment.path} is an older copy of calls that are in ${layout.raw}; it is moved to damaged/`,
      )
    await segment.retire(!sealed || damaged.some(({ path }) => path === segment.path))
  }
  const finished = await openDatabase(layout.warehouse, { readOnly: true, tempDirectory: layout.temp })
  await sealRuns(finished.connection, layout.raw).finally(() => finished.close())
}

export interface SealOptions {
  /** The folder to seal to. */
  readonly raw: string
  /** A folder for DuckDB's temporary files. */
  readonly temp: string
}

/**
 * Writes the calls of a loaded segment to `raw/`, ordered by id: answers to `answers`, other calls to `calls`. Every file
 * is read back and compared before it gets its name, so that the segment may be removed afterwards. Sealing again writes
 * the same files.
 * @returns false, and writes nothing, if `raw/` has calls of this run that the segment lacks: the segment is an older copy
 * @throws LocalError when a file cannot be written or does not read back as written; the segment is still there
 */
export async function seal(segment: Segment, { raw, temp }: SealOptions): Promise<boolean> {
  // DuckDB makes the folder when it first spills, but not the folders above it.
  await makeFolder(temp)
  const scratch = await openDatabase(':memory:', { tempDirectory: temp, threads: 1 })
  try {
    await writePlaces(scratch.connection, segment)
    if (await holdsMore(scratch.connection, segment, raw)) return false
    for (const table of [ANSWERS, CALLS]) await sealTable(scratch.connection, table, segment, raw)
    return true
  } catch (cause) {
    if (cause instanceof LocalError) throw cause
    throw new LocalError(
      `cannot seal ${segment.path} to ${raw}: ${messageOf(cause).split('\n')[0]}; ${remedyFor(cause, 'free some space, or make the folder writable')}, then run the same command again: the journal still has all answers`,
      { cause },
    )
  } finally {
    scratch.close()
    await rm(temp, { recursive: true, force: true })
  }
}

async function writePlaces(connection: Connection, segment: Segment): Promise<void> {
  await connection.run('CREATE TABLE places (id VARCHAR, seq BIGINT, kind VARCHAR, "offset" BIGINT, length BIGINT)')
  const writer = await TableWriter.open(connection, 'places', ['VARCHAR', 'BIGINT', 'VARCHAR', 'BIGINT', 'BIGINT'])
  for await (const places of segment.places()) {
    for (const { id, seq, kind, offset, length } of places) writer.append([id, seq, kind, offset, length])
  }
  writer.close()
}

async function holdsMore(connection: Connection, { header }: Segment, raw: string): Promise<boolean> {
  for (const { kind } of [ANSWERS, CALLS]) {
    for (const file of await rawFiles(raw, kind, header.runId)) {
      await requireReadable(file)
      const more = `SELECT 1 FROM read_parquet(${quotedText(file)}) WHERE seq NOT IN (SELECT seq FROM places) LIMIT 1`
      // A file that cannot be read is written again.
      if (await first(connection, more).catch(() => undefined)) return true
    }
  }
  return false
}

/** Rows of one file: few enough to rewrite the file for one person, enough to compress well. */
const PART_ROWS = 20_000
/** If the bodies are larger than this on average a file ends sooner: its row groups must fit into memory. */
const USUAL_BYTES = 6_000
const PART_BYTES = 16 << 20

async function sealTable(connection: Connection, table: RawTable, segment: Segment, raw: string): Promise<void> {
  await connection.run(`
    CREATE OR REPLACE TABLE ordered AS
    SELECT row_number() OVER (ORDER BY id, seq) AS n, * FROM places
    WHERE (kind = 'answer') = ${table.kind === 'answers'}`)
  const folder = rawFolder(raw, table.kind, segment.header.runId)
  let done = 0
  for (let part = 0; ; part += 1) {
    const places = firstBytes(
      await all<Place>(
        connection,
        `SELECT * EXCLUDE (n) FROM ordered WHERE n > ${done} AND n <= ${done + PART_ROWS} ORDER BY n`,
      ),
    )
    if (places.length === 0) return removeFrom(part, await rawFiles(raw, table.kind, segment.header.runId))
    await fillPart(connection, table, segment, places)
    const path = join(folder, `part-${String(part).padStart(5, '0')}.parquet`)
    await replaceFile(path, (temporary) => writePart(connection, table, temporary, places.length))
    collectGarbage()
    done += places.length
  }
}

/** As many places as fit into one file, and at least one. */
function firstBytes(places: readonly Place[]): readonly Place[] {
  let bytes = 0
  const end = places.findIndex(({ length }, at) => (bytes += length) > Math.max(PART_BYTES, at * USUAL_BYTES))
  return end < 0 ? places : places.slice(0, Math.max(1, end))
}

async function fillPart(
  connection: Connection,
  table: RawTable,
  segment: Segment,
  places: readonly Place[],
): Promise<void> {
  const writer = await openPart(connection, table)
  for await (const call of segment.read(places)) writer.append(rawRow(segment.header, call))
  writer.close()
}

async function removeFrom(part: number, files: readonly string[]): Promise<void> {
  for (const file of files.slice(part)) await rm(file)
}

/**
 * Writes to `raw/` the runs of the working database that have no receipt there: first the rows of their lists, with status
 * and reason, then the receipt. Must be done before another run replaces the rows of those lists.
 * @throws LocalError when a file cannot be written; calling it again completes the work
 */
export async function sealRuns(connection: Connection, raw: string): Promise<void> {
  const runs = await all<{ run_id: string }>(connection, 'SELECT run_id FROM runs ORDER BY run_id')
  for (const { run_id: runId } of runs) {
    if ((await rawFiles(raw, 'receipts', runId)).length > 0) continue
    await write(connection, raw, 'inputs', runId, inputsOf(runId))
    await write(connection, raw, 'receipts', runId, receiptOf(runId))
  }
}

function inputsOf(runId: string): string {
  return `
SELECT m.list, m.row_number, m.line, m.input, m.user_id, m.status, m.reason, r.cell, r.remedy, m.run_id
FROM list_members AS m LEFT JOIN rejects AS r ON r.list = m.list AND r.row_number = m.row_number
WHERE m.list IN (SELECT list FROM lists WHERE run_id = ${quotedText(runId)})
ORDER BY m.list, m.row_number`
}

function receiptOf(runId: string): string {
  return `
SELECT runs.*, (SELECT to_json(list(lists ORDER BY first_read_at, list)) FROM lists WHERE run_id = ${quotedText(runId)}) AS lists
FROM runs WHERE run_id = ${quotedText(runId)}`
}

async function write(connection: Connection, raw: string, kind: RawKind, runId: string, sql: string): Promise<void> {
  const path = join(rawFolder(raw, kind, runId), 'part-00000.parquet')
  try {
    await replaceFile(path, async (temporary) => {
      await connection.run(
        `COPY (${sql}) TO ${quotedText(temporary)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20_000, USE_TMP_FILE false)`,
      )
    })
  } catch (cause) {
    // The database cannot be read: the file to be written is not the problem.
    if (isDamage(cause)) throw cause
    throw new LocalError(
      `cannot write ${path}: ${messageOf(cause).split('\n')[0]}; ${remedyFor(cause, 'free some space, or make the folder writable')}, then run the same command again: nothing is lost`,
      { cause },
    )
  }
}
