import { all, arrays, quotedText, openDatabase, quotedName, type Database } from '../core/duckdb.js'
import { messageOf, UsageError } from '../core/errors.js'
import { uniqueNames } from './columns.js'
import { tryQuery } from './parquetProbe.js'
import { firstRows, type RawRow, SAMPLE, type Table } from './table.js'

interface ParquetColumn {
  readonly name: string
  /** DuckDB's type. */
  readonly type: string
}

/** A Parquet file as a table. @throws UsageError if the file is not Parquet, is damaged or encrypted, or has no rows */
export async function parquetTable(path: string): Promise<Table> {
  await tryReading(path)
  const columns = await parquetColumns(path)
  const sample = await firstRows(parquetRows(path, columns), SAMPLE)
  if (sample.length === 0) throw new UsageError(`${path} has no rows; add rows, or leave the file out`)
  const names = columns.map(({ name }) => name)
  return {
    format: 'Parquet',
    columns: uniqueNames(names, path),
    hasHeader: true,
    types: columns.map(({ type }) => type),
    sample: sample.slice(0, SAMPLE),
    data: () => parquetRows(path, columns),
  }
}

/** Reads every value, and checks that the file has as many rows as its footer says. */
async function tryReading(path: string): Promise<void> {
  const declared = `(SELECT num_rows FROM parquet_file_metadata(${pattern(path)}))`
  const mismatch = `error('it has ' || count(*) || ' rows, but its footer says ' || ${declared})`
  try {
    await tryQuery(
      `SELECT if(count(*) <> ${declared}, ${mismatch}, NULL), bit_xor(hash(COLUMNS(*))) FROM ${table(path)}`,
    )
  } catch (error) {
    throw unreadable(path, error)
  }
}

async function parquetColumns(path: string): Promise<ParquetColumn[]> {
  const database = await openDatabase(':memory:')
  try {
    const rows = await all<{ column_name: string; column_type: string }>(
      database.connection,
      `SELECT column_name, column_type FROM (DESCRIBE FROM ${table(path)})`,
    )
    return rows.map(({ column_name: name, column_type: type }) => ({ name, type }))
  } catch (error) {
    throw unreadable(path, error)
  } finally {
    database.close()
  }
}

/**
 * The rows of a Parquet file in its order, every cell as text: lists, structs and maps as JSON, other types as DuckDB casts
 * them to text.
 * @throws UsageError if the file is damaged
 */
async function* parquetRows(path: string, columns: readonly ParquetColumn[]): AsyncGenerator<RawRow[]> {
  // One thread keeps the rows in the order of the file, and holds only one row group in memory.
  const database: Database = await openDatabase(':memory:', { threads: 1 })
  try {
    let line = 0
    for await (const rows of arrays(
      database.connection,
      `SELECT ${columns.map(asText).join(', ')} FROM ${table(path)}`,
    )) {
      yield rows.map((cells) => {
        line += 1
        return { line, cells: cells as (string | null)[] }
      })
    }
  } catch (error) {
    throw unreadable(path, error)
  } finally {
    database.close()
  }
}

/** The path is taken literally: pattern characters are put in brackets, and folder names like `a=b` do not add columns. */
function table(path: string): string {
  return `read_parquet(${pattern(path)}, hive_partitioning = false)`
}

function pattern(path: string): string {
  return quotedText(path.replace(/[[*?]/g, (character) => `[${character}]`))
}

function asText({ name, type }: ParquetColumn): string {
  if (type === 'VARCHAR') return quotedName(name)
  const nested = /^(STRUCT|MAP|UNION|VARIANT)\b|\[\d*\]$/.test(type)
  return nested ? `to_json(${quotedName(name)})::VARCHAR` : `${quotedName(name)}::VARCHAR`
}

function unreadable(path: string, error: unknown): UsageError {
  const [what] = messageOf(error).split('\n')
  return new UsageError(`${path} cannot be read as Parquet (${what}); write it again, or give CSV`, { cause: error })
}
