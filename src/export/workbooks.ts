import { arrays, first, type Connection } from '../core/duckdb.js'
import { databaseMemory } from '../core/memory.js'
import { keyRanges, type CsvSelect } from './csvFile.js'
import { Dictionary, type Explained } from './dictionary.js'
import { linkOf, sheetRow, type SheetColumn } from './excel/sheetRow.js'
import type { Link } from './excel/workbook.js'
import type { SheetContent } from './excel/workbookFile.js'
import { enrichedHeader, inputRows, type ExportList, type WideColumns } from './exportRows.js'
import { overviewOf, type ExportPipeline, type Overview } from './overview.js'

/** What the workbooks of one publication have in common. */
export interface WorkbookSource {
  readonly overview: Overview
  readonly dictionary: Dictionary
}

export async function workbookSource(connection: Connection, pipeline: ExportPipeline): Promise<WorkbookSource> {
  return {
    overview: await overviewOf(connection, pipeline),
    dictionary: await Dictionary.read(connection, pipeline),
  }
}

/** Every creator: those with a profile by followers; all columns of all of them, by id; what the columns mean. */
export async function creatorSheets(
  connection: Connection,
  { overview, dictionary }: WorkbookSource,
  wide: WideColumns,
): Promise<SheetContent[]> {
  const { columns, sql } = overview
  const by = 'fans DESC NULLS LAST, user_id'
  return [
    await sheetOf(connection, { name: 'overview', frozen: 1, columns, from: `(${sql})`, alias: 'o', by }),
    await sheetOf(connection, {
      ...{ name: 'all', frozen: 2, columns: wide.columns, from: 'creators', alias: 'c', by: 'user_id' },
      parts: { key: 'user_id', keys: 'SELECT user_id AS key FROM creators' },
    }),
    dictionary.sheet(connection, [
      { name: 'overview', columns: dictionary.explain(columns, ['creator_overview']) },
      { name: 'all', columns: dictionary.explain(wide.columns, ['creators']) },
    ]),
  ]
}

/** The rows of a list in input order, as the CSV file has them, with the columns of the overview; what the columns mean. */
export async function listSheets(
  connection: Connection,
  { overview, dictionary }: WorkbookSource,
  list: ExportList,
): Promise<SheetContent[]> {
  // The day is `as_of` here.
  const shown = overview.columns.filter(({ name }) => name !== DAY)
  const header = enrichedHeader(
    list.columns,
    shown.map(({ name }) => name),
  )
  const own = list.columns.map((_, at) => ({ type: 'VARCHAR', sql: `o.input_cells[${at + 1}]` }))
  const columns = [...own, ...STATUS, ...shown].map((column, at) => ({ ...column, name: header[at]! }))
  const meanings = [
    ...list.columns.map(() => ({ meaning: 'Your column, as in the input.', source: 'the list' })),
    ...STATUS,
    ...dictionary.explain(shown, ['creator_overview']),
  ]
  const explained = columns.map(({ name, type }, at): Explained => {
    return { name, type, meaning: meanings[at]!.meaning, source: meanings[at]!.source }
  })
  const from = `(
SELECT m.row_number AS input_row, m.cells AS input_cells, m.status AS input_status, m.reason AS input_reason, o.*
FROM (${inputRows(list.name)}) AS m LEFT JOIN (${overview.sql}) AS o ON o.user_id = m.user_id)`
  return [
    await sheetOf(connection, {
      ...{ name: 'list', frozen: 1, columns, from, alias: 'o', by: 'input_row' },
      parts: { key: 'input_row', keys: `SELECT row_number AS key FROM (${inputRows(list.name)})` },
    }),
    dictionary.sheet(connection, [{ name: 'list', columns: explained }]),
  ]
}

const DAY = 'last_observed_day'
const STATUS: readonly (Omit<SheetColumn, 'name'> & Omit<Explained, 'name'>)[] = [
  {
    type: 'VARCHAR',
    sql: 'o.input_status',
    meaning: "The row's outcome in the last run of the list: enriched, reused, empty, failed, rejected or parked.",
    source: 'the run',
  },
  { type: 'VARCHAR', sql: 'o.input_reason', meaning: 'The reason of that outcome, such as a code.', source: 'the run' },
  { type: 'DATE', sql: `o.${DAY}`, meaning: 'The day of the profile in this row.', source: 'the run' },
]

export interface SheetQuery {
  readonly name: string
  readonly frozen: number
  /** Their SQL reads from `alias`. */
  readonly columns: readonly SheetColumn[]
  readonly from: string
  readonly alias: string
  /** SQL of the order, unique. */
  readonly by: string
  /** For wide rows: the only column of `by`, and SQL that selects its values as `key`. The rows are then sorted part by part. */
  readonly parts?: Pick<CsvSelect, 'key' | 'keys'>
}

/** Excel's limit for the links of a sheet. Further rows show the address as text. */
const MOST_LINKS = 65_530

/** Rows that are sorted at a time for each MB of DuckDB's memory. */
const ROWS_A_MB = 5

/** The rows of a query as a sheet. */
export async function sheetOf(connection: Connection, query: SheetQuery): Promise<SheetContent> {
  const { name, frozen, columns, from, alias } = query
  const counted = await first<{ rows: number }>(connection, `SELECT count(*) AS rows FROM ${from} AS ${alias}`)
  const links: Link[] = []
  const rows = rowsOf(connection, query, links)
  return { name, frozen, columns, count: counted!.rows, rows, ...(columns.some(({ link }) => link) ? { links } : {}) }
}

async function* rowsOf(
  connection: Connection,
  { columns, from, alias, by, parts }: SheetQuery,
  links: Link[],
): AsyncGenerator<Uint8Array[]> {
  let row = 1
  const size = databaseMemory() * ROWS_A_MB
  const ranges = parts ? await keyRanges(connection, parts, size) : ['TRUE']
  for (const [at, range] of ranges.entries()) {
    const batches = arrays(
      connection,
      `SELECT ${sheetRow(columns, `${alias}.sheet_place + ${at * size + 1}`)}, ${linkOf(columns)}
       FROM (SELECT *, row_number() OVER (ORDER BY ${by}) AS sheet_place FROM ${from} AS ${alias} WHERE ${range}) AS ${alias}
       ORDER BY ${alias}.sheet_place`,
    )
    for await (const batch of batches) {
      for (const [, address] of batch) {
        row += 1
        if (typeof address === 'string' && links.length < MOST_LINKS) links.push({ row, address })
      }
      yield batch.map(([written]) => written as Uint8Array)
    }
  }
}
