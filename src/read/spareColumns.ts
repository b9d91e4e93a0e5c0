import type { Pipeline, RejectedId } from '../model/pipeline.js'
import { idShare, isOwnName, TEXT } from './columns.js'
import { parsedCell } from './parsedCell.js'
import type { RawRow, Table } from './table.js'

/** The least share of the rows with both ids in which a second column must have the same id. */
const AGREEMENT = 0.95

/** A column that has the id where the cell of the id column has none. */
export interface SpareColumn {
  readonly index: number
  readonly name: string
  /** Rows that take their id from it. */
  readonly filled: number
  /** Whether rows have both ids. */
  readonly compared: boolean
}

/** A column that may become a spare one. */
interface Candidate {
  readonly index: number
  readonly name: string
  /** Its name and that of the id column vouch for it where no row has both ids. */
  readonly named: boolean
  both: number
  same: number
}

/**
 * Finds the columns whose ids agree with those of the id column in at least 95 % of the rows that have both. All rows are
 * compared, because a call is paid for each id that is taken from such a column. If no row has both, the names of both columns
 * must be names of id columns that are not generic. Without a second column of ids, by its name or in the first rows, nothing
 * is read.
 */
export async function spareColumns(table: Table, idIndex: number, pipeline: Pipeline): Promise<SpareColumn[]> {
  const isNamed = isOwnName(table.columns[idIndex]!, pipeline)
  const candidates = table.columns.flatMap((name, index): Candidate[] => {
    if (index === idIndex) return []
    const named = isNamed && isOwnName(name, pipeline) && (table.types?.[index] ?? TEXT) === TEXT
    return named || idShare({ ...table, pipeline }, index) >= 0.5 ? [{ index, name, named, both: 0, same: 0 }] : []
  })
  if (candidates.length === 0) return []
  /** For each set of candidates that have an id where the id column is empty: the number of such rows. */
  const fills = new Map<string, number>()
  for await (const rows of table.data()) {
    for (const row of rows) compare(row, idIndex, { pipeline, candidates, fills })
  }
  const agreeing = candidates.filter(({ named, both, same }) => (named || both > 0) && same >= AGREEMENT * both)
  const filled = new Map<number, number>()
  for (const [indexes, count] of fills) {
    const first = agreeing.find(({ index }) => indexes.split(' ').includes(String(index)))
    if (first) filled.set(first.index, (filled.get(first.index) ?? 0) + count)
  }
  return agreeing.flatMap(({ index, name, both }) => {
    const count = filled.get(index)
    return count === undefined ? [] : [{ index, name, filled: count, compared: both > 0 }]
  })
}

/** Whether another column may have the id of a row with this cell: it is empty, or only a resolver can find the id. */
export function mayBeElsewhere({ reason, resolve }: RejectedId): boolean {
  return reason === 'empty' || resolve !== undefined
}

interface Comparison {
  readonly pipeline: Pipeline
  readonly candidates: readonly Candidate[]
  readonly fills: Map<string, number>
}

function compare(row: RawRow, idIndex: number, { pipeline, candidates, fills }: Comparison): void {
  const own = parsedCell(row, idIndex, pipeline)
  if ('reason' in own && !mayBeElsewhere(own)) return
  const found: number[] = []
  for (const candidate of candidates) {
    const other = parsedCell(row, candidate.index, pipeline)
    if (!('id' in other)) continue
    if ('id' in own) {
      candidate.both += 1
      if (other.id === own.id) candidate.same += 1
    } else {
      found.push(candidate.index)
    }
  }
  if (found.length > 0) fills.set(found.join(' '), (fills.get(found.join(' ')) ?? 0) + 1)
}

/** The spare columns as a part of a sentence for people, '' without any. */
export function spareExplanation(spare: readonly SpareColumn[]): string {
  return spare
    .map(({ name, filled, compared }) => {
      const rows =
        filled === 1 ? '1 row without an id there takes it' : `${filled} rows without an id there take theirs`
      return `; ${rows} from column ${JSON.stringify(name)}, ${compared ? 'which agrees' : 'known by its name'}`
    })
    .join('')
}
