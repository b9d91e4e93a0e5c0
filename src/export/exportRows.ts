import { all, quotedText, quotedName, type Connection } from '../core/duckdb.js'
import type { Words } from '../model/language.js'
import { columnOf, type Pipeline } from '../model/pipeline.js'
import type { RowWords } from '../model/rowWords.js'
import type { CsvSelect } from './csvFile.js'
import { textCell, timeText, type TextCell } from './csvRecord.js'
import type { SheetColumn } from './excel/sheetRow.js'
import { wideOrder } from './wideOrder.js'

/** A list whose files are written. */
export interface ExportList {
  readonly name: string
  /** Of the input, in its order. */
  readonly columns: readonly string[]
}

/** Rows of another data folder, which files show beside those of this one. */
export interface IncludedRows {
  /** SQL of a table with the column `user_id`; a row of it is `i`. */
  readonly table: string
  readonly columns: readonly (Pick<SheetColumn, 'name' | 'type' | 'sql'> & { readonly meaning: string })[]
}

export interface WideColumns {
  readonly names: readonly string[]
  /** The cells of one creator `c`, in the order of `names`. */
  readonly cells: CsvSelect['cells']
  /** The same columns for a sheet. */
  readonly columns: readonly SheetColumn[]
}

/** The columns of the creators table, in the order of `wideOrder`. */
export async function wideColumns(connection: Connection, pipeline: Pick<Pipeline, 'columns'>): Promise<WideColumns> {
  const known = await all<{ name: string; type: string }>(
    connection,
    `SELECT name, type FROM pragma_table_info('creators') ORDER BY cid`,
  )
  const linked = columnOf(pipeline, 'profileUrl')
  const columns = wideOrder(pipeline, known).map(({ name, type }) => {
    return { name, type, sql: `c.${quotedName(name)}`, ...(name === linked && { link: true }) }
  })
  return {
    names: columns.map(({ name }) => name),
    cells: columns.map(({ type, sql }) => cellOf(type, sql)),
    columns,
  }
}

function cellOf(type: string, sql: string): string | TextCell {
  if (type.startsWith('TIMESTAMP')) return timeText(sql)
  return type === 'VARCHAR' ? textCell(sql) : sql
}

/** What a CSV file holds. */
export type CsvRows = Omit<CsvSelect, 'bom'>

/** Every creator, ordered by id. */
export function creatorRows({ names, cells }: WideColumns): CsvRows {
  return {
    header: names,
    cells,
    from: 'FROM creators AS c',
    key: 'c.user_id',
    keys: 'SELECT user_id AS key FROM creators',
  }
}

/**
 * Every input row of a list, in input order: the cells of the input (as many as it has columns), status, reason, the time
 * of the profile, then the wide columns, and those of an included folder.
 */
export function listRows(wide: WideColumns, list: ExportList, included?: IncludedRows): CsvRows {
  const others = included?.columns ?? []
  const own = list.columns.map((_, at) => textCell(`m.cells[${at + 1}]`))
  return {
    header: [
      ...list.columns,
      ...freeNames(list.columns, [
        'enrich_status',
        'enrich_reason',
        'as_of',
        ...wide.names,
        ...others.map(({ name }) => name),
      ]),
    ],
    cells: [
      ...own,
      'm.status',
      textCell('m.reason'),
      timeText('c.last_fetched_at'),
      ...wide.cells,
      ...others.map(({ type, sql }) => cellOf(type, sql)),
    ],
    from: `
FROM (${inputRows(list.name)}) AS m
LEFT JOIN creators AS c ON c.user_id = m.user_id ${joinIncluded(included, 'm.user_id')}`,
    key: 'm.row_number',
    keys: `SELECT row_number AS key FROM list_members WHERE list = ${quotedText(list.name)}`,
  }
}

/** SQL that adds the row `i` of the same person; empty without an included folder. */
export function joinIncluded(included: IncludedRows | undefined, id: string): string {
  return included ? `LEFT JOIN ${included.table} AS i ON i.user_id = ${id}` : ''
}

/** SQL for the rows of a list, with the cells of the input as a list. */
export function inputRows(list: string): string {
  return `SELECT user_id, row_number, status, reason, from_json(input, '["VARCHAR"]') AS cells
  FROM list_members WHERE list = ${quotedText(list)}`
}

/** Names for our columns beside those of a list: each gets a prefix until no other column has its name. */
export function freeNames(input: readonly string[], ours: readonly string[], prefix = 'enriched_'): string[] {
  const taken = new Set(input.map((name) => name.trim()))
  return ours.map((name) => {
    let free = name
    while (taken.has(free)) free = prefix + free
    taken.add(free)
    return free
  })
}

/** The rejected rows of a list, in input order. A row that only the API rejected shows its id as the cell. */
export function rejectRows(list: string, { remedies }: RowWords): CsvRows {
  return {
    header: ['line', 'row_number', 'cell', 'reason', 'remedy'],
    cells: [
      'm.line',
      'm.row_number',
      textCell('m.cell'),
      textCell('m.reason'),
      textCell(wordSql('m.reason', remedies, 'm.remedy')),
    ],
    from: `
FROM (
  SELECT m.line, m.row_number, coalesce(r.cell, m.user_id) AS cell, coalesce(m.reason, r.reason) AS reason, r.remedy
  FROM list_members AS m
  LEFT JOIN (
    SELECT * FROM rejects WHERE list = ${quotedText(list)}
    QUALIFY row_number() OVER (PARTITION BY row_number ORDER BY run_id DESC) = 1
  ) AS r ON r.row_number = m.row_number
  WHERE m.list = ${quotedText(list)} AND m.status = 'rejected'
) AS m`,
    key: 'm.row_number',
    keys: `SELECT row_number AS key FROM list_members WHERE list = ${quotedText(list)} AND status = 'rejected'`,
  }
}

/**
 * Each failed id of these lists once, by id, with its latest failure. If it has none, the code is the reason of its row. A row
 * whose link or name could not be resolved has no id.
 */
export function failureRows(lists: readonly string[], { meanings }: RowWords): CsvRows {
  const failed = `status = 'failed' AND user_id IS NOT NULL AND list IN (SELECT unnest([${lists.map(quotedText).join(', ')}]::VARCHAR[]))`
  return {
    header: ['user_id', 'code', 'message', 'attempts', 'failed_at', 'billed'],
    cells: [
      'm.user_id',
      textCell('m.code'),
      textCell(wordSql('m.code', meanings, 'm.message', `coalesce('（' || m.message || '）', '')`)),
      'm.attempts',
      timeText('m.failed_at'),
      'm.billed',
    ],
    from: `
FROM (
  SELECT m.user_id, coalesce(f.code, m.reason) AS code, f.message, f.attempts, f.failed_at, f.billed
  FROM (
    SELECT user_id, min(reason) AS reason FROM list_members
    WHERE ${failed}
    GROUP BY user_id
  ) AS m
  LEFT JOIN (
    SELECT * FROM failures QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY failed_at DESC, run_id DESC) = 1
  ) AS f ON f.user_id = m.user_id
) AS m`,
    key: 'm.user_id',
    keys: `SELECT DISTINCT user_id AS key FROM list_members WHERE ${failed}`,
  }
}

/** The word for a code, with more behind it; without a word the other value. */
export function wordSql(code: string, words: Words, otherwise: string, more: string = `''`): string {
  const cases = Object.entries(words).map(
    ([each, word]) => `WHEN ${quotedText(each)} THEN ${quotedText(word)} || ${more}`,
  )
  return cases.length === 0 ? otherwise : `CASE ${code} ${cases.join(' ')} ELSE ${otherwise} END`
}
