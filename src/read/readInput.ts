import { basename, extname, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { UsageError } from '../errors.js'
import type { ParsedId, Pipeline } from '../pipeline.js'
import { headerOf, uniqueNames } from './columns.js'
import { csvRows } from './csv.js'
import { utf8 } from './decode.js'
import { openFile, type InputFile } from './file.js'
import { findIdColumn, type IdColumn } from './idColumn.js'
import { parquetColumns, parquetRows } from './parquet.js'
import type { RawRow } from './rawRow.js'

/** How many rows of data the search for the id column looks at. */
const SAMPLE = 200
const BATCH = 1000

/** One row of an input, with the id in it or why there is none. */
export interface Member {
  /** 1-based, without the header. */
  readonly rowNumber: number
  /** 1-based line in the file where the row starts; for Parquet the row number. */
  readonly line: number
  /** One cell a column. */
  readonly cells: readonly (string | null)[]
  /** The cell of the id column, '' for a null. */
  readonly cell: string
  readonly parsed: ParsedId
}

export interface Input {
  /** Absolute path, or `<stdin>`. */
  readonly source: string
  /** The list's name by default: the file's name without its extension; '' for stdin, whose caller must name it. */
  readonly list: string
  /** The header's names; `['input']` for bare ids, `column_1` and so on for a wider table without a header. */
  readonly columns: readonly string[]
  readonly idColumn: IdColumn
  /**
   * All rows in batches of up to 1,000, flat in memory. Can be read again, except from stdin or a pipe.
   * @throws UsageError where the input is damaged, with file and line, or when it changed since it was opened
   */
  rows(): AsyncIterable<Member[]>
}

export interface ReadOptions {
  readonly pipeline: Pipeline
  /** Name of the id column; without it, it is found. */
  readonly column?: string
  /** Where `-` reads from. Default: the process's. */
  readonly stdin?: Readable
}

/** An input whose columns are known, and whose rows can be had. */
interface Table {
  readonly columns: readonly string[]
  readonly headless: boolean
  readonly types?: readonly string[]
  readonly sample: readonly RawRow[]
  data(): AsyncIterable<readonly RawRow[]>
}

/**
 * Opens one input, CSV (UTF-8, comma) or Parquet, and finds its columns and its ids; `-` is CSV from stdin.
 * @throws UsageError for all that is wrong with it: what, where, and what to do
 */
export async function readInput(source: string, options: ReadOptions): Promise<Input> {
  const { pipeline, column } = options
  const file = source === '-' ? stdinAsFile(options.stdin ?? process.stdin) : await openFile(resolve(source))
  const { path } = file
  const table = file.kind === 'parquet' ? await parquetTable(file) : await csvTable(file, pipeline, column)
  const found = findIdColumn({ ...table, source: path, pipeline }, column)
  const said = table.headless ? `${found.said}; the first row is data, there is no header` : found.said
  const index = table.columns.indexOf(found.name)
  let begun = false
  return {
    source: path,
    list: source === '-' ? '' : basename(path, extname(path)),
    columns: table.columns,
    idColumn: { ...found, said },
    async *rows() {
      if (begun && !file.regular) throw new TypeError(`${path} cannot be read twice`)
      begun = true
      yield* members(table.data(), index, pipeline)
      await file.unchanged()
    },
  }
}

async function* members(rows: AsyncIterable<readonly RawRow[]>, index: number, pipeline: Pipeline) {
  let rowNumber = 0
  for await (const batch of rows) {
    for (let from = 0; from < batch.length; from += BATCH) {
      yield batch.slice(from, from + BATCH).map(({ line, cells }): Member => {
        rowNumber += 1
        const cell = cells[index] ?? ''
        return { rowNumber, line, cells, cell, parsed: pipeline.parseId(cell) }
      })
    }
  }
}

async function csvTable(file: InputFile, pipeline: Pipeline, given: string | undefined): Promise<Table> {
  const open = () => csvRows(utf8(file.bytes(), file.path), file.path)
  const rows = open()
  try {
    const head = await firstRows(rows, SAMPLE + 1)
    const [first] = head
    if (!first) throw new UsageError(`${file.path} is empty; give a file with a column of ids or profile links`)
    const { columns, present } = headerOf(first, pipeline, given, file.path)
    const skipped = present ? 1 : 0
    if (head.length === skipped) {
      throw new UsageError(`${file.path} has a header but no rows; add the rows, or leave it out`)
    }
    // What can be read twice is: nothing stays open if the rows are never asked for.
    if (file.regular) await rows.return(undefined)
    const data = () => withoutFirst(skipped, file.regular ? open() : joined(head, rows))
    return { columns, headless: !present, sample: head.slice(skipped, skipped + SAMPLE), data }
  } catch (error) {
    await rows.return(undefined)
    throw error
  }
}

/** At least so many rows, or all there are. */
async function firstRows(rows: AsyncGenerator<RawRow[]>, count: number): Promise<RawRow[]> {
  const head: RawRow[] = []
  while (head.length < count) {
    const next = await rows.next()
    if (next.done) break
    for (const row of next.value) head.push(row)
  }
  return head
}

async function* joined(head: RawRow[], rows: AsyncIterable<RawRow[]>) {
  yield head
  yield* rows
}

async function* withoutFirst(count: number, rows: AsyncIterable<RawRow[]>) {
  let left = count
  for await (const batch of rows) {
    yield batch.slice(left)
    left = 0
  }
}

async function parquetTable({ path }: InputFile): Promise<Table> {
  const columns = await parquetColumns(path)
  const rows = parquetRows(path, columns)
  const sample = await firstRows(rows, SAMPLE)
  await rows.return(undefined)
  if (sample.length === 0) throw new UsageError(`${path} has no rows; add the rows, or leave it out`)
  return {
    columns: uniqueNames(
      columns.map(({ name }) => name),
      path,
    ),
    headless: false,
    types: columns.map(({ type }) => type),
    sample: sample.slice(0, SAMPLE),
    data: () => parquetRows(path, columns),
  }
}

function stdinAsFile(stdin: Readable): InputFile {
  return {
    path: '<stdin>',
    kind: 'csv',
    regular: false,
    bytes: () => chunks(stdin),
    unchanged: () => Promise.resolve(),
  }
}

async function* chunks(stdin: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
    yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  }
}
