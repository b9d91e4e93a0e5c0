import { all, first, quotedText, quotedName, type Connection } from '../../core/duckdb.js'
import type { Pipeline } from '../../model/pipeline.js'
import { tablesOfOthers } from '../../publish/copyIncluded.js'
import { keyOf } from '../../publish/checkKeys.js'
import type { TableDifference } from './replayReport.js'

type Key = readonly string[]

/**
 * Compares the tables of this database with those of the file `before`, row by row by their keys; a table without a key is
 * compared by whole rows.
 * Rows of an included folder are left out: they do not follow from `raw/`.
 * @returns one entry for each table that differs
 * @throws DuckDB's own error when the file cannot be read
 */
export async function compareWith(
  connection: Connection,
  pipeline: Pipeline,
  before: string,
): Promise<TableDifference[]> {
  await connection.run(`ATTACH ${quotedText(before)} AS before (READ_ONLY)`)
  try {
    const differences: TableDifference[] = []
    const here = await tablesIn(connection, 'current_database()')
    const published = await tablesIn(connection, quotedText('before'))
    const ofOthers = await tablesOfOthers(connection, 'before')
    const there = new Map([...published].filter(([table]) => !ofOthers.includes(table)))
    for (const table of [...new Set([...here.keys(), ...there.keys()])].sort()) {
      const sides = { here: here.get(table) ?? [], there: there.get(table) ?? [] }
      const difference = await compareTable(connection, table, sides, keyOf(pipeline, table))
      if (difference) differences.push(difference)
    }
    return differences
  } finally {
    await connection.run('DETACH before')
  }
}

/** The columns of each table, in order. */
async function tablesIn(connection: Connection, database: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const columns = await all<{ table: string; name: string }>(
    connection,
    `SELECT table_name AS "table", column_name AS name
     FROM duckdb_columns() SEMI JOIN duckdb_tables() USING (database_name, schema_name, table_name)
     WHERE database_name = ${database} AND schema_name = 'main'
       -- The fingerprint of the views depends on the version of the program, and the checked keys on the last publish.
       AND NOT (table_name = 'data_folder' AND column_name IN ('views', 'checked_before'))
     ORDER BY table_name, column_index`,
  )
  const tables = new Map<string, string[]>()
  for (const { table, name } of columns) tables.set(table, [...(tables.get(table) ?? []), name])
  return tables
}

async function compareTable(
  connection: Connection,
  table: string,
  { here, there }: { readonly here: readonly string[]; readonly there: readonly string[] },
  key: Key | undefined,
): Promise<TableDifference | undefined> {
  const same = here.filter((name) => there.includes(name))
  const only = (some: readonly string[], other: readonly string[]) => some.filter((name) => !other.includes(name))
  const columns = { columns_added: only(here, there), columns_removed: only(there, here) }
  if (here.length === 0 || there.length === 0) {
    const [rows_before, rows_after] = [
      await countRows(connection, there, table, 'before'),
      await countRows(connection, here, table),
    ]
    const [added, removed] = [rows_after, rows_before]
    return { table, rows_before, rows_after, added, removed, changed: 0, ...columns, columns_changed: {} }
  }
  const before = await contentOf(connection, same, table, 'before')
  const now = await contentOf(connection, same, table)
  const equal = before.rows === now.rows && before.content === now.content
  if (equal && columns.columns_added.length + columns.columns_removed.length === 0) return undefined
  const rows = equal
    ? NO_ROWS
    : await differingRows(connection, table, same, key?.every((name) => same.includes(name)) ? key : same)
  return { table, rows_before: before.rows, rows_after: now.rows, ...rows, ...columns }
}

type DifferingRows = Pick<TableDifference, 'added' | 'removed' | 'changed' | 'columns_changed'>

const NO_ROWS: DifferingRows = { added: 0, removed: 0, changed: 0, columns_changed: {} }

/** Rows are compared by a hash, so that wide rows of both sides need not be in memory together. */
async function differingRows(
  connection: Connection,
  table: string,
  columns: readonly string[],
  key: Key,
): Promise<DifferingRows> {
  const side = (database?: string) =>
    `SELECT ${list(key)}, hash(${list(columns)}) AS content FROM ${named(table, database)}`
  await connection.run(`
CREATE OR REPLACE TEMP TABLE differing AS
SELECT ${key.map((name) => `coalesce(a.${quotedName(name)}, b.${quotedName(name)}) AS ${quotedName(name)}`).join(', ')},
  a.content IS NOT NULL AS is_here, b.content IS NOT NULL AS was_there
FROM (${side()}) AS a FULL JOIN (${side('before')}) AS b ON ${sameKey(key, 'a', 'b')}
WHERE a.content IS DISTINCT FROM b.content`)
  const counts = await first<Omit<DifferingRows, 'columns_changed'>>(
    connection,
    `SELECT
       count(*) FILTER (NOT was_there) AS added,
       count(*) FILTER (NOT is_here) AS removed,
       count(*) FILTER (is_here AND was_there) AS changed
     FROM differing`,
  )
  const changed = counts!.changed === 0 ? {} : await changedColumns(connection, table, columns, key)
  await connection.run('DROP TABLE differing')
  return { ...counts!, columns_changed: changed }
}

async function changedColumns(
  connection: Connection,
  table: string,
  columns: readonly string[],
  key: Key,
): Promise<Record<string, number>> {
  const counts = columns.map(
    (name) => `count(*) FILTER (a.${quotedName(name)} IS DISTINCT FROM b.${quotedName(name)}) AS ${quotedName(name)}`,
  )
  const row = await first<Record<string, number>>(
    connection,
    `SELECT ${counts.join(', ')}
     FROM (SELECT * FROM differing WHERE is_here AND was_there) AS d
     JOIN ${named(table)} AS a ON ${sameKey(key, 'd', 'a')}
     JOIN ${named(table, 'before')} AS b ON ${sameKey(key, 'd', 'b')}`,
  )
  return Object.fromEntries(Object.entries(row!).filter(([, count]) => count > 0))
}

async function countRows(
  connection: Connection,
  columns: readonly string[],
  table: string,
  database?: string,
): Promise<number> {
  if (columns.length === 0) return 0
  const row = await first<{ rows: number }>(connection, `SELECT count(*) AS rows FROM ${named(table, database)}`)
  return row!.rows
}

interface Content {
  readonly rows: number
  readonly content: string
}

/** `content` is equal for the same rows in any order. */
async function contentOf(
  connection: Connection,
  columns: readonly string[],
  table: string,
  database?: string,
): Promise<Content> {
  const row = await first<Content>(
    connection,
    `SELECT count(*) AS rows, coalesce(sum(hash(${list(columns)})::HUGEINT), 0)::VARCHAR AS content FROM ${named(table, database)}`,
  )
  return row!
}

function named(table: string, database?: string): string {
  return `${database ? `${database}.main.` : ''}${quotedName(table)}`
}

function list(names: readonly string[]): string {
  return names.map(quotedName).join(', ')
}

function sameKey(key: Key, one: string, other: string): string {
  return key.map((name) => `${one}.${quotedName(name)} IS NOT DISTINCT FROM ${other}.${quotedName(name)}`).join(' AND ')
}
