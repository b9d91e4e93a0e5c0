import type { DuckDBType } from '@duckdb/node-api'
import { arrays, openDatabase, quotedName, type Connection } from '../core/duckdb.js'
import { UsageError } from '../core/errors.js'
import { uniqueNames } from './columns.js'
import { textOrNull } from './parquetCells.js'
import { parquetFooter } from './parquetFooter.js'
import { parquetSql, readerOptions, stopAt, parquetError } from './parquetSql.js'

export interface ParquetColumn {
  /** As it stands in the file. */
  readonly name: string
  /** DuckDB's name for it, and its type. */
  readonly sqlName: string
  readonly type: DuckDBType
  /** Whether the cells are text in the file, maybe without the mark that says so. */
  readonly isText: boolean
  /** Values of a column of bytes that are not UTF-8. */
  readonly broken: number
}

/**
 * The names of the columns as they stand in the files. DuckDB renames a column whose name another one has.
 * @throws UsageError if a name stands twice, if a file has other columns than the first, or if it cannot be read
 */
export async function columnNames(parts: readonly string[], signal?: AbortSignal): Promise<string[]> {
  let first: string[] | undefined
  for (const part of parts) {
    stopAt(part, signal)
    const { columns } = await parquetFooter(part).catch((error: unknown) => {
      throw parquetError(part, error)
    })
    const names = uniqueNames(columns, part)
    first ??= names
    refuseOther(part, parts[0]!, names, first)
  }
  return first!
}

function refuseOther(part: string, first: string, columns: readonly string[], expected: readonly string[]): void {
  const length = Math.max(columns.length, expected.length)
  const at = Array.from({ length }, (_, index) => index).find((index) => columns[index] !== expected[index])
  if (at === undefined) return
  const [own, other] = [columns[at], expected[at]].map((name) => (name === undefined ? 'absent' : JSON.stringify(name)))
  const what = `column ${at + 1} is ${own}, but in ${first} it is ${other}`
  throw new UsageError(`${part}: ${what}; give every file of the folder the same columns`)
}

/**
 * The columns with their types, which every file must share.
 * @throws UsageError if a file has another type than the first, or is damaged
 */
export async function parquetColumns(parts: readonly string[], names: readonly string[]): Promise<ParquetColumn[]> {
  const database = await openDatabase(':memory:', readerOptions())
  let part = parts[0]!
  try {
    const first = await columnsOf(database.connection, part)
    const counts = new Map<number, Counts>()
    for (part of parts) {
      const columns = await columnsOf(database.connection, part)
      const at = columns.findIndex(({ type }, index) => String(type) !== String(first[index]!.type))
      if (at >= 0) throw otherType(part, parts[0]!, names[at]!, [columns[at]!, first[at]!])
      await countBytes(database.connection, part, columns, counts)
    }
    return first.map(({ sqlName, type }, index) => {
      const { values = 0, broken = 0 } = counts.get(index) ?? {}
      const isText = String(type) === 'VARCHAR' || (String(type) === 'BLOB' && broken * 2 <= values)
      return { name: names[index]!, sqlName, type, isText, broken }
    })
  } catch (error) {
    throw parquetError(part, error)
  } finally {
    await database.close()
  }
}

type SqlColumn = Pick<ParquetColumn, 'sqlName' | 'type'>

async function columnsOf(connection: Connection, part: string): Promise<SqlColumn[]> {
  const result = await connection.stream(`FROM ${parquetSql(part)} LIMIT 0`)
  const types = result.columnTypes()
  return result.columnNames().map((sqlName, index) => ({ sqlName, type: types[index]! }))
}

function otherType(part: string, first: string, name: string, [own, other]: [SqlColumn, SqlColumn]): UsageError {
  const what = `column ${JSON.stringify(name)} is ${String(own.type)}, but in ${first} it is ${String(other.type)}`
  return new UsageError(`${part}: ${what}; give every file of the folder the same columns`)
}

/** The values of a column of bytes, and those of them that are not UTF-8. */
interface Counts {
  readonly values: number
  readonly broken: number
}

async function countBytes(
  connection: Connection,
  part: string,
  columns: readonly SqlColumn[],
  counts: Map<number, Counts>,
): Promise<void> {
  const places = columns.flatMap(({ type }, index) => (String(type) === 'BLOB' ? [index] : []))
  if (places.length === 0) return
  const names = places.map((index) => quotedName(columns[index]!.sqlName))
  const wanted = names.flatMap((name) => [`count(${name})`, `count(${textOrNull(name)})`])
  for await (const [row] of arrays(connection, `SELECT ${wanted.join(', ')} FROM ${parquetSql(part)}`)) {
    places.forEach((index, n) => {
      const [all, text] = [Number(row![n * 2]), Number(row![n * 2 + 1])]
      const { values, broken } = counts.get(index) ?? { values: 0, broken: 0 }
      counts.set(index, { values: values + all, broken: broken + all - text })
    })
  }
}
