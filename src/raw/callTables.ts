import { createHash } from 'node:crypto'
import { type Cell, type SqlType, first, quotedText, type Connection } from '../core/duckdb.js'
import { TableWriter } from '../core/tableWriter.js'
import type { Call, RunHeader } from '../model/call.js'
import { parquet } from './parquet.js'

/** A kind of raw file as a table; docs/raw.md describes its columns. */
export interface RawTable {
  readonly kind: 'answers' | 'calls'
  readonly columns: readonly (readonly [name: string, type: SqlType])[]
}

const RUN_AND_CALL = [
  ['run_id', 'VARCHAR'],
  ['run_started_at', 'TIMESTAMPTZ'],
  ['pipeline', 'VARCHAR'],
  ['simulated', 'BOOLEAN'],
  ['host', 'VARCHAR'],
  ['seq', 'BIGINT'],
  ['user_id', 'VARCHAR'],
  ['attempt', 'BIGINT'],
  ['sent_at', 'TIMESTAMPTZ'],
  ['received_at', 'TIMESTAMPTZ'],
  ['ms', 'DOUBLE'],
] as const

const END = [
  ['endpoint', 'VARCHAR'],
  ['body', 'BLOB'],
  ['checksum', 'VARCHAR'],
] as const

/** Calls whose answer arrived whole. */
export const ANSWERS: RawTable = {
  kind: 'answers',
  columns: [...RUN_AND_CALL, ['status', 'BIGINT'], ['content_type', 'VARCHAR'], ['retry_after', 'VARCHAR'], ...END],
}

/** The other calls: `fault` is that of `NoAnswer`, or `unknown`. */
export const CALLS: RawTable = {
  kind: 'calls',
  columns: [...RUN_AND_CALL, ['fault', 'VARCHAR'], ['detail', 'VARCHAR'], ...END],
}

/** The row of a call in its table. */
export function rawRow(run: RunHeader, call: Call): (Cell | Uint8Array)[] {
  const { seq, id, attempt, sentAt, endpoint = null } = call
  const known = call.kind === 'unknown' ? undefined : call
  const head = [run.runId, run.startedAt, run.pipeline, run.simulated, run.host, seq, id, attempt, sentAt]
  const receivedAt = known?.receivedAt ?? null
  const body = (call.kind === 'answer' ? call.body : known?.kind === 'no_answer' ? known.part : undefined) ?? null
  const result =
    call.kind === 'answer'
      ? [call.status, call.contentType, call.retryAfter]
      : call.kind === 'no_answer'
        ? [call.fault, call.detail]
        : ['unknown', null]
  const checked = [...head, receivedAt, ...result, ...(endpoint === null ? [] : [endpoint])]
  return [...head, receivedAt, known?.ms ?? null, ...result, endpoint, body, checksumOf(checked, body)]
}

/**
 * SHA-256 over all other columns except `ms`, one a line, and then the body. A call for a profile has no line for its
 * endpoint, as in files of older versions. `checksumSql` is the same in SQL.
 */
function checksumOf(cells: readonly Cell[], body: Uint8Array | null): string {
  const hash = createHash('sha256').update(cells.map((cell) => `${cell ?? ''}\n`).join(''))
  return (body ? hash.update(body) : hash).digest('hex')
}

const UNCHECKED = ['ms', 'endpoint', 'body', 'checksum']

/** The checksum of a row as SQL. */
export function checksumSql({ columns }: RawTable): string {
  const lines = columns
    .filter(([name]) => !UNCHECKED.includes(name))
    .map(([name, type]) => `${type === 'TIMESTAMPTZ' ? `epoch_ms(${name})` : name}, chr(10)`)
  return `sha256(encode(concat(${lines.join(', ')}, endpoint || chr(10))) || coalesce(body, ''::BLOB))`
}

/** SQL of the same calls with an endpoint, which files of older versions do not have. */
export function withEndpoint(calls: string): string {
  return `(FROM ${calls} UNION ALL BY NAME SELECT NULL::VARCHAR AS endpoint WHERE FALSE)`
}

/** Rows that a reader must unpack to see one of them. */
const ROW_GROUP = 2_048

/** Creates the empty table `part` for the rows of the next file. */
export async function openPart(connection: Connection, { columns }: RawTable): Promise<TableWriter> {
  const definition = columns.map(([name, type]) => `${name} ${type}`)
  await connection.run(`CREATE OR REPLACE TABLE part (${definition.join(', ')})`)
  const types = columns.map(([, type]) => type)
  return TableWriter.open(connection, 'part', types)
}

/** Orders the rows of `part` by id, as in the file of a single run. */
export async function sortPart(connection: Connection): Promise<void> {
  await connection.run('CREATE OR REPLACE TABLE part AS SELECT * FROM part ORDER BY user_id, run_id, seq')
}

/**
 * Writes the table `part` to a file, reads the file back, and compares all its rows. `rawRow` has computed their checksums;
 * those of one row group are computed again, as readers will do.
 * @throws Error if something differs
 */
export async function writePart(connection: Connection, table: RawTable, path: string, rows: number): Promise<void> {
  await connection.run(
    `COPY part TO ${quotedText(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP}, USE_TMP_FILE false)`,
  )
  const file = parquet(path)
  const written = await contentOf(connection, file)
  const wrong = await first<{ rows: number }>(
    connection,
    `SELECT count(*) AS rows FROM (FROM ${file} LIMIT ${ROW_GROUP}) WHERE checksum <> ${checksumSql(table)}`,
  )
  const isSame = written === (await contentOf(connection, 'part')) && written.startsWith(`${rows} `)
  if (isSame && wrong!.rows === 0) return
  throw new Error(`${path} does not read back as it was written`)
}

/** Writes the table `part` of input rows or receipts to a file, and compares the file with the table. */
export async function writeTable(connection: Connection, path: string, table = 'part'): Promise<void> {
  await connection.run(
    `COPY (SELECT * FROM ${table} ORDER BY rowid) TO ${quotedText(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20_000, USE_TMP_FILE false)`,
  )
  const written = await contentOf(connection, parquet(path))
  if (written !== (await contentOf(connection, table))) throw new Error(`${path} does not read back as it was written`)
}

/** The number of rows, and a hash of all of them in any order. */
export async function contentOf(connection: Connection, table: string): Promise<string> {
  const row = await first<{ content: string }>(
    connection,
    `SELECT concat(count(*), ' ', bit_xor(hash(t))) AS content FROM ${table} AS t`,
  )
  return row!.content
}
