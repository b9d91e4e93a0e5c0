import { createRequire } from 'node:module'
import { basename } from 'node:path'
import type * as DuckDB from '@duckdb/node-api'
import type { DuckDBConnection, DuckDBResult, DuckDBValue } from '@duckdb/node-api'
import { messageOf } from './errors.js'
import { databaseMemory, databaseThreads } from './memory.js'
import { OUT_OF_MEMORY } from './remedyFor.js'

// With `import` Node reads each of its 180 files twice, to find their exports. That would take half of the start time.
export const duckdb = createRequire(import.meta.url)('@duckdb/node-api') as typeof DuckDB

export type Connection = DuckDBConnection
export type SqlType = 'VARCHAR' | 'BIGINT' | 'DOUBLE' | 'BOOLEAN' | 'TIMESTAMPTZ' | 'BLOB'

/** A cell to be written. TIMESTAMPTZ is a number of milliseconds since 1970. */
export type Cell = string | bigint | number | boolean | null
/** A cell that was read: BIGINT as a number if it is safe, else as bigint; timestamps as milliseconds since 1970; DATE as `YYYY-MM-DD`; DECIMAL as a number. */
export type ReadCell = string | bigint | number | boolean | Uint8Array | null

export interface Database {
  readonly connection: Connection
  /** Opens another connection, for work at the same time. Close it before the database. */
  connect(): Promise<Connection>
  /** Writes what is committed into the file, and releases it. Never fails: what could not be written is in the file's log, and comes in when it is opened. */
  close(): Promise<void>
}

export interface DatabaseOptions {
  readonly readOnly?: boolean
  /** The folder for DuckDB's temporary files. Without it everything must fit into memory. */
  readonly tempDirectory?: string
  /** By default `--memory`, or a share of the memory of the machine. */
  readonly memoryLimit?: string
  /** By default `--threads`, or the processors of the machine. */
  readonly threads?: number
  /** For a new file: the oldest DuckDB version that must be able to read the file. DuckDB's own default is still older. */
  readonly storageVersion?: `v${string}`
}

/** Instances without a database. To make one takes as long as a dozen statements; to open a file in one, a sixth of that. */
const idle: DuckDB.DuckDBInstance[] = []
/** More than a run has open at once. */
const KEPT = 4

/**
 * Opens a database file, or a database in memory (`:memory:`). DuckDB fetches nothing from the network: it uses only the
 * extensions that come with the library. Times are UTC. Every database has an instance of DuckDB for itself, so that the failure
 * of one does not touch another; a healthy instance is used again for a later one.
 * @throws DuckDB's own error: the file is locked, damaged, of a newer version, or not a DuckDB database
 */
export async function openDatabase(path: string, options: DatabaseOptions = {}): Promise<Database> {
  const name = path === ':memory:' ? 'scratch' : nameOf(path)
  const instance = await takeInstance()
  const connection = await instance.connect()
  const use = `SET TimeZone = 'UTC'; USE ${quotedName(name)}`
  try {
    const attach = `ATTACH ${quotedText(path)} AS ${quotedName(name)} (${attachOptions(options)})`
    await runScript(connection, [...limits(path, options), attach, use])
  } catch (error) {
    connection.closeSync()
    instance.closeSync()
    throw error
  }
  const connect = async (): Promise<Connection> => {
    const another = await instance.connect()
    await another.run(use)
    return another
  }
  return { connection, connect, close: () => giveBack(instance, connection, name) }
}

/** The name that DuckDB gives to the database of a file; never one of its own databases. */
function nameOf(path: string): string {
  const name = basename(path).split('.')[0]!
  return ['', 'memory', 'system', 'temp'].includes(name) ? `${name}_file` : name
}

function attachOptions({ readOnly, storageVersion }: DatabaseOptions): string {
  const version = storageVersion && `STORAGE_VERSION ${quotedText(storageVersion)}`
  return ['TYPE duckdb', ...(readOnly ? ['READ_ONLY'] : []), ...(version ? [version] : [])].join(', ')
}

/** An idle instance, or a new one. */
async function takeInstance(): Promise<DuckDB.DuckDBInstance> {
  return (
    idle.pop() ??
    duckdb.DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      preserve_insertion_order: 'true',
      // Returns freed memory to the system during long statements, not at their end: the peak is a third lower.
      allocator_background_threads: 'true',
      allocator_flush_threshold: '1MB',
      allocator_bulk_deallocation_flush_threshold: '4MB',
    })
  )
}

/** Sets what another database may have had otherwise. */
function limits(path: string, options: DatabaseOptions): string[] {
  const values = {
    memory_limit: options.memoryLimit ?? `${databaseMemory()}MB`,
    threads: String(options.threads ?? databaseThreads()),
    // DuckDB's own defaults for a file and for a database in memory.
    temp_directory: options.tempDirectory ?? (path === ':memory:' ? '.tmp' : `${path}.tmp`),
  }
  return Object.entries(values).map(([name, value]) => `SET ${name} = ${quotedText(value)}`)
}

