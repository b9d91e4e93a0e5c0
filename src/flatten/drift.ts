import type * as z from 'zod'
import type { Drift } from '../model/pipeline.js'
import { shortened } from './readValue.js'
import { nodeAt, valueAt, type ObjectNode, type SourceNode } from './sourceTree.js'

/** Turns the issues of the strict schema into drift, and keeps in `unmapped` the values that no column reads. */
export function recordDrift(
  issues: readonly z.core.$ZodIssue[],
  value: unknown,
  tree: ObjectNode,
  log: DriftLog,
  unmapped: UnmappedFields,
): void {
  for (const issue of issues) {
    // The JSON text of a list keeps everything in the list.
    const inList = issue.path.some((key) => typeof key === 'number')
    const raw = valueAt(value, issue.path)
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const path = [...issue.path, key]
        const unknown = valueAt(raw, [key])
        log.add(path, 'unknown_key', null, kindOf(unknown))
        if (!inList) unmapped.put(path, unknown)
      }
      continue
    }
    const node = nodeAt(tree, issue.path)
    log.add(issue.path, 'wrong_type', node ? expectedOf(node) : null, kindOf(raw))
    if (node?.kind === 'object' && !inList && issue.path.length > 0) unmapped.put(issue.path, raw)
  }
}

/** An answer with thousands of unknown keys (ids as keys) must not flood the drift table. */
const MAX_DRIFTS = 64

/** The drifts of one answer, each once. */
export class DriftLog {
  readonly drifts: Drift[] = []
  /** The number of drifts beyond the limit, which are not kept. */
  unlisted = 0
  private readonly seen = new Set<string>()

  add(path: readonly PropertyKey[], kind: Drift['kind'], expected: string | null, found: string | null): void {
    const text = pathText(path)
    const key = `${kind} ${expected} ${found} ${text}`
    if (this.seen.has(key)) return
    if (this.drifts.length === MAX_DRIFTS) {
      this.unlisted += 1
      return
    }
    this.seen.add(key)
    this.drifts.push({ path: text, kind, expected, found })
  }
}

/** The path of drift in the whole profile, such as a text in its place. */
export const WHOLE = '(profile)'

/** `tags[].name`; a key that is not a plain word is in brackets. */
function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return WHOLE
  let text = ''
  for (const key of path) {
    if (typeof key === 'number') text += '[]'
    else if (/^[\w$-]+$/.test(String(key))) text += text === '' ? String(key) : `.${String(key)}`
    else text += `[${JSON.stringify(key)}]`
  }
  return shortened(text)
}

/** The type that the definition gives this place, in the words of column types. */
function expectedOf(node: SourceNode): string {
  if (node.kind !== 'leaf') return node.kind
  return node.column.holds ?? node.column.type
}

/** The type of a JSON value, in the words of column types. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'string') return 'text'
  if (typeof value === 'boolean') return 'flag'
  if (typeof value === 'object') return 'object'
  return typeof value === 'bigint' || Number.isInteger(value) ? 'count' : 'ratio'
}

/** Values that no column holds, nested as received. The objects have no prototype, so `__proto__` is a key like any other. */
export class UnmappedFields {
  private root: Record<PropertyKey, unknown> | undefined

  /** Undefined as long as there are no such values. */
  get value(): unknown {
    return this.root
  }

  put(path: readonly PropertyKey[], raw: unknown): void {
    this.root ??= emptyObject()
    let parent = this.root
    for (const key of path.slice(0, -1)) {
      parent[key] ??= emptyObject()
      parent = parent[key] as Record<PropertyKey, unknown>
    }
    parent[path.at(-1)!] = raw
  }
}

function emptyObject(): Record<PropertyKey, unknown> {
  return Object.create(null) as Record<PropertyKey, unknown>
}
