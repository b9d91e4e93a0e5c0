import type { DuckDBAppender, DuckDBDataChunk, DuckDBType, DuckDBValue, DuckDBVector } from '@duckdb/node-api'
import { duckdb, type Cell, type Connection, type SqlType } from './duckdb.js'

const { VARCHAR, BIGINT, DOUBLE, BOOLEAN, TIMESTAMPTZ, BLOB } = duckdb
const TYPES: Record<SqlType, DuckDBType> = { VARCHAR, BIGINT, DOUBLE, BOOLEAN, TIMESTAMPTZ, BLOB }

/** Rows that pass to DuckDB at once. */
const CHUNK_ROWS = 1_024
/**
 * An appender keeps up to 204,800 rows outside of DuckDB's memory limit. Long rows must go to the table sooner, but each time
 * costs some milliseconds for a table of 130 columns.
 */
const BUFFERED_BYTES = 8_000_000

/** Appends rows to one table, cell by cell into the vectors of one reused chunk, which is the fastest way to write. */
export class TableWriter {
  private readonly chunk: DuckDBDataChunk
  private readonly columns: readonly Column[]
  private rows = 0
  /** Bytes of the rows not yet passed to the appender, and of the rows that the appender still holds. */
  private pendingBytes = 0
  private bufferedBytes = 0

  private constructor(
    private readonly appender: DuckDBAppender,
    types: readonly SqlType[],
    private readonly chunkRows: number,
  ) {
    this.chunk = duckdb.DuckDBDataChunk.create(
      types.map((type) => TYPES[type]),
      chunkRows,
    )
    this.columns = types.map((type, index) => ({
      vector: this.chunk.getColumnVector(index),
      toDuckDB: toDuckDB(type),
    }))
  }

  /**
   * @param types of the table's columns, in their order
   * @param chunkRows rows that pass to DuckDB at once: fewer cost a little more, and block the process for a shorter time
   */
  static async open(
    connection: Connection,
    table: string,
    types: readonly SqlType[],
    chunkRows = CHUNK_ROWS,
  ): Promise<TableWriter> {
    const [name, schema, catalog] = table.split('.').reverse()
    return new TableWriter(await connection.createAppender(name!, schema, catalog), types, chunkRows)
  }

  /** Appends one row, with one cell for each column. An error of the database may come at a later row or at `close`. */
  append(row: readonly (Cell | Uint8Array)[]): void {
    for (let index = 0; index < this.columns.length; index += 1) {
      const { vector, toDuckDB } = this.columns[index]!
      const cell = row[index] ?? null
      vector.setItem(this.rows, cell === null ? null : toDuckDB(cell))
      this.pendingBytes += bytesOf(cell)
    }
    this.rows += 1
    if (this.rows === this.chunkRows || this.pendingBytes >= BUFFERED_BYTES) this.flush()
  }

  /** Writes the last rows. The writer cannot be used afterwards. */
  close(): void {
    this.flush()
    this.appender.closeSync()
  }

  /**
   * Ends the writer without its last rows, also after an error. An appender that is left open writes them when its memory is
   * collected: into whatever table has the name by then.
   */
  discard(): void {
    try {
      this.appender.clear()
      this.appender.closeSync()
    } catch {
      // After an error of the database nothing is left to be written.
    }
  }

  private flush(): void {
    if (this.rows === 0) return
    for (const { vector } of this.columns) vector.flush()
    this.chunk.rowCount = this.rows
    this.appender.appendDataChunk(this.chunk)
    this.chunk.reset()
    this.rows = 0
    this.bufferedBytes += this.pendingBytes
    this.pendingBytes = 0
    if (this.bufferedBytes < BUFFERED_BYTES) return
    this.appender.flushSync()
    this.bufferedBytes = 0
  }
}

/** The approximate bytes of a cell in DuckDB's memory. */
function bytesOf(cell: Cell | Uint8Array): number {
  if (typeof cell === 'string') return 16 + cell.length
  return cell instanceof Uint8Array ? 16 + cell.length : 16
}

/** A column of the chunk. Its vector keeps its place in memory when the chunk is reset. */
interface Column {
  readonly vector: DuckDBVector
  readonly toDuckDB: (cell: NonNullable<Cell> | Uint8Array) => DuckDBValue
}

function toDuckDB(type: SqlType): Column['toDuckDB'] {
  if (type === 'TIMESTAMPTZ')
    return (cell) => new duckdb.DuckDBTimestampTZValue(BigInt(Math.round(Number(cell) * 1000)))
  if (type === 'BIGINT') return (cell) => (typeof cell === 'bigint' ? cell : BigInt(cell as number))
  if (type === 'BLOB') return (cell) => new duckdb.DuckDBBlobValue(cell as Uint8Array)
  return (cell) => cell as DuckDBValue
}
