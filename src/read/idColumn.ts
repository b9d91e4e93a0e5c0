import { UsageError } from '../core/errors.js'
import type { Pipeline } from '../model/pipeline.js'
import { normalizedName } from './columns.js'
import type { RawRow } from './table.js'

const TEXT = 'VARCHAR'

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

/**
 * Finds the id column: the given one; else the only one; else, by the pipeline's names in their order, the first column
 * that holds an id; else the only column with ids in at least half of its filled cells in the first rows.
 * @throws UsageError that names the candidates if there are several or none; for a column that is not text
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
  const [only] = columns
  if (only !== undefined && columns.length === 1) return { name: only, how: 'only column' }

  const shares = new Map(columns.map((name, index) => [name, idShare(input, name, index)]))
  const named = pipeline.idColumns.flatMap((known) => columns.filter((name) => normalizedName(name) === known))
  const noIds = [...shares.values()].every((share) => share === 0)
  const byName =
    named.find((name) => shares.get(name)! > 0) ?? named.find((name) => noIds || typeOf(input, name) !== TEXT)
  if (byName !== undefined) return { name: byName, how: 'by name' }

  const byContent = columns.filter((name) => shares.get(name)! >= 0.5)
  if (byContent.length > 1) {
    throw new UsageError(`${source}: ${nameList(byContent)} all hold ids or links; name the right one with --column`)
  }
  const [name] = byContent
  if (name !== undefined) return { name, how: 'by content' }
  throw new UsageError(
    `${source}: no column holds ids or links in its first rows; name one of ${nameList(columns)} with --column`,
  )
}

/** Share of the filled cells in the sample that hold an id. */
function idShare(input: Candidates, name: string, index: number): number {
  if (typeOf(input, name) !== TEXT) return 0
  let filled = 0
  let ids = 0
  for (const { cells } of input.sample) {
    const cell = cells[index]?.trim() ?? ''
    if (cell === '') continue
    filled += 1
    if ('id' in input.pipeline.parseId(cell)) ids += 1
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
