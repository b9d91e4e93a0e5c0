import { createReadStream, createWriteStream } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { stringify } from 'csv-stringify/sync'
import { all, first, quotedText, type Connection } from '../core/duckdb.js'
import { databaseMemory } from '../core/memory.js'
import { createTemporary } from '../core/temporaryFile.js'
import { csvCell, textsSql, textSql, type TextCell } from './csvRecord.js'
import { exportFile, type ExportedFile } from './exportedFile.js'

/** Options of csv-stringify: cells with a comma, a quote, a line break or a carriage return are quoted. */
const FORM = { record_delimiter: '\n', quoted_match: '\r' } as const

/** CSV records, each cell without control characters, guarded against spreadsheets, and quoted where needed. */
export function csvRecords(rows: readonly (readonly (string | null)[])[]): string {
  return stringify(
    rows.map((row) => row.map((cell) => cell && csvCell(cell))),
    FORM,
  )
}

export interface CsvSelect {
  readonly header: readonly string[]
  /** Each cell: `textCell` for a text, SQL for a number or a flag. */
  readonly cells: readonly (string | TextCell)[]
  /** SQL from `FROM` on, without `WHERE`. */
  readonly from: string
  /** SQL of the unique column by which the records are ordered. */
  readonly key: string
  /** SQL that selects that column alone, as `key`. */
  readonly keys: string
  /** Start the file with a byte order mark: without it, Excel reads the file in the system's old encoding. */
  readonly bom: boolean
}

/** Records that are sorted at a time for each MB of DuckDB's memory; a sort of more wide rows does not fit. */
const ROWS_A_MB = 30
const COPIED_BYTES = 1 << 20
/**
 * DuckDB compiles each pattern for each text column, which takes longer than to write thousands of wide rows. The texts of
 * fewer rows pass the patterns as one list.
 */
export const FEW_ROWS = 3000

/** Each part reads the table once. */
const MOST_PARTS = 1000

/**
 * Writes a CSV file in place of an older one: UTF-8, `\n` after each record, no cell that a spreadsheet runs as a formula.
 * DuckDB writes the records itself: many of them part by part, in the order of the key.
 * @param mostRows the most records of a part; more where there would be too many parts
 */
export async function copyCsv(
  connection: Connection,
  path: string,
  select: CsvSelect,
  mostRows = databaseMemory() * ROWS_A_MB,
): Promise<ExportedFile> {
  const { header, keys, bom } = select
  const head = (bom ? '\uFEFF' : '') + csvRecords([header])
  const copy = async (sql: string, to: string, form: string): Promise<number> => {
    const copied = await first<{ Count: number }>(
      connection,
      `COPY (${sql}) TO ${quotedText(to)} (FORMAT csv, HEADER false, USE_TMP_FILE false${form})`,
    )
    return copied!.Count
  }
  return exportFile(path, async (temporary) => {
    const { count } = (await first<{ count: number }>(connection, `SELECT count(*) AS count FROM (${keys})`))!
    if (count === 0) return writeFile(temporary, head).then(() => 0)
    const withHead = `, PREFIX ${quotedText(head)}, SUFFIX ${quotedText('\n')}`
    const partRows = Math.max(mostRows, Math.ceil(count / MOST_PARTS))
    const partSql = Math.min(count, partRows) <= FEW_ROWS ? fewRows : manyRows
    const [range, ...others] = count <= partRows ? ['TRUE'] : await keyRanges(connection, select, partRows)
    let rows = await copy(partSql(select, range!), temporary, withHead)
    for (const range of others) {
      const part = await createTemporary(path, 'shared')
      try {
        await part.file.close()
        rows += await copy(partSql(select, range), part.path, '')
        const read = createReadStream(part.path, { highWaterMark: COPIED_BYTES })
        await pipeline(read, createWriteStream(temporary, { flags: 'a' }))
      } finally {
        await rm(part.path, { force: true })
      }
    }
    return rows
  })
}

function manyRows({ cells, from, key }: RowsSelect, range: string): string {
  const values = cells.map((cell, at) => `${typeof cell === 'string' ? cell : textSql(cell)} AS c${at}`)
  return `SELECT ${values.join(', ')} ${from} WHERE ${range} ORDER BY ${key}`
}

type RowsSelect = Pick<CsvSelect, 'cells' | 'from' | 'key'>

function fewRows({ cells, from, key }: RowsSelect, range: string): string {
  const texts = cells.filter((cell) => typeof cell !== 'string')
  if (texts.length === 0) return manyRows({ cells, from, key }, range)
  const others = cells.flatMap((cell, at) => (typeof cell === 'string' ? [`${cell} AS c${at}`] : []))
  const shown = cells.map((cell, at) => (typeof cell === 'string' ? `c${at}` : `texts[${texts.indexOf(cell) + 1}]`))
  return `SELECT ${shown.join(', ')}
FROM (SELECT ${[...others, `${textsSql(texts)} AS texts`, `${key} AS key`].join(', ')} ${from} WHERE ${range}) ORDER BY key`
}

/** SQL conditions that each choose this many records, in the order of the key, but the last; none without records. */
export async function keyRanges(
  connection: Connection,
  { key, keys }: Pick<CsvSelect, 'key' | 'keys'>,
  rows: number,
): Promise<string[]> {
  const starts = await all<{ key: string | number }>(
    connection,
    `SELECT key FROM (SELECT key, row_number() OVER (ORDER BY key) AS n FROM (${keys}))
     WHERE (n - 1) % ${rows} = 0 ORDER BY key`,
  )
  const texts = starts.map((start) => quotedText(String(start.key)))
  return texts.map((text, at) => {
    const next = texts[at + 1]
    return `${key} >= ${text}${next === undefined ? '' : ` AND ${key} < ${next}`}`
  })
}
