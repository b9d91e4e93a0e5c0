import { UsageError } from '../core/errors.js'
import type { Pipeline } from '../model/pipeline.js'
import { problemAt, type RawRow } from './table.js'

export interface Header {
  readonly columns: readonly string[]
  /** Whether the first row is a header rather than data. */
  readonly present: boolean
}

/** What is known before the header is read. */
export interface HeaderContext {
  readonly source: string
  readonly pipeline: Pipeline
  /** Name of the id column, if `--column` gave one. */
  readonly column: string | undefined
}

/** A cell that is data although it is not an id: a link, a long number, a number that a spreadsheet ruined. */
const DATA_CELL = /^[a-z]{2,20}:\/\/|^[\w-]+(\.[\w-]+)+\/|^\d{9,}$|^\d+([.,]\d+)?e\+?\d+$/i

/**
 * Decides whether the first row is a header. A cell with the given column name, or with a name that the pipeline knows,
 * makes it one. Otherwise a cell with an id, a link or a long number makes it data. Otherwise it is a header.
 * @throws UsageError for two columns with the same name, and for lines above the header
 */
export function headerOf(head: readonly RawRow[], context: HeaderContext): Header {
  const { source, pipeline } = context
  const names = textsOf(head[0]!)
  if (/^sep=.?$/i.test(names[0]!.trim())) {
    throw new UsageError(
      problemAt(source, head[0]!.line, "this is a spreadsheet's sep= line, not a header", 'delete it'),
    )
  }
  const isName = idNameTest(context)
  const named = names.some(isName)
  if (!named) refuseLaterHeader(head, context)
  if (!named && names.some((name) => DATA_CELL.test(name.trim()) || 'id' in pipeline.parseId(name))) {
    return { present: false, columns: names.length === 1 ? ['input'] : names.map((_, index) => placeName(index)) }
  }
  return { present: true, columns: uniqueNames(names, source) }
}

/** Returns a test for whether a cell is the name of an id column. */
export function idNameTest({ pipeline, column }: HeaderContext): (cell: string) => boolean {
  const known = new Set([...pipeline.idColumns, ...(column === undefined ? [] : [column])].map(normalizedName))
  return (cell) => known.has(normalizedName(cell))
}

/** Names are compared as people see them: case, width and invisible characters do not count. */
export function normalizedName(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim()
    .toLowerCase()
}

/**
 * Names a column without a name after its place.
 * @throws UsageError for two columns with the same name
 */
export function uniqueNames(names: readonly string[], source: string): string[] {
  const columns = names.map((name, index) => (name.trim() === '' ? placeName(index) : name))
  const bare = columns.map((name) => name.trim())
  const twice = bare.find((name, index) => bare.indexOf(name) !== index)
  if (twice === undefined) return columns
  const places = bare.flatMap((name, index) => (name === twice ? [index + 1] : []))
  const which = `columns ${places.join(' and ')} are both named ${JSON.stringify(twice)}`
  throw new UsageError(`${source}: ${which}; give each column its own name`)
}

function textsOf({ cells }: RawRow): string[] {
  return cells.map((cell) => cell ?? '')
}

function placeName(index: number): string {
  return `column_${index + 1}`
}

/** A spreadsheet writes titles above a header as wide as the header, so the number of cells does not show them. */
function refuseLaterHeader(head: readonly RawRow[], context: HeaderContext): void {
  const isName = idNameTest(context)
  for (const row of head.slice(0, 20)) {
    const cells = textsOf(row)
    const name = cells.find(isName)
    if (name !== undefined) {
      const what = `this looks like the header, because it has ${JSON.stringify(name)}`
      throw new UsageError(problemAt(context.source, row.line, what, 'delete the lines above it'))
    }
    if (cells.some((cell) => 'id' in context.pipeline.parseId(cell))) return
  }
}
