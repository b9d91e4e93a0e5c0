import { hash } from 'node:crypto'
import type { ChildTable, Value } from '../model/pipeline.js'

/** Far deeper than any answer needs, and far from what overflows a stack or a JSON reader of the tables. */
const MAX_DEPTH = 100

/**
 * JSON text of parsed JSON. Bigints are bare digits and halves of surrogate pairs are U+FFFD, so that every reader of the
 * tables can parse the text.
 * @returns undefined if the value is nested deeper than 100 levels
 */
export function jsonText(value: unknown): string | undefined {
  if (isPlain(value, MAX_DEPTH)) {
    const text = JSON.stringify(value)
    // JSON.stringify writes half a surrogate pair as an escape.
    if (!text.includes('\\ud')) return text
  }
  return write(value, false, MAX_DEPTH)
}

/** Like `jsonText`, with the keys of objects in code unit order, so that equal objects give equal texts. */
export function sortedJsonText(value: unknown): string | undefined {
  return write(value, true, MAX_DEPTH)
}

/** Whether JSON.stringify can write the value: no bigint, and not too deep. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint' && value !== undefined
  if (depth === 0) return false
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth - 1))
  for (const key in value) if (!isPlain((value as Record<string, unknown>)[key], depth - 1)) return false
  return true
}

function write(value: unknown, sorted: boolean, depth: number): string | undefined {
  if (typeof value === 'string') return JSON.stringify(wellFormed(value))
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  if (depth === 0) return undefined
  const parts: string[] = []
  if (Array.isArray(value)) {
    for (const item of value) {
      const part = write(item, sorted, depth - 1)
      if (part === undefined) return undefined
      parts.push(part)
    }
    return `[${parts.join(',')}]`
  }
  const object = value as Record<string, unknown>
  const keys = Object.keys(object)
  for (const key of sorted ? keys.sort() : keys) {
    const part = write(object[key], sorted, depth - 1)
    if (part === undefined) return undefined
    parts.push(`${JSON.stringify(wellFormed(key))}:${part}`)
  }
  return `{${parts.join(',')}}`
}

/** Every Node since 20 has these methods. TypeScript declares them from ES2024 on. */
interface Es2024String {
  isWellFormed(): boolean
  toWellFormed(): string
}

/** Replaces half a surrogate pair by U+FFFD, because UTF-8 cannot encode it. */
export function wellFormed(text: string): string {
  const string = text as unknown as Es2024String
  return string.isWellFormed() ? text : string.toWellFormed()
}

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
