import type { IdFinder } from './idFinder.js'

export interface RedactJson {
  /** Leaves nothing below the first level but keys and marks: the whole text is about somebody who is not to be known. */
  readonly hollow?: boolean
}

/** A string, a structural character, or anything else between them. Without a choice in a loop, which long strings overflow. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/gs

const COLON = /\s*:/y

interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** An object or a list that is being read. */
interface Open {
  readonly list: boolean
  /** Where it starts. */
  readonly from: number
  /** How many edits there were before it. */
  readonly edits: number
  /** Of a list: where each item but the first is parted from the one before, and which items go. */
  readonly commas: number[]
  readonly gone: Set<number>
  /** One of its own values is an id. */
  about: boolean
}

/**
 * Takes ids out of JSON, and leaves every other character as it came. An item of a list that is an id, or an object with
 * an id as one of its values, goes whole, since it is about that person; elsewhere the id is replaced by a mark.
 * @param text valid JSON
 */
export function redactJson(text: string, finder: IdFinder, { hollow = false }: RedactJson = {}): string {
  const edits: Edit[] = []
  const stack: Open[] = []
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match
    const from = match.index
    const to = from + token.length
    const inside = stack.at(-1)
    if (token === '{' || token === '[') {
      stack.push({ list: token === '[', from, edits: edits.length, commas: [], gone: new Set(), about: false })
    } else if (token === '}' || token === ']') {
      const closed = stack.pop()!
      const parent = stack.at(-1)
      if (closed.list) edits.push(...itemsGone(closed, to - 1))
      else if (closed.about && parent?.list && !hollow) leaveOut(parent, edits, closed.edits)
    } else if (token === ',') {
      if (inside?.list) inside.commas.push(from)
    } else if (token !== ':') {
      COLON.lastIndex = to
      const isKey = COLON.test(text)
      const value = token.startsWith('"') ? (JSON.parse(token) as string) : token
      const spots = finder.find(value)
      const whole = !isKey && finder.has(value.trim())
      if (whole && inside?.list && !hollow) leaveOut(inside, edits, edits.length)
      else if (spots.length > 0) edits.push({ from, to, text: JSON.stringify(finder.takeOut(value)) })
      else if (hollow && !isKey && stack.length > 1) edits.push({ from, to, text: 'null' })
      if (whole && inside) inside.about = true
    }
  }
  return applied(text, edits)
}

/** What was changed within the item does not matter any more. */
function leaveOut(list: Open, edits: Edit[], before: number): void {
  edits.length = before
  list.gone.add(list.commas.length)
}

/** Each item with the comma before it, or where no item before it stays, with the one behind it. */
function itemsGone({ from, commas, gone }: Open, end: number): Edit[] {
  const bounds = [from, ...commas, end]
  let kept = 0
  return bounds.slice(1).flatMap((upto, item) => {
    if (!gone.has(item)) {
      kept += 1
      return []
    }
    const start = bounds[item]!
    if (kept > 0) return [{ from: start, to: upto, text: '' }]
    return [{ from: start + 1, to: upto === end ? upto : upto + 1, text: '' }]
  })
}

function applied(text: string, edits: readonly Edit[]): string {
  let result = ''
  let at = 0
  for (const edit of [...edits].sort((one, other) => one.from - other.from)) {
    result += text.slice(at, edit.from) + edit.text
    at = edit.to
  }
  return result + text.slice(at)
}
