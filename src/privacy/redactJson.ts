import { FORGOTTEN, type IdFinder } from './idFinder.js'

export interface RedactJson {
  /** Replaces every value below the first level by null, because the whole text is about a forgotten person. */
  readonly blankValues?: boolean
}

/** A string, a structural character, or any other token. A choice within a loop would overflow on long strings. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/gs

/** Text that may be a whole profile as JSON. */
const JSON_INSIDE = /^\s*[[{]/

const COLON = /\s*:/y

interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** An object or a list whose end has not been read yet. */
interface OpenContainer {
  readonly list: boolean
  /** Offset of its start. */
  readonly from: number
  /** The number of edits before it. */
  readonly edits: number
  /** For a list: the offsets of the commas between its items. */
  readonly commas: number[]
  /** For a list: the indexes of the items to remove. */
  readonly removed: Set<number>
  /** Whether one of its own values is an id. */
  hasId: boolean
}

/**
 * Takes ids out of JSON and keeps every other character. A list item that is an id, or an object with an id as one of its
 * values, is about that person and is removed as a whole. Elsewhere `[forgotten]` replaces the id.
 * @param text valid JSON
 */
export function redactJson(text: string, finder: IdFinder, { blankValues = false }: RedactJson = {}): string {
  const edits: Edit[] = []
  const stack: OpenContainer[] = []
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match
    const from = match.index
    const to = from + token.length
    const inside = stack.at(-1)
    if (token === '{' || token === '[') {
      stack.push({ list: token === '[', from, edits: edits.length, commas: [], removed: new Set(), hasId: false })
    } else if (token === '}' || token === ']') {
      const closed = stack.pop()!
      const parent = stack.at(-1)
      if (closed.list) edits.push(...removalsIn(closed, to - 1))
      else if (closed.hasId && parent?.list && !blankValues) removeItem(parent, edits, closed.edits)
    } else if (token === ',') {
      if (inside?.list) inside.commas.push(from)
    } else if (token !== ':') {
      COLON.lastIndex = to
      const isKey = COLON.test(text)
      const value = token.startsWith('"') ? (JSON.parse(token) as string) : token
      const matches = finder.find(value)
      const isId = !isKey && finder.has(value.trim())
      if (isId && inside?.list && !blankValues) removeItem(inside, edits, edits.length)
      else if (blankValues && matches.length > 0 && JSON_INSIDE.test(value))
        edits.push({ from, to, text: JSON.stringify(FORGOTTEN) })
      else if (matches.length > 0) edits.push({ from, to, text: JSON.stringify(finder.takeOut(value)) })
      else if (blankValues && !isKey && stack.length > 1) edits.push({ from, to, text: 'null' })
      if (isId && inside) inside.hasId = true
    }
  }
  return applyEdits(text, edits)
}

/** Takes ids out of a text, which may be JSON. */
export function textWithout(text: string, finder: IdFinder): string {
  if (!finder.isIn(text)) return text
  return JSON_INSIDE.test(text) && isJsonText(text) ? redactJson(text, finder) : finder.takeOut(text)
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Removes the current item of a list, and drops the edits within the item. */
function removeItem(list: OpenContainer, edits: Edit[], editsBefore: number): void {
  edits.length = editsBefore
  list.removed.add(list.commas.length)
}

/** Removes each item with the comma before it or, if no earlier item stays, with the comma behind it. */
function removalsIn({ from, commas, removed }: OpenContainer, end: number): Edit[] {
  const bounds = [from, ...commas, end]
  let kept = 0
  return bounds.slice(1).flatMap((upto, item) => {
    if (!removed.has(item)) {
      kept += 1
      return []
    }
    const start = bounds[item]!
    if (kept > 0) return [{ from: start, to: upto, text: '' }]
    return [{ from: start + 1, to: upto === end ? upto : upto + 1, text: '' }]
  })
}

function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = ''
  let at = 0
  for (const edit of [...edits].sort((one, other) => one.from - other.from)) {
    result += text.slice(at, edit.from) + edit.text
    at = edit.to
  }
  return result + text.slice(at)
}
