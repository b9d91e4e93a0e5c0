import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import type { ParsedId, Pipeline } from '../model/pipeline.js'
import { findIdColumn, HEADER_AGAIN, headerCellTest, type HeaderContext, type IdColumn } from './columns.js'
import { csvTable, type TextFormat } from './csvTable.js'
import { openFile, openStdin, type InputFile } from './file.js'
import { parquetTable } from './parquet.js'
import { idOfRow } from './idOfRow.js'
import { spareColumns, spareExplanation } from './spareColumns.js'
import type { RawRow, Table } from './table.js'

const BATCH = 1000

/** One row of an input, with its id or the reason why it has none. */
export interface Member {
  /** 1-based, without the header. */
  readonly rowNumber: number
  /** 1-based line in the file where the row starts; in a workbook the row of the sheet; for Parquet the row number, counted through all files of a folder. */
  readonly line: number
  /** One cell a column. */
  readonly cells: readonly (string | null)[]
  /** The cell of the id column, '' for a null. If it is empty, the id may be that of another column that agrees. */
  readonly cell: string
  readonly parsed: ParsedId
}

export interface Input {
  /** Absolute path, or `<stdin>`. */
  readonly source: string
  /** The list's name by default: the file's name without its endings; '' for stdin, whose caller must name it. */
  readonly list: string
  /** The header's names; `['input']` for bare ids, `column_1` and so on for a wider table without a header. */
  readonly columns: readonly string[]
  /** The detected format, for people: `GB18030, gzip, separated by tabs`. */
  readonly format: string
  readonly idColumn: IdColumn
  /**
   * All rows in batches of up to 1,000, in constant memory. The rows can be read again.
   * @throws UsageError with file and line if the input is damaged, or if it changed since it was opened
   */
  rows(): AsyncIterable<Member[]>
  /** Releases the temporary file, if there is one. The rows cannot be read after that. */
  close(): Promise<void>
}

export interface ReadOptions extends TextFormat {
  readonly pipeline: Pipeline
  /** Name of the id column. By default the column is detected. */
  readonly column?: string | undefined
  /** Name of the sheet of a workbook. By default the first sheet with ids. */
  readonly sheet?: string | undefined
  /** The stream that `-` reads. Default: the process's stdin. */
  readonly stdin?: Readable
  /** Aborted when the command must stop; its reason is the exit code. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens one input, a table as text, Excel workbook or Parquet, and finds its columns and its id column; `-` is stdin.
 * @throws StoppedError after the signal; UsageError for every problem of the input, with the place and the remedy
 */
export async function readInput(source: string, options: ReadOptions): Promise<Input> {
  const { pipeline, column, signal } = options
  const file =
    source === '-' ? await openStdin(options.stdin ?? process.stdin, signal) : await openFile(resolve(source), signal)
  const { path } = file
  let table: Table | undefined
  const close = async () => {
    await table?.close?.()
    await file.close()
  }
  try {
    const context = { source: path, pipeline, column }
    const opened = await openTable(file, context, options)
    table = opened
    const found = findIdColumn({ ...opened, source: path, pipeline }, column)
    const noHeader = opened.hasHeader ? '' : '; there is no header, so the first row is data'
    const index = opened.columns.indexOf(found.name)
    const isHeader = headerCellTest(context, found.name)
    const spare = await spareColumns(opened, index, pipeline)
    const parse = idOfRow({ columns: opened.columns, idIndex: index, spare }, pipeline)
    return {
      source: path,
      list: file.list,
      columns: opened.columns,
      format: opened.format,
      idColumn: { ...found, explanation: found.explanation + spareExplanation(spare) + noHeader },
      async *rows() {
        yield* members(opened.data(), index, (row) => {
          const parsed = parse(row)
          if ('id' in parsed || (parsed.resolve && row.links?.[index])) return parsed
          return isHeader(row.cells[index] ?? '') ? HEADER_AGAIN : parsed
        })
        await file.unchanged()
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function openTable(file: InputFile, context: HeaderContext, options: ReadOptions): Promise<Table> {
  if (file.kind === 'parquet') return parquetTable(file, options.signal)
  if (file.kind !== 'workbook') return csvTable(file, context, options)
  const { workbookTable } = await import('./excel/workbookTable.js')
  return workbookTable(file, context, options)
}

async function* members(rows: AsyncIterable<readonly RawRow[]>, index: number, parse: (row: RawRow) => ParsedId) {
  let rowNumber = 0
  for await (const batch of rows) {
    for (let from = 0; from < batch.length; from += BATCH) {
      yield batch.slice(from, from + BATCH).map((row): Member => {
        const { line, cells } = row
        rowNumber += 1
        const cell = cells[index] ?? ''
        return { rowNumber, line, cells, cell, parsed: parse(row) }
      })
    }
  }
}

/** An input with the name of its list. */
export interface NamedInput extends Pick<Input, 'source' | 'columns' | 'rows'> {
  readonly name: string
  readonly idColumn: Pick<Input['idColumn'], 'name'>
}
