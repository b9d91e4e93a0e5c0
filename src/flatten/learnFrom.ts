import type * as z from 'zod'
import { DriftLog, kindOf } from './drift.js'
import type { UnmappedFields } from './leftOver.js'
import { nodeAt, valueAt, type ObjectNode, type SourceNode } from './sourceTree.js'

/** Turns the issues of the strict schema into drift, and keeps in `left` what no column will read. */
export function recordDrift(
  issues: readonly z.core.$ZodIssue[],
  value: unknown,
  tree: ObjectNode,
  log: DriftLog,
  left: UnmappedFields,
): void {
  for (const issue of issues) {
    // What stands in a list is kept in the JSON text of that list.
    const inList = issue.path.some((key) => typeof key === 'number')
    const raw = valueAt(value, issue.path)
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const path = [...issue.path, key]
        const unknown = valueAt(raw, [key])
        log.add(path, 'unknown_key', null, kindOf(unknown))
        if (!inList) left.put(path, unknown)
      }
      continue
    }
    const node = nodeAt(tree, issue.path)
    log.add(issue.path, 'wrong_type', node ? expectedOf(node) : null, kindOf(raw))
    if (node?.kind === 'object' && !inList && issue.path.length > 0) left.put(issue.path, raw)
  }
}

function expectedOf(node: SourceNode): string {
  if (node.kind !== 'leaf') return node.kind
  return node.column.holds ?? node.column.type
}
