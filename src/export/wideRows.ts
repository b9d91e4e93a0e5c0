import { collectGarbage } from '../collectGarbage.js'
import { all, arrays, first, literal, quoted, type Connection } from '../database.js'
import type { CsvCell } from './csvFile.js'

/**
 * Rows joined and sorted at a time: the wide rows of all at once do not fit the memory that DuckDB is given. Small ranges
 * keep the memory flat; but each may have to read the whole table, where the order is not that of the table.
 */
const SMALL_RANGE = 1_024
const MOST_RANGES = 100

export interface WideColumns {
  readonly names: readonly string[]
  /**
   * SQL for one creator `c` as JSON text: an array of texts and nulls, in the order of `names`. One text a row is read
   * several times faster than 130 values.
   */
  readonly json: string
}

/** SQL for the text of an instant: ISO 8601, UTC, milliseconds. */
export function isoText(expression: string, type = 'TIMESTAMP WITH TIME ZONE'): string {
  const utc = type === 'TIMESTAMP' ? expression : `${expression} AT TIME ZONE 'UTC'`
  return `strftime(${utc}, '%Y-%m-%dT%H:%M:%S.%gZ')`
}

/** The columns of the creators table as the database has them. */
export async function wideColumns(connection: Connection): Promise<WideColumns> {
  const columns = await all<{ name: string; type: string }>(
    connection,
    `SELECT name, type FROM pragma_table_info('creators') ORDER BY cid`,
  )
  const texts = columns.map(({ name, type }) => {
    const column = `c.${quoted(name)}`
    return type.startsWith('TIMESTAMP') ? isoText(column, type) : `CAST(${column} AS VARCHAR)`
  })
  return { names: columns.map(({ name }) => name), json: `to_json([${texts.join(', ')}])` }
}

/** Every creator, ordered by id. */
export async function* creatorRows(connection: Connection, wide: WideColumns): AsyncGenerator<Iterable<CsvCell[]>> {
  const order = 'SELECT row_number() OVER () AS ord, rid FROM (SELECT rowid AS rid FROM creators ORDER BY user_id)'
  const range = (bounds: Bounds): string => `SELECT ord, rid FROM export_order WHERE ${bounds('ord')}`
  for await (const rows of inRanges(connection, order, range, [], wide)) {
    yield mapped(rows, ([json]) => texts(json!))
  }
}

/**
 * Every input row of a list, in input order: the cells of the input (as many as it has columns), status, reason, the
 * instant of the profile, then the wide columns.
 */
export async function* listRows(
  connection: Connection,
  wide: WideColumns,
  list: { readonly name: string; readonly columns: readonly string[] },
): AsyncGenerator<Iterable<CsvCell[]>> {
  const ofList = `m.list = ${literal(list.name)}`
  const order = `
    SELECT m.row_number AS ord, c.rowid AS rid
    FROM list_members AS m LEFT JOIN creators AS c ON c.user_id = m.user_id
    WHERE ${ofList} ORDER BY ord`
  const range = (bounds: Bounds): string => `
    SELECT o.ord, o.rid, m.input, m.status, m.reason
    FROM export_order AS o JOIN list_members AS m ON m.row_number = o.ord
    WHERE ${bounds('o.ord')} AND ${bounds('m.row_number')} AND ${ofList}`
  const head = ['r.input', 'r.status', 'r.reason', isoText('c.last_fetched_at')]
  for await (const rows of inRanges(connection, order, range, head, wide)) {
    yield mapped(rows, ([input, status, reason, asOf, json]) => {
      const given = texts(input!)
      const own = list.columns.map((_, index) => given[index] ?? null)
      return [...own, status!, reason!, asOf!, ...texts(json!)]
    })
  }
}

/** The header of an enriched list: a column of ours whose name the input has already is prefixed until it is its own. */
export function enrichedHeader(input: readonly string[], wide: WideColumns): string[] {
  const taken = new Set(input.map((name) => name.trim()))
  const added = ['enrich_status', 'enrich_reason', 'as_of', ...wide.names].map((name) => {
    let free = name
    while (taken.has(free)) free = `enriched_${free}`
    taken.add(free)
    return free
  })
  return [...input, ...added]
}

/** SQL condition: a column lies in the range. */
type Bounds = (column: string) => string

/**
 * Batches of [...head, wide JSON] in the order of `order`, which selects (ord, rid): a number for each row, and the rowid
 * of its creator or NULL. Each range `r` of it becomes a small TEMP table first: DuckDB then knows its size, builds the
 * join on it and never on the wide rows, and skips the parts of creators where none of its rowids lie.
 */
async function* inRanges(
  connection: Connection,
  order: string,
  range: (bounds: Bounds) => string,
  head: readonly string[],
  wide: WideColumns,
): AsyncGenerator<CsvCell[][]> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE export_order AS ${order}`)
  const ends = await first<{ lowest: number; highest: number }>(
    connection,
    'SELECT min(ord) AS lowest, max(ord) AS highest FROM export_order HAVING count(*) > 0',
  )
  const size = ends ? Math.max(SMALL_RANGE, Math.ceil((ends.highest - ends.lowest + 1) / MOST_RANGES)) : 0
  for (let from = ends?.lowest ?? 0; ends && from <= ends.highest; from += size) {
    const bounds = (column: string): string => `${column} >= ${from} AND ${column} < ${from + size}`
    await connection.run(`CREATE OR REPLACE TEMP TABLE export_range AS ${range(bounds)}`)
    const rows = arrays(
      connection,
      `SELECT ${[...head, wide.json].join(', ')}
       FROM export_range AS r LEFT JOIN creators AS c ON c.rowid = r.rid
       ORDER BY r.ord`,
    )
    yield* rows as AsyncGenerator<CsvCell[][]>
    collectGarbage()
  }
  await connection.run('DROP TABLE IF EXISTS export_range')
  await connection.run('DROP TABLE export_order')
}

/** Row by row, so that the cells of one are garbage before those of the next are made. */
function* mapped(rows: readonly CsvCell[][], toCells: (row: CsvCell[]) => CsvCell[]): Generator<CsvCell[]> {
  for (const row of rows) yield toCells(row)
}

/** Cells from the JSON text of an array of texts and nulls. */
function texts(json: string): CsvCell[] {
  return JSON.parse(json) as CsvCell[]
}
