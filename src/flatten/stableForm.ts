import { hash } from 'node:crypto'
import type { ChildTable, Value } from '../model/pipeline.js'
import { sortedJsonText } from './jsonText.js'

/** Named places in an array of cells, in the order in which they are written. */
interface Places {
  readonly label: string
  readonly index: number
}

function placesOf(names: readonly (readonly [name: string, index: number])[]): Places[] {
  return [...names]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, index]) => ({ label: `${JSON.stringify(name)}:`, index }))
}

/** Text of an object, names sorted; NULL and empty text are left out. */
function objectText(places: readonly Places[], cells: readonly Value[]): string {
  let text = ''
  for (const { label, index } of places) {
    const value = cells[index]
    if (value === null || value === undefined || value === '') continue
    text += `${text === '' ? '' : ','}${label}${typeof value === 'string' ? JSON.stringify(value) : String(value)}`
  }
  return `{${text}}`
}

function listText(items: string[]): string | null {
  return items.length === 0 ? null : `[${items.sort().join(',')}]`
}

/** The stable form of a list of which nothing is known: items sorted by their text, keys sorted. */
export function stableItems(items: readonly unknown[]): string | null {
  const texts = items.map(sortedJsonText)
  return texts.includes(undefined) ? null : listText(texts as string[])
}

/** The stable form of a list with a child table, from its rows: sorted, identity and attribute fields only. */
export function stableRows(child: ChildTable): (rows: readonly (readonly Value[])[]) => string | null {
  const kept = Object.entries(child.columns).flatMap(([name, { kind }], index) =>
    kind === 'identity' || kind === 'attribute' ? [[name, index] as const] : [],
  )
  const places = placesOf(kept)
  return (rows) => listText(rows.map((row) => objectText(places, row)))
}

/** 128 bits over the attributes by name, whatever order the definition has them in; hex. */
export function stableHash(names: readonly string[]): (attributes: readonly Value[]) => string {
  const places = placesOf(names.map((name, index) => [name, index] as const))
  return (attributes) => hash('sha256', objectText(places, attributes)).slice(0, 32)
}
