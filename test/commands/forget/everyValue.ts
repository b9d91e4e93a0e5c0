import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { all, arrays, quotedText, openDatabase, type Connection } from '../../../src/core/duckdb.js'

/** A decoded value in a file under a folder. */
export interface Place {
  /** The file, with table and column if it has them. */
  readonly where: string
  readonly text: string
}

/** Every file under a folder, without links. */
export function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** Every value of every table of every database and Parquet file, bodies as text; every other file as text; every path. */
export async function everyValue(folder: string): Promise<Place[]> {
  const places: Place[] = []
  const { connection, ...database } = await openDatabase(':memory:')
  try {
    for (const path of filesUnder(folder)) {
      const name = relative(folder, path)
      places.push({ where: name, text: name })
      if (name.endsWith('lock.duckdb')) continue
      if (name.endsWith('.duckdb')) places.push(...(await inDatabase(connection, path, name)))
      else if (name.endsWith('.parquet')) places.push(...(await inParquet(connection, path, name)))
      else places.push({ where: name, text: readFileSync(path).toString('latin1') })
    }
    return places
  } finally {
    await database.close()
  }
}

/** The places with any of these ids: literal in any case, or in Base64 at any alignment. */
export async function whereIs(folder: string, ...ids: string[]): Promise<string[]> {
  const coded = ids.flatMap((id) =>
    [0, 1, 2].flatMap((shift) => [inBase64(id, shift), inBase64(id.toUpperCase(), shift)]),
  )
  const places = await everyValue(folder)
  const found = places.filter(({ text }) => {
    const lower = text.toLowerCase()
    return ids.some((id) => lower.includes(id.toLowerCase())) || coded.some((form) => text.includes(form))
  })
  return [...new Set(found.map(({ where }) => where))]
}

/** The part of the Base64 form that does not depend on the neighbouring bytes. */
function inBase64(id: string, shift: number): string {
  return Buffer.from('x'.repeat(shift) + id)
    .toString('base64')
    .slice(shift === 0 ? 0 : 4, -4)
}

async function inDatabase(connection: Connection, path: string, name: string): Promise<Place[]> {
  await connection.run(`ATTACH ${quotedText(path)} AS searched (TYPE duckdb, READ_ONLY)`)
  const columns = await all<Column & { table: string }>(
    connection,
    `SELECT table_name AS "table", column_name AS "column", data_type AS type
     FROM duckdb_columns() JOIN duckdb_tables() USING (database_name, table_name) WHERE database_name = 'searched'`,
  )
  const places: Place[] = []
  for (const table of new Set(columns.map((each) => each.table))) {
    const ofTable = columns.filter((each) => each.table === table)
    places.push(...(await inTable(connection, `searched."${table}"`, `${name}: ${table}`, ofTable)))
  }
  await connection.run('DETACH searched')
  return places
}

async function inParquet(connection: Connection, path: string, name: string): Promise<Place[]> {
  const table = `read_parquet(${quotedText(path)}, hive_partitioning = false)`
  const columns = await all<Column>(
    connection,
    `SELECT column_name AS "column", column_type AS type FROM (DESCRIBE SELECT * FROM ${table})`,
  )
  return inTable(connection, table, name, columns)
}

interface Column {
  readonly column: string
  readonly type: string
}

async function inTable(
  connection: Connection,
  table: string,
  name: string,
  columns: readonly Column[],
): Promise<Place[]> {
  const values = columns.map(({ column, type }) => (type === 'BLOB' ? `"${column}"` : `"${column}"::VARCHAR`))
  const places: Place[] = []
  for await (const rows of arrays(connection, `SELECT ${values.join(', ')} FROM ${table}`)) {
    for (const [at, value] of rows.flatMap((row) => [...row.entries()])) {
      if (value === null) continue
      const text = value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value)
      places.push({ where: `${name}.${columns[at]!.column}`, text })
    }
  }
  return places
}

/** Size and modification time of each file in a folder. */
export function statesOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    filesUnder(folder).map((path) => {
      const { size, mtimeMs } = statSync(path)
      return [relative(folder, path), `${size} ${mtimeMs}`]
    }),
  )
}
