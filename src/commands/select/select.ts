import { writeFile } from 'node:fs/promises'
import { arrays, blobs, quotedText, quotedName, type Connection } from '../../core/duckdb.js'
import { UsageError } from '../../core/errors.js'
import { count } from '../../core/text.js'
import { isOurPlace } from '../../dataFolder/files.js'
import { temporaryName } from '../../core/temporaryFile.js'
import type { Layout } from '../../dataFolder/layout.js'
import { csvHeader, exportCsv } from '../../export/csvFile.js'
import { plainText, csvRecord } from '../../export/csvRecord.js'
import { exportSheet, SheetTooLarge } from '../../export/excel/sheetFile.js'
import { sheetRow } from '../../export/excel/sheetRow.js'
import { exportFile } from '../../export/exportedFile.js'
import { withPublished } from '../../publish/openPublished.js'
import { table } from '../../terminal/table.js'
import { forbidOtherFiles, readSelection, type Selected, type Selection } from './selection.js'

export type Format = 'csv' | 'xlsx' | 'parquet' | 'json' | 'table'

export interface SelectJob {
  readonly layout: Layout
  readonly selection: Selection
  readonly format: Format
  /** An absolute path; undefined: the rows go to `write`. */
  readonly out: string | undefined
  readonly bom: boolean
  readonly write: (text: string | Uint8Array) => void
  /** Width of the terminal. */
  readonly columns: number
}

/**
 * Writes a list of creators from the published file.
 * @returns the number of rows
 * @throws UsageError when an option is wrong; nothing is written then
 */
export async function select(job: SelectJob): Promise<number> {
  const { layout, selection, out } = job
  if (out !== undefined && (out === layout.database || isOurPlace(out, layout))) {
    throw new UsageError(`--out ${out} is where creator-enrich keeps its own files: choose another place`)
  }
  return withPublished(layout, async (connection) => {
    const temporary = out === undefined ? undefined : temporaryName(out)
    await forbidOtherFiles(connection, temporary === undefined ? [] : [temporary])
    return writers[job.format](connection, await readSelection(connection, selection), { ...job, temporary })
  })
}

/** Rows that DuckDB holds in memory while it writes Parquet. */
const ROW_GROUP = 4_096

interface WriteJob extends SelectJob {
  /** The only file that DuckDB may still write. */
  readonly temporary: string | undefined
}

type Write = (connection: Connection, selected: Selected, job: WriteJob) => Promise<number>

const writers: Record<Format, Write> = {
  csv: writeCsv,
  xlsx: writeExcel,
  parquet: writeParquet,
  json: writeJson,
  table: writeTable,
}

async function writeCsv(connection: Connection, { columns, sql }: Selected, job: SelectJob): Promise<number> {
  const header = columns.map(({ name }) => name)
  const records = blobs(
    connection,
    `SELECT ${csvRecord(header.map((name) => plainText(quotedName(name))))} FROM (${sql})`,
  )
  if (job.out !== undefined) return (await exportCsv(job.out, { header, records, bom: job.bom })).rows
  job.write(csvHeader(header))
  let rows = 0
  for await (const some of records) {
    rows += some.length
    job.write(Buffer.concat(some))
  }
  return rows
}

async function writeExcel(connection: Connection, selected: Selected, { out }: SelectJob): Promise<number> {
  const columns = selected.columns.map((column) => ({ ...column, sql: quotedName(column.name) }))
  const rows = blobs(connection, `SELECT ${sheetRow(columns, 'row_number() OVER () + 1')} FROM (${selected.sql})`)
  try {
    return (await exportSheet(out!, { name: 'creators', columns, count: selected.count, rows })).rows
  } catch (error) {
    if (!(error instanceof SheetTooLarge)) throw error
    throw new UsageError(
      `--format xlsx: ${error.message}; choose less with --where, --limit or --columns, or write csv or parquet`,
    )
  }
}

async function writeParquet(
  connection: Connection,
  { sql, count }: Selected,
  { out, temporary }: WriteJob,
): Promise<number> {
  const write = async (path: string): Promise<number> => {
    await connection.run(
      `COPY (${sql}) TO ${quotedText(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP}, USE_TMP_FILE false)`,
    )
    return count
  }
  const file = await exportFile(out!, write, temporary)
  return file.rows
}

async function writeJson(connection: Connection, { columns, sql }: Selected, job: SelectJob): Promise<number> {
  const fields = columns.map(({ name }) => `${quotedName(name)} := ${quotedName(name)}`)
  const objects = arrays(connection, `SELECT CAST(to_json(struct_pack(${fields.join(', ')})) AS VARCHAR) FROM (${sql})`)
  const pieces: string[] = []
  let rows = 0
  for await (const some of objects) {
    const piece = some.map(([object], at) => `${rows + at === 0 ? '[\n' : ',\n'}${String(object)}`).join('')
    rows += some.length
    if (job.out === undefined) job.write(piece)
    else pieces.push(piece)
  }
  const end = rows === 0 ? '[]\n' : '\n]\n'
  if (job.out === undefined) job.write(end)
  else await writeText(job.out, [...pieces, end])
  return rows
}

async function writeTable(connection: Connection, { columns, sql }: Selected, job: SelectJob): Promise<number> {
  const numeric = columns.map(({ type }) => /^(BIGINT|INTEGER|DOUBLE)$/.test(type))
  const rows: string[][] = []
  const cells = columns.map(({ name, type }, at) => {
    if (type === 'DOUBLE') return `round(${quotedName(name)}, 3)::VARCHAR`
    return numeric[at] ? quotedName(name) : plainText(quotedName(name))
  })
  for await (const some of arrays(connection, `SELECT ${cells.join(', ')} FROM (${sql})`)) {
    for (const row of some)
      rows.push(
        row.map((cell) => (typeof cell === 'number' || typeof cell === 'bigint' ? count(cell) : String(cell ?? '–'))),
      )
  }
  const header = columns.map(({ name: title }, at) => {
    return { title, right: numeric[at]!, cut: title !== 'user_id' && !numeric[at] }
  })
  const text = table(header, rows, job.columns)
  if (job.out === undefined) job.write(text)
  else await writeText(job.out, [text])
  return rows.length
}

async function writeText(path: string, pieces: readonly string[]): Promise<void> {
  await exportFile(path, async (temporary) => {
    await writeFile(temporary, pieces)
    return 0
  })
}
