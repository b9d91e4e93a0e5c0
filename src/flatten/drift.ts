import type { Drift } from '../model/pipeline.js'
import { shortened } from './readValue.js'

/** An answer with thousands of unknown keys (ids as keys) must not flood the drift table. */
const MOST = 64

/** The kind of a JSON value, in the words of column types. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'string') return 'text'
  if (typeof value === 'boolean') return 'flag'
  if (typeof value === 'object') return 'object'
  return typeof value === 'bigint' || Number.isInteger(value) ? 'count' : 'ratio'
}

/** `tags[].name`; keys that are no plain words in brackets. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = ''
  for (const key of path) {
    if (typeof key === 'number') text += '[]'
    else if (/^[\w$-]+$/.test(String(key))) text += text === '' ? String(key) : `.${String(key)}`
    else text += `[${JSON.stringify(key)}]`
  }
  return shortened(text)
}

/** The drifts of one answer, each once. */
export class DriftLog {
  readonly drifts: Drift[] = []
  /** How many more there were than are kept. */
  unlisted = 0
  private readonly seen = new Set<string>()

  add(path: readonly PropertyKey[], kind: Drift['kind'], expected: string | null, found: string | null): void {
    const place = pathText(path)
    const key = `${kind} ${expected} ${found} ${place}`
    if (this.seen.has(key)) return
    if (this.drifts.length === MOST) {
      this.unlisted += 1
      return
    }
    this.seen.add(key)
    this.drifts.push({ path: place, kind, expected, found })
  }
}
