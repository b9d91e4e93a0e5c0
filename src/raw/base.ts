import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline as streamInto } from 'node:stream/promises'
import { pathExists, requireReadable } from '../core/absent.js'
import { makeFolder, syncFile, syncFolder } from '../core/atomicFile.js'
import { first, quotedName, quotedText, type Connection } from '../core/duckdb.js'
import { LocalError, messageOf, UsageError } from '../core/errors.js'
import { createTemporary } from '../core/temporaryFile.js'
import { fillDays } from '../load/merge.js'
import { dayTables } from '../load/schema/dayTables.js'
import { migrations } from '../load/schema/migrations/all.js'
import { pipelineTables } from '../load/schema/pipelineTables.js'
import { asReadNow } from '../load/sql/asReadNow.sql.js'
import type { Pipeline } from '../model/pipeline.js'
import { contentOf } from './callTables.js'
import { insertRows } from './insertRows.js'
import type { BaseSnapshot } from './manifest.js'
import { parquet } from './parquet.js'

/** The folder of a snapshot. */
export function baseFolder(raw: string, name: string): string {
  return join(raw, 'base', name)
}

/** The file of a table in a snapshot. */
export function baseFile(raw: string, { folder }: Pick<BaseSnapshot, 'folder'>, table: string): string {
  return join(baseFolder(raw, folder), `${table}.parquet`)
}

/** The tables that calls fill. The tables of days are filled from the counters; all others come from receipts and input rows. */
function tablesOf(pipeline: Pipeline): string[] {
  const days = dayTables(pipeline).map(({ name }) => name)
  const ofPipeline = pipelineTables(pipeline).map(({ name }) => name)
  return [...OF_ALL_PIPELINES, ...ofPipeline.filter((name) => !days.includes(name))]
}

const OF_ALL_PIPELINES = [
  'runs',
  'run_codes',
  'failures',
  'ambiguous_calls',
  'answers_without_profile',
  'anomalies',
  'schema_drift',
  'creator_changes',
  'resolved_ids',
]

/** Rows of other runs are not from the calls of the snapshot. */
const OF_RUNS = ['runs']

/**
 * Writes a snapshot of the tables of history to a new folder, and reads it back. Nothing reads it until the manifest names
 * it. Everything is durable afterwards.
 * @param connection to a database that holds the calls of `runs`, and no others
 * @throws Error when a file cannot be written or does not read back as written
 */
export async function writeBase(
  connection: Connection,
  raw: string,
  {
    folder,
    runs,
    pipeline,
  }: { readonly folder: string; readonly runs: readonly string[]; readonly pipeline: Pipeline },
): Promise<BaseSnapshot> {
  await makeFolder(baseFolder(raw, folder))
  const tables: BaseSnapshot['tables'] = []
  for (const name of tablesOf(pipeline)) {
    const isOfRuns = OF_RUNS.includes(name) ? ` WHERE run_id IN (${runs.map(quotedText).join(', ')})` : ''
    tables.push(
      await writeBaseTable(connection, baseFile(raw, { folder }, name), name, `(FROM ${quotedName(name)}${isOfRuns})`),
    )
  }
  await syncFolder(baseFolder(raw, folder))
  const facts = (await first<{ schema_version: number; history_from: number | null }>(
    connection,
    'SELECT schema_version, (SELECT epoch_ms(max(history_from)) FROM runs) AS history_from FROM data_folder',
  ))!
  return { folder, runs: [...runs].sort(), pipeline: pipeline.name, ...facts, tables }
}

/** Writes the rows of a query to the file of a table, which must not be there yet. */
export async function writeBaseTable(
  connection: Connection,
  path: string,
  name: string,
  source: string,
): Promise<BaseSnapshot['tables'][number]> {
  const { file } = await createTemporary(path, 'private', path)
  await file.close()
  await connection.run(
    `COPY (FROM ${source}) TO ${quotedText(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
  )
  const written = await contentOf(connection, parquet(path))
  if (written !== (await contentOf(connection, source))) throw new Error(`${path} does not read back as it was written`)
  await syncFile(path)
  return { name, rows: Number(written.split(' ')[0]), sha256: await sha256Of(path) }
}

/**
 * Fills the tables of a new database from a snapshot. The receipts must be in table `runs` already: they win.
 * @throws LocalError when a file is missing or has changed since it was written, or is of a newer version
 * @throws UsageError when the snapshot belongs to another pipeline
 */
export async function restoreBase(
  connection: Connection,
  raw: string,
  base: BaseSnapshot,
  pipeline: Pipeline,
): Promise<void> {
  const folder = baseFolder(raw, base.folder)
  if (base.pipeline !== pipeline.name)
    throw new UsageError(
      `${folder} belongs to the pipeline ${base.pipeline}, not to ${pipeline.name}: give another folder with --data`,
    )
  if (base.schema_version > migrations.length)
    throw new LocalError(`${folder} was made by a newer creator-enrich: use the newer one; nothing was changed`)
  for (const { name, sha256 } of base.tables) {
    const path = baseFile(raw, base, name)
    await requireUnchanged(path, sha256)
    try {
      await insertRows(connection, name, parquet(path), 'IGNORE')
    } catch (cause) {
      throw damaged(path, messageOf(cause).split('\n')[0]!, cause)
    }
  }
  for (const statement of asReadNow(pipeline)) await connection.run(statement)
  await fillDays(connection, pipeline)
}

async function requireUnchanged(path: string, sha256: string): Promise<void> {
  await requireReadable(path)
  if (!pathExists(path)) throw damaged(path, 'the file is missing')
  if ((await sha256Of(path)) !== sha256) throw damaged(path, 'the file does not match its checksum')
}

function damaged(path: string, problem: string, cause?: unknown): LocalError {
  return new LocalError(
    `damaged: ${path}: ${problem}; put the file back from a backup: the raw answers that it stands for were dropped`,
    { cause },
  )
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  await streamInto(createReadStream(path), hash)
  return hash.digest('hex')
}
