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

/** A Parquet file as a table. @throws UsageError if it is none, damaged, encrypted, or has no rows */
export async function parquetTable(path: string): Promise<Table> {
  await tryReading(path)
  const columns = await parquetColumns(path)
  const sample = await firstRows(parquetRows(path, columns), SAMPLE)
  if (sample.length === 0) throw new UsageError(`${path} has no rows; add the rows, or leave it out`)
  const names = columns.map(({ name }) => name)
  return {
    format: 'Parquet',
    columns: uniqueNames(names, path),
    headless: false,
    types: columns.map(({ type }) => type),
    sample: sample.slice(0, SAMPLE),
    data: () => parquetRows(path, columns),
  }
}

/** Every value is looked at, and there must be as many rows as the file says it has. */
async function tryReading(path: string): Promise<void> {
  const said = `(SELECT num_rows FROM parquet_file_metadata(${pattern(path)}))`
  const complaint = `error('it has ' || count(*) || ' rows, and says it has ' || ${said})`
  try {
    await tryQuery(`SELECT if(count(*) <> ${said}, ${complaint}, NULL), bit_xor(hash(COLUMNS(*))) FROM ${table(path)}`)
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
 * The rows of a Parquet file in its order, every cell as text: lists, structs and maps as JSON, the rest as DuckDB spells it.
 * @throws UsageError where the file is damaged
 */
async function* parquetRows(path: string, columns: readonly ParquetColumn[]): AsyncGenerator<RawRow[]> {
  // Rows come in the order of the file by themselves, and one thread takes the memory of one row group only.
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

/** The path is taken literally: what DuckDB would read as a pattern is put in brackets, and no folder name becomes a column. */
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