/** Closes the database. Its instance is kept if nothing else is left in it. */
async function giveBack(instance: DuckDB.DuckDBInstance, connection: Connection, name: string): Promise<void> {
  let isClean = false
  try {
    await connection.run('ROLLBACK').catch(() => undefined)
    // Refused after a spill: such an instance would remove the folder of its temporary files later, when others use it.
    await connection.run(`USE memory; DETACH ${quotedName(name)}; SET temp_directory = ''`)
    const left = await first<{ clean: boolean }>(
      connection,
      `SELECT count(*) = 1 AND NOT current_setting('lock_configuration') AS clean FROM duckdb_databases() WHERE NOT internal`,
    )
    isClean = left!.clean
  } catch {
    // After a failure of the disk or of DuckDB nothing works on this instance; the next one that opens the file reports it.
  }
  connection.closeSync()
  if (isClean && idle.length < KEPT) idle.push(instance)
  else instance.closeSync()
}

/** Does the work over a connection of its own. */
export async function withConnection<T>(database: Database, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await database.connect()
  try {
    return await work(connection)
  } finally {
    connection.closeSync()
  }
}

/** Does the work in one transaction: all of it is committed, or nothing. */
export async function transaction<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  await connection.run('BEGIN')
  try {
    const result = await work()
    await connection.run('COMMIT')
    return result
  } catch (error) {
    // After a disk failure nothing works on this connection, and that failure is the one to report.
    await connection.run('ROLLBACK').catch(() => undefined)
    throw error
  }
}

export function isOutOfMemory(error: unknown): boolean {
  return OUT_OF_MEMORY.test(messageOf(error))
}

function readCell(value: DuckDBValue): ReadCell {
  if (typeof value === 'bigint') {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
  }
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value
  if (value instanceof duckdb.DuckDBDateValue) return value.toString()
  if (value instanceof duckdb.DuckDBTimestampTZValue || value instanceof duckdb.DuckDBTimestampValue)
    return Number(value.micros / 1000n)
  if (value instanceof duckdb.DuckDBBlobValue) return value.bytes
  if (value instanceof duckdb.DuckDBDecimalValue) return value.toDouble()
  throw new TypeError(`unexpected value type in a result: ${value.constructor.name}; cast it in SQL`)
}

export type Parameters = Cell[] | Record<string, Cell>

/** Runs statements without parameters as one text. This takes half the time of separate calls. */
export async function runScript(connection: Connection, statements: readonly string[]): Promise<void> {
  if (statements.length > 0) await connection.run(statements.join(';\n'))
}

/**
 * All rows of a small result, as objects. The result is whole before the first row is read, so that the connection may be
 * used meanwhile. The type `T` is not checked: the caller must know its SQL.
 */
export async function all<T = Record<string, ReadCell>>(
  connection: Connection,
  sql: string,
  parameters?: Parameters,
): Promise<T[]> {
  const rows: T[] = []
  for await (const batch of rowsOf<T>(await connection.run(sql, parameters))) rows.push(...batch)
  return rows
}

/** The first row, or undefined. */
export async function first<T = Record<string, ReadCell>>(
  connection: Connection,
  sql: string,
  parameters?: Parameters,
): Promise<T | undefined> {
  return (await all<T>(connection, sql, parameters))[0]
}

/** The columns of a table that is there. `duckdb_columns()` would read the whole catalog. */
export async function namesOfColumns(connection: Connection, table: string): Promise<ReadonlySet<string>> {
  const columns = await all<{ name: string }>(connection, `SELECT name FROM pragma_table_info(${quotedText(table)})`)
  return new Set(columns.map(({ name }) => name))
}

/** A large result as objects, in batches of up to 2,048 rows, with flat memory. Finish or break before the next statement on the same connection. */
export async function* batches<T = Record<string, ReadCell>>(
  connection: Connection,
  sql: string,
  parameters?: Parameters,
): AsyncGenerator<T[]> {
  yield* rowsOf<T>(await connection.stream(sql, parameters))
}

async function* rowsOf<T>(result: DuckDBResult): AsyncGenerator<T[]> {
  const names = result.deduplicatedColumnNames()
  for (;;) {
    const chunk = await result.fetchChunk()
    if (!chunk || chunk.rowCount === 0) return
    const columns = names.map((_, index) => chunk.getColumnValues(index))
    const rows: T[] = []
    for (let row = 0; row < chunk.rowCount; row += 1) {
      const object: Record<string, ReadCell> = {}
      names.forEach((name, index) => (object[name] = readCell(columns[index]![row]!)))
      rows.push(object as T)
    }
    yield rows
  }
}

/** The same as `batches`, but each row is an array in the order of the columns. */
export async function* arrays(
  connection: Connection,
  sql: string,
  parameters?: Parameters,
): AsyncGenerator<ReadCell[][]> {
  const result = await connection.stream(sql, parameters)
  for (;;) {
    const chunk = await result.fetchChunk()
    if (!chunk || chunk.rowCount === 0) return
    yield chunk.getRows().map((row) => row.map(readCell))
  }
}

/** The single BLOB column of a large result, in batches of up to 2,048. Finish or break as with `batches`. */
export async function* blobs(connection: Connection, sql: string): AsyncGenerator<Uint8Array[]> {
  const result = await connection.stream(sql)
  for (;;) {
    const chunk = await result.fetchChunk()
    if (!chunk || chunk.rowCount === 0) return
    yield chunk.getColumnValues(0).map((value) => readCell(value) as Uint8Array)
  }
}

/** An SQL string literal. */
export function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** An SQL identifier in quotes. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
