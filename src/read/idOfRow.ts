import { moneyText } from '../core/text.js'
import type { ParsedId, Pipeline, RejectedId } from '../model/pipeline.js'
import type { Resolvable, Resolver } from '../model/resolver.js'
import { isOwnName, normalizedName } from './columns.js'
import { parsedCell } from './parsedCell.js'
import { mayBeElsewhere, type SpareColumn } from './spareColumns.js'
import type { RawRow } from './table.js'

/** The columns of an input in which the id of a row is looked for. */
export interface IdPlaces {
  readonly columns: readonly string[]
  readonly idIndex: number
  readonly spare: readonly SpareColumn[]
}

/**
 * Returns the reader of rows. The id is that of the id column's cell; where this cell is empty, or a resolver would take it, that
 * of the first spare column with an id, which costs nothing. A row without an id has what a resolver takes: from the id column,
 * else from another column with a name of such a column. If the id column is empty, the reason is what is wrong with such a column.
 */
export function idOfRow({ columns, idIndex, spare }: IdPlaces, pipeline: Pipeline): (row: RawRow) => ParsedId {
  const allows = columns.map((name, index) => allowedIn(name, index === idIndex, pipeline))
  const resolvable = columns.flatMap((_, index) => (index !== idIndex && allows[index] ? [index] : []))
  const titles = columns.map((name) => resolversOf(name, pipeline).map(({ title }) => title))

  const allowed = (rejected: RejectedId, index: number): RejectedId => {
    const { reason, remedy, resolve } = rejected
    return !resolve || allows[index]?.(resolve) ? rejected : { reason, remedy }
  }

  return (row) => {
    const parsed = parsedCell(row, idIndex, pipeline)
    if ('id' in parsed) return parsed
    if (mayBeElsewhere(parsed)) {
      for (const { index } of spare) {
        const other = parsedCell(row, index, pipeline)
        if ('id' in other) return other
      }
    }
    const own = allowed(parsed, idIndex)
    if (own.resolve) return priced(own, own.resolve, '', pipeline)
    let unusable: RejectedId | undefined
    for (const index of resolvable) {
      const other = parsedCell(row, index, pipeline)
      const { resolve } = 'id' in other ? {} : allowed(other, index)
      if (resolve && 'reason' in other)
        return priced(
          own.reason === 'empty' ? other : own,
          resolve,
          ` (column ${JSON.stringify(columns[index])})`,
          pipeline,
        )
      if (own.reason === 'empty' && titles[index]!.length > 0 && 'reason' in other && other.reason !== 'empty')
        unusable ??= {
          reason: other.reason,
          remedy: `column ${JSON.stringify(columns[index])} holds no usable ${titles[index]!.join(' or ')}: ${other.remedy}`,
        }
    }
    return unusable ?? own
  }
}

/** The resolvers that name the column. */
function resolversOf(name: string, { resolvers = [] }: Pipeline): Resolver[] {
  return resolvers.filter(({ columns }) => columns.includes(normalizedName(name)))
}

/** Which inputs a column may give to a resolver; undefined: none. */
function allowedIn(
  name: string,
  isIdColumn: boolean,
  pipeline: Pipeline,
): ((input: Resolvable) => boolean) | undefined {
  const own = new Set(resolversOf(name, pipeline).map(({ kind }) => kind))
  const isOpen = isIdColumn || isOwnName(name, pipeline)
  if (!pipeline.resolvers?.length || (own.size === 0 && !isOpen)) return undefined
  return ({ kind, isContested }) => own.has(kind) || (isOpen && !isContested)
}

/** The remedy says what it would cost to find the id, and where its input is, if not in the id column. */
function priced(
  { reason, remedy }: RejectedId,
  { kind, input }: Resolvable,
  place: string,
  pipeline: Pipeline,
): RejectedId {
  const resolver = pipeline.resolvers?.find((each) => each.kind === kind)
  if (!resolver) return { reason, remedy }
  const price = moneyText(resolver.price, pipeline.vendor.currency)
  return {
    reason,
    remedy: `${remedy}, or add --resolve, which asks the API for ${price}${place}`,
    resolve: { kind, input },
  }
}
