import { all, blobs, first, quotedText, quotedName, type Connection } from '../core/duckdb.js'
import { collectGarbage } from '../core/memory.js'
import { plainText, csvRecord, timeText } from './csvRecord.js'
import { sheetRow, type SheetColumn } from './excel/sheetRow.js'

export interface WideColumns {
  readonly names: readonly string[]
  /** SQL for the cells of one creator `c`, in the order of `names`. */
  readonly cells: readonly string[]
  /** The same columns for a sheet. */
  readonly columns: readonly SheetColumn[]
}

/** The columns of the creators table as the database has them. */
export async function wideColumns(connection: Connection): Promise<WideColumns> {
  const known = await all<{ name: string; type: string }>(
    connection,
    `SELECT name, type FROM pragma_table_info('creators') ORDER BY cid`,
  )
  const columns = known.map(({ name, type }) => ({ name, type, sql: `c.${quotedName(name)}` }))
  return {
    names: columns.map(({ name }) => name),
    cells: columns.map(({ type, sql }) => (type.startsWith('TIMESTAMP') ? timeText(sql) : plainText(sql))),
    columns,
  }
}

/** Every creator, ordered by id. */
export function creatorRows(connection: Connection, wide: WideColumns): AsyncGenerator<Uint8Array[]> {
  return creatorsInRanges(connection, csvRecord(wide.cells))
}

/** Every creator, ordered by id, as rows of a sheet below its header. */
export function creatorSheetRows(connection: Connection, wide: WideColumns): AsyncGenerator<Uint8Array[]> {
  return creatorsInRanges(connection, sheetRow(wide.columns, 'r.ord + 1'))
}

/** @param record SQL over the creator `c` and `r.ord`, its number from 1 */
function creatorsInRanges(connection: Connection, record: string): AsyncGenerator<Uint8Array[]> {
  const order = 'SELECT row_number() OVER () AS ord, rid FROM (SELECT rowid AS rid FROM creators ORDER BY user_id)'
  const range = (bounds: Bounds): string => `SELECT ord, rid FROM export_order WHERE ${bounds('ord')}`
  return inRanges(connection, order, range, record)
}

/**
 * Every input row of a list, in input order: the cells of the input (as many as it has columns), status, reason, the time
 * of the profile, then the wide columns.
 */
export function listRows(
  connection: Connection,
  wide: WideColumns,
  list: { readonly name: string; readonly columns: readonly string[] },
): AsyncGenerator<Uint8Array[]> {
  const ofList = `m.list = ${quotedText(list.name)}`
  const order = `
    SELECT m.row_number AS ord, c.rowid AS rid
    FROM list_members AS m LEFT JOIN creators AS c ON c.user_id = m.user_id
    WHERE ${ofList} ORDER BY ord`
  const range = (bounds: Bounds): string => `
    SELECT o.ord, o.rid, from_json(m.input, '["VARCHAR"]') AS cells, m.status, m.reason
    FROM export_order AS o JOIN list_members AS m ON m.row_number = o.ord
    WHERE ${bounds('o.ord')} AND ${bounds('m.row_number')} AND ${ofList}`
  const own = list.columns.map((_, index) => `r.cells[${index + 1}]`)
  const cells = [...own, 'r.status', 'r.reason', timeText('c.last_fetched_at'), ...wide.cells]
  return inRanges(connection, order, range, csvRecord(cells))
}

/** The header of an enriched list. Our columns get a prefix until no other column has their name. */
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
 * Rows that are joined and sorted at a time: the wide rows of all creators do not fit DuckDB's memory limit. Small ranges
 * keep the memory flat, but each may read the whole table if the rows of the table lie in another order.
 */
const SMALL_RANGE = 1_024
const MOST_RANGES = 100

/**
 * Records in the order of `order`, which selects (ord, rid): a number for each row, and the rowid of its creator or NULL.
 * Each range `r` becomes a small TEMP table first: DuckDB then knows its size, builds the join on it and never on the wide
 * rows, and skips the parts of `creators` without these rowids.
 */
async function* inRanges(
  connection: Connection,
  order: string,
  range: (bounds: Bounds) => string,
  record: string,
): AsyncGenerator<Uint8Array[]> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE export_order AS ${order}`)
  const ends = await first<{ lowest: number; highest: number }>(
    connection,
    'SELECT min(ord) AS lowest, max(ord) AS highest FROM export_order HAVING count(*) > 0',
  )
  const size = ends ? Math.max(SMALL_RANGE, Math.ceil((ends.highest - ends.lowest + 1) / MOST_RANGES)) : 0
  for (let from = ends?.lowest ?? 0; ends && from <= ends.highest; from += size) {
    const bounds = (column: string): string => `${column} >= ${from} AND ${column} < ${from + size}`
    await connection.run(`CREATE OR REPLACE TEMP TABLE export_range AS ${range(bounds)}`)
    const records = blobs(
      connection,
      `SELECT ${record} FROM export_range AS r LEFT JOIN creators AS c ON c.rowid = r.rid ORDER BY r.ord`,
    )
    for await (const some of records) {
      yield some
      collectGarbage()
    }
  }
  await connection.run('DROP TABLE IF EXISTS export_range')
  await connection.run('DROP TABLE export_order')
}

export const REJECTS_HEADER = ['line', 'row_number', 'cell', 'reason', 'remedy'] as const

/** The rejected rows of a list, in input order. A row that only the API rejected shows its id as the cell. */
export function rejectRows(connection: Connection, list: string): AsyncGenerator<Uint8Array[]> {
  return blobs(
    connection,
    `SELECT ${csvRecord([plainText('m.line'), plainText('m.row_number'), 'coalesce(r.cell, m.user_id)', 'coalesce(m.reason, r.reason)', 'r.remedy'])}
     FROM list_members AS m
     LEFT JOIN (
       SELECT * FROM rejects WHERE list = ${quotedText(list)}
       QUALIFY row_number() OVER (PARTITION BY row_number ORDER BY run_id DESC) = 1
     ) AS r ON r.row_number = m.row_number
     WHERE m.list = ${quotedText(list)} AND m.status = 'rejected'
     ORDER BY m.row_number`,
  )
}

export const FAILURES_HEADER = ['user_id', 'code', 'message', 'attempts', 'failed_at', 'billed'] as const

/** Each failed id of these lists once, by id, with its latest failure. If it has none, the code is the reason of its row. */
export function failureRows(connection: Connection, lists: readonly string[]): AsyncGenerator<Uint8Array[]> {
  return blobs(
    connection,
    `SELECT ${csvRecord(['m.user_id', 'coalesce(f.code, m.reason)', 'f.message', plainText('f.attempts'), timeText('f.failed_at'), 'f.billed'])}
     FROM (
       SELECT user_id, min(reason) AS reason FROM list_members
       WHERE status = 'failed' AND list IN (SELECT unnest([${lists.map(quotedText).join(', ')}]::VARCHAR[]))
       GROUP BY user_id
     ) AS m
     LEFT JOIN (
       SELECT * FROM failures QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY failed_at DESC, run_id DESC) = 1
     ) AS f ON f.user_id = m.user_id
     ORDER BY m.user_id`,
  )
}
