import { rm } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { namesInFolder, requireReadable } from '../core/absent.js'
import { makeFolder, replaceFile, sizeOf } from '../core/atomicFile.js'
import { all, first, openDatabase, type Connection } from '../core/duckdb.js'
import { sharedMemory } from '../core/memory.js'
import { ANSWERS, CALLS, checksumSql, withEndpoint, writePart, writeTable, type RawTable } from './callTables.js'
import { mergedFiles, mergedFolder, monthOf, ownFiles, ownRuns } from './files.js'
import { RAW_KINDS, type RawKind } from './kinds.js'
import { readManifest, writeManifest, type RawManifest } from './manifest.js'
import { parquet } from './parquet.js'

/** A kind with fewer small files of past months is left alone. */
export const MANY_FILES = 12
/** A file of this size is large enough to stay as it is. */
const SMALL_BYTES = 1 << 20
/** The files that are merged into one have at most this size together: `forget` must rewrite it for one person. */
const MERGED_BYTES = 16 << 20

/** The only file of a run of one kind. */
interface SmallFile {
  readonly runId: string
  readonly path: string
  readonly bytes: number
}

/** Small files of one month that become one file. */
interface Group {
  readonly kind: RawKind
  readonly month: string
  readonly files: readonly SmallFile[]
}

/**
 * Merges the small files of past months, when a kind has many of them: nights with few ids make a file each. The rows stay
 * as they are, with their checksums. A merged file gets its name when it is durable; the manifest then makes all of them
 * count at once, and only after that are the small files removed. So a run is read from one place at any time.
 * @param temp a folder for DuckDB's temporary files
 * @param now milliseconds since 1970; the files of its month stay
 * @returns the number of files that were merged
 * @throws Error when a file cannot be read or written: the old files count as before
 */
export async function mergeSmallFiles(raw: string, temp: string, now: number): Promise<number> {
  const manifest = await readManifest(raw)
  const month = new Date(now).toISOString().slice(0, 7)
  const groups: Group[] = []
  for (const kind of RAW_KINDS) groups.push(...(await groupsOf(raw, kind, manifest, month)))
  if (groups.length === 0) return 0
  // From now on a folder without a manifest has lost it.
  await writeManifest(raw, manifest)
  const merged: Record<string, string[]> = { ...manifest.merged }
  await withScratch(temp, async (connection) => {
    for (const { kind, month, files } of groups) {
      const paths = files.map(({ path }) => path)
      const path = await writeMerged(connection, raw, { kind, month, source: await readable(paths) })
      merged[path] = files.map(({ runId }) => runId)
    }
  })
  await writeManifest(raw, { ...manifest, merged })
  for (const { files } of groups) for (const { path } of files) await removeRunFolder(dirname(path))
  return groups.reduce((sum, { files }) => sum + files.length, 0)
}

/** The small files of past months, by month, if there are many. */
async function groupsOf(raw: string, kind: RawKind, manifest: RawManifest, month: string): Promise<Group[]> {
  const small: SmallFile[] = []
  for (const runId of await ownRuns(raw, kind)) {
    if (monthOf(runId) >= month) continue
    const [path, ...others] = await ownFiles(raw, kind, runId)
    const bytes = path === undefined || others.length > 0 ? undefined : await sizeOf(path)
    if (path !== undefined && bytes !== undefined && bytes < SMALL_BYTES) small.push({ runId, path, bytes })
  }
  const merged = new Set(mergedFiles(manifest, kind).flatMap(({ runs }) => runs))
  const open = small.filter(({ runId }) => !merged.has(runId))
  if (open.length < MANY_FILES) return []
  const groups: SmallFile[][] = []
  for (const file of open) {
    const last = groups.at(-1)
    const bytes = last?.reduce((sum, each) => sum + each.bytes, file.bytes) ?? Infinity
    if (last && bytes <= MERGED_BYTES && monthOf(last[0]!.runId) === monthOf(file.runId)) last.push(file)
    else groups.push([file])
  }
  return groups.filter((files) => files.length > 1).map((files) => ({ kind, month: monthOf(files[0]!.runId), files }))
}

/** SQL that reads these files. */
export async function readable(files: readonly string[]): Promise<string> {
  for (const file of files) await requireReadable(file)
  return parquet(...files)
}

/**
 * Writes rows to a new merged file, and reads the file back. Without the manifest it does not count.
 * @returns its path under `raw/`
 */
export async function writeMerged(
  connection: Connection,
  raw: string,
  { kind, month, source }: { readonly kind: RawKind; readonly month: string; readonly source: string },
): Promise<string> {
  const folder = mergedFolder(raw, kind, month)
  const numbers = (await namesInFolder(folder)).map((name) => Number(/^part-(\d+)\.parquet$/.exec(name)?.[1] ?? -1))
  const number = Math.max(-1, ...numbers) + 1
  const path = join(folder, `part-${String(number).padStart(5, '0')}.parquet`)
  const table = [ANSWERS, CALLS].find((each) => each.kind === kind)
  // A row that stays the same from night to night then takes almost no space.
  const order = table ? 'user_id, run_id, seq' : kind === 'inputs' ? 'list, row_number, run_id' : 'run_id'
  await connection.run(
    `CREATE OR REPLACE TABLE part AS SELECT * FROM ${table ? withEndpoint(source) : source} ORDER BY ${order}`,
  )
  if (table) await checkAll(connection, table)
  const { rows } = (await first<{ rows: number }>(connection, 'SELECT count(*) AS rows FROM part'))!
  await replaceFile(path, (temporary) =>
    table ? writePart(connection, table, temporary, rows) : writeTable(connection, temporary),
  )
  return relative(raw, path)
}

/** Damage must not pass into a new file. */
async function checkAll(connection: Connection, table: RawTable): Promise<void> {
  const [wrong] = await all<{ run_id: string }>(
    connection,
    `SELECT run_id FROM part WHERE checksum IS DISTINCT FROM ${checksumSql(table)} LIMIT 1`,
  )
  if (wrong) throw new Error(`a row of run ${wrong.run_id} in ${table.kind} does not match its checksum`)
}

export async function withScratch(temp: string, work: (connection: Connection) => Promise<void>): Promise<void> {
  await makeFolder(temp)
  const memoryLimit = `${sharedMemory().seal}MB`
  const scratch = await openDatabase(':memory:', { tempDirectory: temp, memoryLimit, threads: 1 })
  try {
    await work(scratch.connection)
  } finally {
    await scratch.close()
    await rm(temp, { recursive: true, force: true })
  }
}

/** Removes the folder of a run, and that of its day when nothing else is in it. */
export async function removeRunFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  const day = dirname(folder)
  if (basename(day).startsWith('date=') && (await namesInFolder(day)).length === 0)
    await rm(day, { recursive: true, force: true })
}
