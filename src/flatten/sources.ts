import type { Anomaly, Column, Value } from '../model/pipeline.js'
import type { DriftLog, UnmappedFields } from './drift.js'
import { readValue, type Note } from './readValue.js'
import { parsePath, type SourcePath } from './sourceTree.js'

/** A column with a source, and everything about it that can be known before the first answer. */
export interface ColumnSource {
  readonly name: string
  readonly column: Column
  readonly path: SourcePath
  readonly get: (value: unknown) => unknown
  readonly read: (raw: unknown, note: Note) => Value | undefined
}

export function sourcesOf(columns: Readonly<Record<string, Column>>): ColumnSource[] {
  return Object.entries(columns).flatMap(([name, column]) => {
    if (column.path === undefined) return []
    const path = parsePath(column.path)
    return [{ name, column, path, get: getterOf(path), read: readValue[column.holds ?? column.type] }]
  })
}

/**
 * Reads a path, without a check that the keys are the object's own, for this is the hot path: no column may be named like
 * something every object inherits.
 * @throws Error for a key like `constructor`
 */
export function getterOf({ keys, pick }: SourcePath): (value: unknown) => unknown {
  for (const key of keys) if (key in Object.prototype) throw new Error(`column path: ${key} is a key every object has`)
  const parents = keys.slice(0, -1)
  const last = keys.at(-1)!
  function get(value: unknown): unknown {
    let current = value
    for (const key of parents) current = isObject(current) ? current[key] : undefined
    return isObject(current) ? current[last] : undefined
  }
  if (!pick) return get
  const typeOf = getterOf({ keys: [pick.key] })
  const rest = getterOf({ keys: pick.rest })
  return (value) => {
    const list = get(value)
    return Array.isArray(list) ? rest(list.find((item) => typeOf(item) === pick.value)) : undefined
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One column of one answer; what cannot be read goes into `left`. */
export function readSource(
  source: ColumnSource,
  value: unknown,
  anomalies: Anomaly[],
  log: DriftLog,
  left: UnmappedFields,
): Value {
  const { name, column, path } = source
  const raw = source.get(value)
  if (raw === undefined) {
    // Keys are left out at will; only what views and tiers are built on is missed.
    if (column.role !== undefined && !path.pick) log.add(path.keys, 'missing_key', column.type, null)
    return null
  }
  if (raw === null) {
    if (column.type === 'list' && column.holds === undefined)
      anomalies.push({ kind: 'null_list', column: name, detail: 'null in place of a list' })
    return null
  }
  const cell = source.read(raw, (kind, detail) => anomalies.push({ kind, column: name, detail }))
  if (cell !== undefined) return cell
  // Empty text is nothing worth keeping; a field picked out of a list is still in the JSON text of that list.
  if (raw !== '' && !path.pick) left.put(path.keys, raw)
  return null
}
