import type { Column, ColumnKind, ColumnType, Role, Row, ValueOf } from './pipeline.js'

/** The type of a row with these columns. */
export type RowOf<Columns extends Readonly<Record<string, Column>>> = {
  readonly [Name in keyof Columns]: ValueOf[Columns[Name]['type']] | null
}

/** Makes a function that writes a column with a source path in one line. */
function sourced<T extends ColumnType>(kind: ColumnKind, type: T) {
  return (path: string, description: string, role?: Role): Column<T> => ({
    type,
    kind,
    path,
    description,
    ...(role ? { role } : {}),
  })
}

function held(kind: ColumnKind, holds: 'object' | 'any') {
  return (path: string, description: string): Column<'list'> => ({ type: 'list', holds, kind, path, description })
}

function sourcedOf(kind: ColumnKind) {
  return {
    text: sourced(kind, 'text'),
    count: sourced(kind, 'count'),
    ratio: sourced(kind, 'ratio'),
    flag: sourced(kind, 'flag'),
    list: sourced(kind, 'list'),
    /** JSON text of an object of unknown shape. */
    object: held(kind, 'object'),
    /** JSON text of a value of unknown type: of keys that were null in all answers seen. */
    any: held(kind, 'any'),
  }
}

export const identity = sourcedOf('identity')
export const attribute = sourcedOf('attribute')
export const volatile = sourcedOf('volatile')
/** A number that changes often. */
export const counter = Object.assign(sourced('counter', 'count'), {
  ratio: sourced('counter', 'ratio'),
  /** A count that may fall below 0. */
  signed: (path: string, description: string): Column<'count'> => ({
    type: 'count',
    kind: 'counter',
    signed: true,
    path,
    description,
  }),
})

type Lists = Record<string, readonly Row[]>

/**
 * Columns computed from a row of the `Source` columns and from the child tables' rows by table name. `derive` returns null
 * if its value is not defined.
 */
export function derivedFrom<Source>() {
  function derived<T extends ColumnType>(type: T) {
    return (derive: (row: Source, lists: Lists) => ValueOf[T] | null, description: string, role?: Role): Column<T> => ({
      type,
      kind: 'derived',
      // Flattening fills the row from the same columns that `Source` was inferred from.
      derive: derive as unknown as NonNullable<Column<T>['derive']>,
      description,
      ...(role ? { role } : {}),
    })
  }
  return { text: derived('text'), count: derived('count'), ratio: derived('ratio'), flag: derived('flag') }
}

/**
 * Puts the parts of a definition together.
 * @throws Error if two of them have a column of the same name, which a spread would hide
 */
export function mergeColumns(...parts: readonly Readonly<Record<string, Column>>[]): Readonly<Record<string, Column>> {
  const entries = parts.flatMap((part) => Object.entries(part))
  const names = new Set<string>()
  for (const [name, { path }] of entries) {
    if (names.has(name))
      throw new Error(`column ${name}: two columns have this name, one of them from ${path ?? 'others'}`)
    names.add(name)
  }
  return Object.fromEntries(entries)
}
