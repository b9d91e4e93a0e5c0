import { UsageError } from '../core/errors.js'
import type { Pipeline } from '../model/pipeline.js'
import { placeOf, type RawRow } from './table.js'

export interface Header {
  readonly columns: readonly string[]
  /** Whether the first row is a header rather than data. */
  readonly present: boolean
}

/** How a header's names are judged. */
export interface Naming {
  readonly source: string
  readonly pipeline: Pipeline
  /** Name of the id column, if it was given. */
  readonly column: string | undefined
}

/** What stands in an id's place although it is none: a link, a long number, a number that a spreadsheet ruined. */
const DATA = /^[a-z]{2,20}:\/\/|^[\w-]+(\.[\w-]+)+\/|^\d{9,}$|^\d+([.,]\d+)?e\+?\d+$/i

/**
 * Decides whether the first row is a header. It is if a cell is the given column's name, or a name that the pipeline knows;
 * it is not if a cell holds an id, or a link or number in the place of one; otherwise it is.
 * @throws UsageError for two columns of one name, and for lines above the header
 */
export function headerOf(head: readonly RawRow[], naming: Naming): Header {
  const { source, pipeline } = naming
  const names = textsOf(head[0]!)
  if (/^sep=.?$/i.test(names[0]!.trim())) {
    throw new UsageError(placeOf(source, head[0]!.line, "a spreadsheet's sep= line, no header", 'delete it'))
  }
  const isName = nameTest(naming)
  const named = names.some(isName)
  if (!named) refuseLaterHeader(head, naming)
  if (!named && names.some((name) => DATA.test(name.trim()) || 'id' in pipeline.parseId(name))) {
    return { present: false, columns: names.length === 1 ? ['input'] : names.map((_, index) => numbered(index)) }
  }
  return { present: true, columns: uniqueNames(names, source) }
}

/** Whether a cell is the name of an id column. */
export function nameTest({ pipeline, column }: Naming): (cell: string) => boolean {
  const known = new Set([...pipeline.idColumns, ...(column === undefined ? [] : [column])].map(normalizedName))
  return (cell) => known.has(normalizedName(cell))
}

/** Names are compared as people see them: in any case and width, without what is invisible. */
export function normalizedName(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim()
    .toLowerCase()
}

/** A nameless column is called by its place; two of one name could not be told apart. */
export function uniqueNames(names: readonly string[], source: string): string[] {
  const columns = names.map((name, index) => (name.trim() === '' ? numbered(index) : name))
  const bare = columns.map((name) => name.trim())
  const twice = bare.find((name, index) => bare.indexOf(name) !== index)
  if (twice === undefined) return columns
  const places = bare.flatMap((name, index) => (name === twice ? [index + 1] : []))
  const which = `columns ${places.join(' and ')} are both named ${JSON.stringify(twice)}`
  throw new UsageError(`${source}: ${which}; give each a name of its own`)
}

function textsOf({ cells }: RawRow): string[] {
  return cells.map((cell) => cell ?? '')
}

function numbered(index: number): string {
  return `column_${index + 1}`
}

/** Titles and blank cells above a header are as wide as it is where a spreadsheet wrote them. */
function refuseLaterHeader(head: readonly RawRow[], naming: Naming): void {
  const isName = nameTest(naming)
  for (const row of head.slice(0, 20)) {
    const cells = textsOf(row)
    const name = cells.find(isName)
    if (name !== undefined) {
      const what = `this looks like the header, for it has ${JSON.stringify(name)}`
      throw new UsageError(placeOf(naming.source, row.line, what, 'delete the lines above it'))
    }
    if (cells.some((cell) => 'id' in naming.pipeline.parseId(cell))) return
  }
}
