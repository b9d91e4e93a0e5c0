import { UsageError } from '../core/errors.js'
import type { Pipeline } from '../model/pipeline.js'
import { parsedCell } from './parsedCell.js'
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
  /** Whether rows above the header are left out, as titles in a workbook. */
  readonly mayHaveTitles?: boolean
}

/** Rows in which a header is looked for. */
const DEEPEST_HEADER = 20

/**
 * The number of rows above the header: in a workbook, titles and notes, all with fewer filled cells than the row that has the
 * name of an id column. 0 if an id comes first.
 */
export function rowsAboveHeader(head: readonly RawRow[], context: HeaderContext): number {
  if (!context.mayHaveTitles) return 0
  const isName = idNameTest(context)
  const filled = (row: RawRow) => textsOf(row).filter((cell) => cell.trim() !== '').length
  for (const [at, row] of head.slice(0, DEEPEST_HEADER).entries()) {
    if (textsOf(row).some(isName)) return head.slice(0, at).every((above) => filled(above) < filled(row)) ? at : 0
    if (row.cells.some((_, index) => 'id' in parsedCell(row, index, context.pipeline))) return 0
  }
  return 0
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

/** A spreadsheet writes titles above a header as wide as the header, so the number of cells does not show them. */
function refuseLaterHeader(head: readonly RawRow[], context: HeaderContext): void {
  const isName = idNameTest(context)
  for (const row of head.slice(0, DEEPEST_HEADER)) {
    const cells = textsOf(row)
    const name = cells.find(isName)
    if (name !== undefined) {
      const what = `this looks like the header, because it has ${JSON.stringify(name)}`
      throw new UsageError(problemAt(context.source, row.line, what, 'delete the lines above it'))
    }
    if (cells.some((cell) => 'id' in context.pipeline.parseId(cell))) return
  }
}

/** Returns a test for whether a cell is the name of an id column. */
export function idNameTest({ pipeline, column }: HeaderContext): (cell: string) => boolean {
  const names = [...pipeline.idColumns, ...resolverColumns(pipeline), ...(column === undefined ? [] : [column])]
  const known = new Set(names.map(normalizedName))
  return (cell) => known.has(normalizedName(cell))
}

/** Whether a name is one of an id column, and not one that other things have, too. */
export function isOwnName(name: string, { idColumns, genericIdColumns }: Pipeline): boolean {
  const normalized = normalizedName(name)
  return idColumns.includes(normalized) && !genericIdColumns.includes(normalized)
}

/** Whether a name says that the ids of the column are of something else. */
function isOtherName(name: string, { otherIdColumns }: Pipeline): boolean {
  // Unlike `test`, `search` has no memory where a definition has the flag `g`.
  return otherIdColumns !== undefined && normalizedName(name).search(otherIdColumns) >= 0
}

/** Names of columns that hold what a resolver takes. */
function resolverColumns({ resolvers = [] }: Pipeline): string[] {
  return resolvers.flatMap(({ columns }) => columns)
}

/** Names are compared as people see them: case, width and invisible characters do not count. */
export function normalizedName(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim()
    .replace(/^="(.*)"$/, '$1')
    .toLowerCase()
}

/**
 * Names a column without a name after its place.
 * @throws UsageError for two columns with the same name
 */
export function uniqueNames(names: readonly string[], source: string): string[] {
  const columns = names.map((name, index) => (name.trim() === '' ? placeName(index) : name))
  const bare = columns.map((name) => name.trim())
  const seen = new Set<string>()
  const twice = bare.find((name) => seen.size === seen.add(name).size)
  if (twice === undefined) return columns
  const places = bare.flatMap((name, index) => (name === twice ? [index + 1] : []))
  const which = `columns ${places.join(' and ')} are both named ${JSON.stringify(twice)}`
  throw new UsageError(`${source}: ${which}; give each column its own name`)
}

/** What a row is in place of an id if it repeats the header. */
export const HEADER_AGAIN = {
  reason: 'header_again',
  remedy: 'delete this row: it is the header once more',
} as const

/**
 * Returns a test for whether a cell of the id column belongs to a header: files that are put together often keep the header
 * of each part.
 */
export function headerCellTest(context: HeaderContext, idColumn: string): (cell: string) => boolean {
  const isName = idNameTest(context)
  const own = normalizedName(idColumn)
  return (cell) => cell.length <= LONGEST_NAME && (isName(cell) || normalizedName(cell) === own)
}

/** Longer cells are not compared with names, because they cannot be one that people type. */
const LONGEST_NAME = 1000

function textsOf({ cells }: RawRow): string[] {
  return cells.map((cell) => cell ?? '')
}

function placeName(index: number): string {
  return `column_${index + 1}`
}

/** The column that holds the ids, and how it was found. */
export interface IdColumn {
  readonly name: string
  readonly how: 'given' | 'by name' | 'by content' | 'only column'
  /** How the column was found, as a sentence for people. */
  readonly explanation: string
}

export interface Candidates {
  readonly source: string
  readonly columns: readonly string[]
  /** DuckDB's type of each column; absent where every column is text. */
  readonly types?: readonly string[]
  /** The first rows of data. */
  readonly sample: readonly RawRow[]
  readonly pipeline: Pipeline
}

/** DuckDB's type of text. */
export const TEXT = 'VARCHAR'

/**
 * Finds the id column: the given one; else the only one; else, by the pipeline's names in their order, the first column
 * that holds an id; else the only column with ids in at least half of its filled cells in the first rows; else one with a name
 * of a column for a resolver. A column whose name says that its ids are of something else counts only if it is given.
 * @throws UsageError that names the candidates if there are several or none, or if the ids of a column with a generic name
 * contradict those of another, or are of something else; for a column that is not text
 */
export function findIdColumn(input: Candidates, given: string | undefined): IdColumn {
  const { columns, source } = input
  const found = given === undefined ? foundColumn(input) : givenColumn(input, given)
  const type = typeOf(input, found.name)
  if (type !== TEXT) {
    const problem = `${source}: column ${quoted(found.name)} is ${type}, but only text keeps every digit of an id`
    throw new UsageError(`${problem}; write it as text (${TEXT}), or name another column with --column`)
  }
  const place = columns.length === 1 ? 'the only column' : `column ${quoted(found.name)}`
  const why = { given: ', given by --column', 'by name': ', found by its name', 'only column': '' }
  const reason = found.how === 'by content' ? ', the only one that holds ids or links' : why[found.how]
  return { ...found, explanation: `ids are read from ${place}${reason}` }
}

type Found = Omit<IdColumn, 'explanation'>

function givenColumn({ columns, source }: Candidates, given: string): Found {
  const exact = columns.find((name) => name === given)
  const alike = exact === undefined ? columns.filter((name) => normalizedName(name) === normalizedName(given)) : [exact]
  if (alike.length > 1)
    throw new UsageError(`${source}: ${nameList(alike)} all match --column; give --column the exact name`)
  const [name] = alike
  if (name !== undefined) return { name, how: 'given' }
  throw new UsageError(`${source} has no column ${quoted(given)}; name one of ${nameList(columns)}`)
}

function foundColumn(input: Candidates): Found {
  const { columns, source, pipeline } = input
  const shares = new Map(columns.map((name, index) => [name, idShare(input, index)]))
  const isOther = (name: string): boolean => shares.get(name)! > 0 && isOtherName(name, pipeline)
  const [only] = columns
  if (only !== undefined && columns.length === 1) {
    if (isOther(only)) throw otherIds(source, only)
    return { name: only, how: 'only column' }
  }

  const alike = new Map<string, string[]>()
  for (const name of columns) {
    const key = normalizedName(name)
    alike.set(key, [...(alike.get(key) ?? []), name])
  }
  const named = pipeline.idColumns.flatMap((known) => alike.get(known) ?? [])
  const noIds = [...shares.values()].every((share) => share === 0)
  if (noIds && input.sample.some(({ links }) => links))
    return foundColumn({ ...input, sample: linkedRows(input.sample) })
  const byName =
    named.find((name) => shares.get(name)! > 0) ?? named.find((name) => noIds || typeOf(input, name) !== TEXT)
  if (byName !== undefined) {
    if (pipeline.genericIdColumns.includes(normalizedName(byName))) {
      const others = columns.filter((name) => name !== byName && shares.get(name)! > 0)
      refuseContradicted(input, byName, others)
      const same = others.find((name) => isOther(name) && sharedRows(input, byName, name).equal > 0)
      if (same !== undefined) throw otherIds(source, byName, same)
    }
    return { name: byName, how: 'by name' }
  }

  const byContent = columns.filter((name) => shares.get(name)! >= 0.5 && !isOther(name))
  if (byContent.length > 1) {
    throw new UsageError(`${source}: ${nameList(byContent)} all hold ids or links; name the right one with --column`)
  }
  const [name] = byContent
  if (name !== undefined) return { name, how: 'by content' }
  const [resolvable] = resolverColumns(pipeline).flatMap((known) => alike.get(known) ?? [])
  if (resolvable !== undefined) return { name: resolvable, how: 'by name' }
  const other = columns.find(isOther)
  if (other !== undefined) throw otherIds(source, other)
  throw new UsageError(
    `${source}: no column holds ids or links in its first rows; name one of ${nameList(columns)} with --column`,
  )
}

/** @param other the column with the same ids whose name says what they are, if it is another one */
function otherIds(source: string, name: string, other?: string): UsageError {
  const what =
    other === undefined
      ? `the name of column ${quoted(name)} says that its ids are not those wanted`
      : `columns ${quoted(name)} and ${quoted(other)} hold the same ids, and the second name says that they are not those wanted`
  return new UsageError(`${source}: ${what}; if they are, give --column ${quoted(name)}`)
}

/** Rows whose cells have the addresses behind them as texts. */
function linkedRows(rows: readonly RawRow[]): RawRow[] {
  return rows.map(({ line, cells, links }) => ({ line, cells: cells.map((cell, index) => links?.[index] ?? cell) }))
}

/**
 * A column with a generic name may hold the ids of posts or of other things. No call may be paid for these.
 * @throws UsageError if another column has other ids in more than half of the rows of the sample that have both
 */
function refuseContradicted(input: Candidates, name: string, others: readonly string[]): void {
  for (const other of others) {
    const { equal, different } = sharedRows(input, name, other)
    if (different <= equal) continue
    throw new UsageError(
      `${input.source}: columns ${quoted(name)} and ${quoted(other)} hold different ids; name the right one with --column`,
    )
  }
}

/** Of the rows of the sample that have an id in both columns: how many have the same, and how many another one. */
function sharedRows(input: Candidates, name: string, other: string): { equal: number; different: number } {
  const otherIds = sampleIds(input, other)
  const rows = sampleIds(input, name).map((id, row) => [id, otherIds[row]] as const)
  const both = rows.filter(([id, otherId]) => id !== undefined && otherId !== undefined)
  const equal = both.filter(([id, otherId]) => id === otherId).length
  return { equal, different: both.length - equal }
}

/** The id of a column in each row of the sample, undefined where it has none. */
function sampleIds(input: Candidates, name: string): (string | undefined)[] {
  if (typeOf(input, name) !== TEXT) return []
  const index = input.columns.indexOf(name)
  return input.sample.map(({ cells }) => {
    const parsed = input.pipeline.parseId(cells[index] ?? '')
    return 'id' in parsed ? parsed.id : undefined
  })
}

/** Share of the filled cells in the sample that hold an id. A cell such as `--` is not filled. */
export function idShare(input: Omit<Candidates, 'source'>, index: number): number {
  if ((input.types?.[index] ?? TEXT) !== TEXT) return 0
  let filled = 0
  let ids = 0
  for (const { cells } of input.sample) {
    const cell = cells[index]?.trim() ?? ''
    const parsed = input.pipeline.parseId(cell)
    if ('id' in parsed) ids += 1
    else if (cell === '' || parsed.reason === 'empty') continue
    filled += 1
  }
  return filled === 0 ? 0 : ids / filled
}

function typeOf({ columns, types }: Candidates, name: string): string {
  return types?.[columns.indexOf(name)] ?? TEXT
}

function quoted(name: string): string {
  return JSON.stringify(name)
}

/** At most 20 names, because a file may have a thousand columns. */
function nameList(names: readonly string[]): string {
  const few = names.slice(0, 20).map(quoted).join(', ')
  return names.length > 20 ? `${few} and ${names.length - 20} more` : few
}
