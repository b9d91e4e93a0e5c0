/** Far beyond what any answer needs, far below what overflows a stack or a reader of the tables. */
const DEEPEST = 100

/**
 * JSON text of parsed JSON: bigints as bare digits, halves of surrogate pairs as U+FFFD, so that every reader of the
 * tables can parse it.
 * @returns undefined when it is nested deeper than 100 levels
 */
export function jsonText(value: unknown): string | undefined {
  if (isPlain(value, DEEPEST)) {
    const text = JSON.stringify(value)
    // Half a pair comes out as an escape, and nothing else does.
    if (!text.includes('\\ud')) return text
  }
  return write(value, false, DEEPEST)
}

/** The same with the keys of objects in code unit order, so that equal objects give equal texts. */
export function sortedJsonText(value: unknown): string | undefined {
  return write(value, true, DEEPEST)
}

/** Whether JSON.stringify can write it. */
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

/** In every Node since 20; TypeScript knows it from ES2024 on. */
interface Es2024String {
  isWellFormed(): boolean
  toWellFormed(): string
}

/** Half a surrogate pair is no character and could not be stored: U+FFFD instead. */
export function wellFormed(text: string): string {
  const string = text as unknown as Es2024String
  return string.isWellFormed() ? text : string.toWellFormed()
}
