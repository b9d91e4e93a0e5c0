import { hash } from 'node:crypto'
import type { ChildTable, Value } from '../model/pipeline.js'
import { sortedJsonText } from './jsonText.js'

/** A field's name, as JSON text with a colon, and its index in the array of cells. */
interface NamedIndex {
  readonly label: string
  readonly index: number
}

/** Sorted by name, which is the order in which they are written. */
function namedIndexes(names: readonly (readonly [name: string, index: number])[]): NamedIndex[] {
  return [...names]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, index]) => ({ label: `${JSON.stringify(name)}:`, index }))
}

/** JSON text of an object, names sorted. NULL and empty text are left out. */
function objectText(fields: readonly NamedIndex[], cells: readonly Value[]): string {
  let text = ''
  for (const { label, index } of fields) {
    const value = cells[index]
    if (value === null || value === undefined || value === '') continue
    text += `${text === '' ? '' : ','}${label}${typeof value === 'string' ? JSON.stringify(value) : String(value)}`
  }
  return `{${text}}`
}

function listText(items: string[]): string | null {
  return items.length === 0 ? null : `[${items.sort().join(',')}]`
}

/** The stable form of a list of unknown items: items sorted by their text, keys sorted. */
export function stableItems(items: readonly unknown[]): string | null {
  const texts = items.map(sortedJsonText)
  return texts.includes(undefined) ? null : listText(texts as string[])
}

/** The stable form of a list with a child table, from its rows: sorted, identity and attribute fields only. */
export function stableRows(child: ChildTable): (rows: readonly (readonly Value[])[]) => string | null {
  const kept = Object.entries(child.columns).flatMap(([name, { kind }], index) =>
    kind === 'identity' || kind === 'attribute' ? [[name, index] as const] : [],
  )
  const fields = namedIndexes(kept)
  return (rows) => listText(rows.map((row) => objectText(fields, row)))
}

/** A hash of 128 bits, in hex, over the attributes by name. The order in the definition does not matter. */
export function stableHash(names: readonly string[]): (attributes: readonly Value[]) => string {
  const fields = namedIndexes(names.map((name, index) => [name, index] as const))
  return (attributes) => hash('sha256', objectText(fields, attributes)).slice(0, 32)
}
