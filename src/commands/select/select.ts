import { writeFile } from 'node:fs/promises'
import { all, arrays, quotedText, quotedName, type Connection } from '../../core/duckdb.js'
import { UsageError } from '../../core/errors.js'
import { count } from '../../core/text.js'
import { isOurPlace } from '../../dataFolder/files.js'
import { temporaryName } from '../../core/temporaryFile.js'
import type { Layout } from '../../dataFolder/layout.js'
import { csvRecords } from '../../export/csvFile.js'
import { plainText } from '../../export/csvRecord.js'
import { exportWorkbook, SheetTooLarge } from '../../export/excel/workbookFile.js'
import { exportFile } from '../../export/exportedFile.js'
import { pipelineOfPublished } from '../../publish/folderPipeline.js'
import { withPublished } from '../../publish/openPublished.js'
import { unknownList } from '../../model/unknownList.js'
import type { Language } from '../../model/language.js'
import { table, type TableColumn } from '../../terminal/table.js'
import { selectedSheets } from './selectedSheets.js'
import { forbidOtherFiles, readSelection, type Selected, type Selection } from './selection.js'

export type Format = 'csv' | 'xlsx' | 'parquet' | 'json' | 'table'

export interface SelectJob {
  readonly layout: Layout
  readonly selection: Selection
  readonly format: Format
  /** An absolute path; undefined: the rows go to `write`. */
  readonly out: string | undefined
  /** Name or path, where it is given. */
  readonly pipeline?: string | undefined
  readonly bom: boolean
  /** Of a workbook. */
  readonly lang: Language
  readonly write: (text: string | Uint8Array) => void
  /** Width of the terminal. */
  readonly columns: number
}

/**
 * Writes a list of creators from the published file.
 * @returns the number of rows, and of those without a limit
 * @throws UsageError when an option is wrong; nothing is written then
 */
export async function select(job: SelectJob): Promise<{ rows: number; matching: number }> {
  const { layout, selection, out } = job
  if (out !== undefined && (out === layout.database || isOurPlace(out, layout))) {
    throw new UsageError(`--out ${out} is where creator-enrich keeps its own files: choose another place`)
  }
  return withPublished(layout, async (connection) => {
    const temporary = out === undefined ? undefined : temporaryName(out)
    await checkLists(connection, selection.lists, layout.data)
    await forbidOtherFiles(connection, temporary === undefined ? [] : [temporary])
    const selected = await readSelection(connection, selection)
    const rows = await writers[job.format](connection, selected, { ...job, temporary })
    return { rows, matching: selected.matching }
  })
}

/** @throws UsageError naming the list that is not there */
async function checkLists(connection: Connection, lists: readonly string[] | undefined, data: string): Promise<void> {
  if (lists === undefined) return
  const known = await all<{ list: string }>(connection, 'SELECT list FROM lists')
  const names = known.map(({ list }) => list)
  for (const list of lists) if (!names.includes(list)) throw unknownList(list, data, names, 'nothing was written')
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
  const cells = header.map((name) => plainText(quotedName(name)))
  let rows = 0
  async function* records(): AsyncGenerator<Uint8Array> {
    yield Buffer.from((job.out !== undefined && job.bom ? '\uFEFF' : '') + csvRecords([header]))
    for await (const some of arrays(connection, `SELECT ${cells.join(', ')} FROM (${sql})`)) {
      rows += some.length
      yield Buffer.from(csvRecords(some as (string | null)[][]))
    }
  }
  await writeText(job, records())
  return rows
}

async function writeExcel(connection: Connection, selected: Selected, job: SelectJob): Promise<number> {
  const pipeline = await pipelineOfPublished(connection, { data: job.layout.data, pipeline: job.pipeline })
  try {
    return (
      await exportWorkbook(job.out!, await selectedSheets(connection, selected, job.selection, pipeline, job.lang))
    ).rows
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
  let rows = 0
  async function* pieces(): AsyncGenerator<string> {
    for await (const some of objects) {
      yield some.map(([object], at) => `${rows + at === 0 ? '[\n' : ',\n'}${String(object)}`).join('')
      rows += some.length
    }
    yield rows === 0 ? '[]\n' : '\n]\n'
  }
  await writeText(job, pieces())
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
  const header = columns.map(({ name: title }, at): TableColumn => {
    if (title === 'user_id' || numeric[at]) return { title, right: numeric[at]! }
    return { title, cut: rows.some((row) => /^https?:/.test(row[at]!)) ? 'first' : true }
  })
  await writeText(job, [table(header, rows, job.columns)])
  return rows.length
}

type Pieces = AsyncIterable<string> | AsyncIterable<Uint8Array> | Iterable<string>

async function writeText({ out, write }: SelectJob, pieces: Pieces): Promise<void> {
  if (out === undefined) {
    for await (const piece of pieces) write(piece)
    return
  }
  await exportFile(out, async (temporary) => {
    await writeFile(temporary, pieces)
    return 0
  })
}
