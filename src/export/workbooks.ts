import { arrays, first, type Connection } from '../core/duckdb.js'
import { databaseMemory } from '../core/memory.js'
import { keyRanges, type CsvSelect } from './csvFile.js'
import type { Language } from '../model/language.js'
import { Dictionary, type Explained } from './dictionary.js'
import { linkOf, sheetRow, type SheetColumn } from './excel/sheetRow.js'
import type { Link } from './excel/workbook.js'
import type { SheetContent } from './excel/workbookFile.js'
import { freeNames, inputRows, wordSql, type ExportList, type IncludedRows, type WideColumns } from './exportRows.js'
import { overviewOf, type ExportPipeline, type Overview } from './overview.js'

/** What the workbooks of one publication have in common. */
export interface WorkbookSource {
  readonly overview: Overview
  readonly dictionary: Dictionary
}

export async function workbookSource(
  connection: Connection,
  pipeline: ExportPipeline,
  lang: Language,
  included?: IncludedRows,
): Promise<WorkbookSource> {
  return {
    overview: await overviewOf(connection, pipeline, undefined, undefined, included),
    dictionary: await Dictionary.read(connection, pipeline, lang, included),
  }
}

/** Every creator: those with a profile by followers; all columns of all of them, by id; what the columns mean. */
export async function creatorSheets(
  connection: Connection,
  { overview, dictionary }: WorkbookSource,
  wide: WideColumns,
): Promise<SheetContent[]> {
  const by = 'fans DESC NULLS LAST, user_id'
  return overviewAndAll(connection, dictionary, {
    overview: { columns: overview.columns, from: `(${overview.sql})`, by },
    all: {
      ...{ columns: wide.columns, from: 'creators', by: 'user_id' },
      parts: { key: 'user_id', keys: 'SELECT user_id AS key FROM creators' },
    },
  })
}

/** A sheet of the overview (rows `o`), one of all columns (rows `c`), and what they mean. */
export async function overviewAndAll(
  connection: Connection,
  dictionary: Dictionary,
  queries: Readonly<Record<'overview' | 'all', Pick<SheetQuery, 'columns' | 'from' | 'by' | 'parts'>>>,
): Promise<SheetContent[]> {
  const { sheets } = dictionary.text
  const overview = dictionary.titled(queries.overview.columns, ['creator_overview'])
  const every = dictionary.titled(queries.all.columns, ['creators'])
  return [
    await sheetOf(connection, {
      ...{ ...queries.overview, name: sheets.overview, frozen: 1, columns: overview, alias: 'o' },
    }),
    await sheetOf(connection, { ...queries.all, name: sheets.all, frozen: 2, columns: every, alias: 'c' }),
    dictionary.sheet(connection, [
      { name: sheets.overview, columns: dictionary.explain(overview, ['creator_overview']) },
      { name: sheets.all, columns: dictionary.explain(every, ['creators']) },
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
  const { sheets, prefix, rowStatus, rowStatuses, yourColumn, ofList, ofRun } = dictionary.text
  const shown = dictionary.titled(
    overview.columns.filter(({ name }) => name !== DAY),
    ['creator_overview'],
  )
  const own = list.columns.map((name, at): SheetColumn => ({ name, type: 'VARCHAR', sql: `o.input_cells[${at + 1}]` }))
  const status = STATUS.map((column): SheetColumn => {
    const sql = column.name === 'enrich_status' ? wordSql(column.sql, rowStatuses, column.sql) : column.sql
    return { ...column, sql, title: rowStatus[column.name][0] }
  })
  const titles = freeNames(
    list.columns,
    [...status, ...shown].map(({ title, name }) => title ?? name),
    prefix,
  )
  const columns = [...own, ...[...status, ...shown].map((column, at) => ({ ...column, title: titles[at]! }))]
  const explained: Explained[] = [
    ...own.map((column) => ({ ...column, meaning: yourColumn, source: ofList })),
    ...STATUS.map((column) => ({ ...column, meaning: rowStatus[column.name][1], source: ofRun })),
    ...dictionary.explain(shown, ['creator_overview']),
  ].map((each, at) => ({ ...each, title: columns[at]!.title ?? each.name }))
  const from = `(
SELECT m.row_number AS input_row, m.cells AS input_cells, m.status AS input_status, m.reason AS input_reason, o.*
FROM (${inputRows(list.name)}) AS m LEFT JOIN (${overview.sql}) AS o ON o.user_id = m.user_id)`
  return [
    await sheetOf(connection, {
      ...{ name: sheets.list, frozen: 1, columns, from, alias: 'o', by: 'input_row' },
      parts: { key: 'input_row', keys: `SELECT row_number AS key FROM (${inputRows(list.name)})` },
    }),
    dictionary.sheet(connection, [{ name: sheets.list, columns: explained }]),
  ]
}

const DAY = 'last_observed_day'
const STATUS = [
  { name: 'enrich_status', type: 'VARCHAR', sql: 'o.input_status' },
  { name: 'enrich_reason', type: 'VARCHAR', sql: 'o.input_reason' },
  { name: 'as_of', type: 'DATE', sql: `o.${DAY}` },
] as const

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
