import { UsageError } from '../errors.js'
import type { Pipeline } from '../pipeline.js'
import type { RawRow } from './rawRow.js'

export interface Header {
  readonly columns: readonly string[]
  /** Whether the first row is a header rather than data. */
  readonly present: boolean
}

/** What stands in an id's place although it is none: a link, a long number, a number that a spreadsheet ruined. */
const DATA = /^[a-z]{2,20}:\/\/|^[\w-]+(\.[\w-]+)+\/|^\d{9,}$|^\d+([.,]\d+)?e\+?\d+$/i

/**
 * Decides whether a first row is a header. It is if a cell is the given column's name, or a name that the pipeline knows;
 * it is not if a cell holds an id, or a link or number in the place of one; otherwise it is.
 * @throws UsageError for two columns of one name, and for a table that is not separated by commas
 */
export function headerOf(first: RawRow, pipeline: Pipeline, given: string | undefined, source: string): Header {
  const names = first.cells.map((cell) => cell ?? '')
  refuseOtherDelimiters(names, pipeline, source)
  const known = new Set([...pipeline.idColumns, ...(given === undefined ? [] : [given])].map(same))
  const named = names.some((name) => known.has(same(name)))
  if (!named && names.some((name) => DATA.test(name.trim()) || 'id' in pipeline.parseId(name))) {
    return { present: false, columns: names.length === 1 ? ['input'] : names.map((_, index) => numbered(index)) }
  }
  return { present: true, columns: uniqueNames(names, source) }
}

/** Names are compared as people see them. */
export function same(name: string): string {
  return name.trim().toLowerCase()
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

function numbered(index: number): string {
  return `column_${index + 1}`
}

function refuseOtherDelimiters(names: readonly string[], pipeline: Pipeline, source: string): void {
  const [only] = names
  if (names.length !== 1 || only === undefined) return
  for (const delimiter of [';', '\t', '|']) {
    const parts = only.split(delimiter)
    if (parts.length > 1 && parts.some((part) => pipeline.idColumns.includes(same(part)))) {
      const shown = delimiter === '\t' ? 'tabs' : JSON.stringify(delimiter)
      throw new UsageError(`${source}: its columns are separated by ${shown}; save it with commas`)
    }
  }
}
