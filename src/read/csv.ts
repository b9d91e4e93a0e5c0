import { Parser, type CsvError } from 'csv-parse'
import { UsageError } from '../core/errors.js'
import { LONGEST_ROW, MOST_COLUMNS } from './limits.js'
import { problemAt, type RawRow } from './table.js'

/**
 * The rows of UTF-8 CSV text, including the first, in batches as they come. Lines end in LF, CRLF or CR, also mixed. Empty
 * lines are not rows, but they count as lines. All rows have as many cells as the first; blank cells beyond that are dropped,
 * and empty cells at the end of the first row may be absent from others, because some programs end only the header with a
 * separator, or only the rows of data.
 * @throws UsageError with the line where the row starts, after the rows before it were yielded
 */
export async function* csvRows(
  text: AsyncIterable<Buffer>,
  source: string,
  delimiter: string,
): AsyncGenerator<RawRow[]> {
  const collector = new Collector(source, delimiter)
  try {
    for await (const chunk of text) yield* collector.parse((done) => collector.write(chunk, done))
    yield* collector.parse((done) => collector.end(done))
  } finally {
    collector.destroy()
  }
}

/**
 * Takes each row where the parser pushes it. Through a Node stream, as objects with the parser's `info`, rows come at less
 * than half the speed. That `info` also counts a quoted CRLF as two lines.
 */
class Collector extends Parser {
  private rows: RawRow[] = []
  private failure: Error | undefined
  private width = 0
  /** Cells of the first row without the empty ones at its end. */
  private filled = 0
  private lines = 0

  constructor(
    private readonly source: string,
    delimiter: string,
  ) {
    super({
      delimiter,
      skip_empty_lines: true,
      relax_column_count: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      max_record_size: LONGEST_ROW,
    })
    this.on('error', () => undefined)
    this.resume()
  }

  /** The line where the next row starts. */
  private get line(): number {
    return 1 + this.lines + this.info.empty_lines
  }

  /** Lets the parser work, then yields its rows in at most one batch. Rows before a failure are yielded, too. */
  async *parse(work: (done: (error?: Error | null) => void) => unknown): AsyncGenerator<RawRow[]> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.once('error', reject)
        work((error) => (error ? reject(error) : resolve()))
      })
    } catch (error) {
      this.failure ??= this.explained(error)
    }
    this.removeAllListeners('error').on('error', () => undefined)
    const { rows } = this
    this.rows = []
    if (rows.length > 0) yield rows
    if (this.failure !== undefined) throw this.failure
  }

  override push(record: string[] | null): boolean {
    if (record === null) return super.push(null)
    if (this.width === 0) {
      this.width = record.length
      this.filled = record.findLastIndex((cell) => !isBlank(cell)) + 1
    }
    if (this.width > MOST_COLUMNS) this.failure ??= this.tooWide()
    while (record.length > this.width && isBlank(record.at(-1)!)) record.pop()
    while (record.length < this.width && record.length >= this.filled) record.push('')
    // An error that is thrown here would be lost between the stream's callbacks.
    if (record.length !== this.width) this.failure ??= this.ragged(record.length)
    if (this.failure !== undefined) return true
    this.rows.push({ line: this.line, cells: record })
    this.lines += 1
    for (const cell of record) {
      if (cell.includes('\n') || cell.includes('\r')) this.lines += cell.match(/\r\n|\n|\r/g)!.length
    }
    return true
  }

  private explained(error: unknown): Error {
    const { code, column } = error as CsvError & { readonly column?: unknown }
    if (code === 'CSV_MAX_RECORD_SIZE' && Number(column) > MOST_COLUMNS) return this.tooWide()
    const problem = PROBLEMS[code]
    return problem ? new UsageError(problemAt(this.source, this.line, ...problem), { cause: error }) : (error as Error)
  }

  private tooWide(): UsageError {
    const what = `this row has more than ${MOST_COLUMNS.toLocaleString('en')} columns`
    return new UsageError(
      problemAt(
        this.source,
        this.line,
        what,
        'keep only the columns that are needed, or name another separator with --delimiter',
      ),
    )
  }

  private ragged(cells: number): UsageError {
    const remedy = 'put cells that hold a separator or a line break in double quotes, or delete lines above the header'
    return new UsageError(
      problemAt(
        this.source,
        this.line,
        `this row has ${cells} ${cells === 1 ? 'cell' : 'cells'}, but the first row has ${this.width}`,
        remedy,
      ),
    )
  }
}

function isBlank(cell: string): boolean {
  return cell.trim() === ''
}

const QUOTES = 'write a quote inside a cell twice ("") and put the whole cell in quotes'

const PROBLEMS: Readonly<Record<string, [what: string, remedy: string]>> = {
  CSV_QUOTE_NOT_CLOSED: ['a quote is opened and never closed', QUOTES],
  CSV_INVALID_CLOSING_QUOTE: ['a quote stands inside a quoted cell, or a quote is never closed', QUOTES],
  INVALID_OPENING_QUOTE: ['a quote stands in the middle of a cell', QUOTES],
  CSV_MAX_RECORD_SIZE: ['the row has more than 8 MB, perhaps because a quote is never closed', QUOTES],
}
