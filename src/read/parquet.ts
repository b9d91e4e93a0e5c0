import { arrays, openDatabase, quotedName } from '../core/duckdb.js'
import { UsageError } from '../core/errors.js'
import { parquetMemory } from '../core/memory.js'
import type { InputFile } from './file.js'
import { asText } from './parquetCells.js'
import { columnNames, parquetColumns, type ParquetColumn } from './parquetColumns.js'
import { tryQueries } from './parquetProbe.js'
import { parquetSql, pathPattern, readerOptions, stopAt, parquetError } from './parquetSql.js'
import { firstRows, type RawRow, SAMPLE, type Table } from './table.js'

/**
 * A Parquet file, or the Parquet files of a folder, as a table.
 * @throws UsageError if a file is not Parquet, is damaged or encrypted, has a form that this program does not read, or has
 * other columns than the first file; also if no file has a row
 */
export async function parquetTable({ path, parts }: InputFile, signal?: AbortSignal): Promise<Table> {
  const names = await columnNames(parts, signal)
  await tryReading(parts, signal)
  const columns = await parquetColumns(parts, names)
  const sample = await firstRows(parquetRows(parts, columns, signal), SAMPLE)
  if (sample.length === 0) throw new UsageError(`${path} has no rows; add rows, or leave the file out`)
  const files = parts[0] === path ? [] : [`${parts.length} ${parts.length === 1 ? 'file' : 'files'}`]
  const broken = columns.filter((column) => column.broken > 0).map(notUtf8)
  return {
    format: ['Parquet', ...files, ...broken.slice(0, 20)].join(', '),
    columns: names,
    hasHeader: true,
    types: columns.map(({ type, isText }) => (isText ? 'VARCHAR' : String(type))),
    sample: sample.slice(0, SAMPLE),
    data: () => parquetRows(parts, columns, signal),
  }
}

function notUtf8({ name, isText, broken }: ParquetColumn): string {
  if (!isText) return `${JSON.stringify(name)} stays bytes because most of its values are not UTF-8`
  return `${broken} ${broken === 1 ? 'value' : 'values'} of ${JSON.stringify(name)} not UTF-8 and shown as \\x…`
}

/** Reads every value, and checks that each file has as many rows as its footer says. */
async function tryReading(parts: readonly string[], signal?: AbortSignal): Promise<void> {
  const queries = parts.map((part) => {
    const declared = `(SELECT num_rows FROM parquet_file_metadata(${pathPattern(part)}))`
    const mismatch = `error('it has ' || count(*) || ' rows, but its footer says ' || ${declared})`
    return `SELECT if(count(*) <> ${declared}, ${mismatch}, NULL), bit_xor(hash(COLUMNS(*))) FROM ${parquetSql(part)}`
  })
  const megabytes = parquetMemory()
  const failed = await tryQueries(queries, megabytes, signal)
  const part = parts[failed?.index ?? 0]!
  stopAt(part, signal)
  if (failed) throw parquetError(part, new Error(failed.reason), megabytes)
}

/**
 * The rows of the files in their order, every cell as text.
 * @throws UsageError if a file is damaged; StoppedError after the signal
 */
async function* parquetRows(
  parts: readonly string[],
  columns: readonly ParquetColumn[],
  signal?: AbortSignal,
): AsyncGenerator<RawRow[]> {
  const cells = columns.map(cellOf).join(', ')
  const database = await openDatabase(':memory:', readerOptions())
  let part = ''
  try {
    let line = 0
    for (part of parts) {
      for await (const rows of arrays(database.connection, `SELECT ${cells} FROM ${parquetSql(part)}`)) {
        stopAt(part, signal)
        yield rows.map((row) => {
          line += 1
          return { line, cells: row as (string | null)[] }
        })
      }
    }
  } catch (error) {
    throw parquetError(part, error)
  } finally {
    await database.close()
  }
}

function cellOf({ sqlName, type, isText, broken }: ParquetColumn): string {
  const name = quotedName(sqlName)
  if (String(type) !== 'BLOB') return asText(type, name)
  if (!isText) return `${name}::VARCHAR`
  return broken > 0 ? asText(type, name) : `decode(${name})`
}
