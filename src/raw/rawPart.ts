import { first, quotedText, TableWriter, type Connection } from '../core/duckdb.js'
import { checksumSql, type RawTable } from './callTables.js'

/** What a reader must unpack to see one row. */
const ROW_GROUP = 2_048

/** Makes table `part`, empty: the rows of the next file. */
export async function openPart(connection: Connection, { columns }: RawTable): Promise<TableWriter> {
  const definition = columns.map(([name, type]) => `${name} ${type}`)
  await connection.run(`CREATE OR REPLACE TABLE part (${definition.join(', ')})`)
  const types = columns.map(([, type]) => type)
  return TableWriter.open(connection, 'part', types)
}

/** Writes the part and reads it back: what is in its rows, and the checksum of each. */
export async function writePart(connection: Connection, table: RawTable, path: string, rows: number): Promise<void> {
  await connection.run(`COPY part TO ${quotedText(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP})`)
  const written = `read_parquet(${quotedText(path)}, hive_partitioning = false)`
  const intact = await numberOf(connection, `count(*) FILTER (checksum = ${checksumSql(table)})`, written)
  const same = (await numberOf(connection, CONTENT, written)) === (await numberOf(connection, CONTENT, 'part'))
  if (intact === String(rows) && same) return
  throw new Error(`${path} does not read back as it was written (${intact} of ${rows} rows are intact)`)
}

/** Of whole rows, in whatever order. */
const CONTENT = 'bit_xor(hash(t))'

async function numberOf(connection: Connection, what: string, table: string): Promise<string> {
  const row = await first<{ number: string }>(connection, `SELECT (${what})::VARCHAR AS number FROM ${table} AS t`)
  return row!.number
}
