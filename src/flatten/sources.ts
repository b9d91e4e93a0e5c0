import { isObject } from '../model/json.js'
import type { Anomaly, Column, Value } from '../model/pipeline.js'
import type { DriftLog, UnmappedFields } from './drift.js'
import { readValue, valueKindOf, type ReportAnomaly } from './readValue.js'
import { parsePath, type SourcePath } from './sourceTree.js'

/** A column with a source, and all that can be prepared before the first answer. */
export interface ColumnSource {
  readonly name: string
  readonly column: Column
  readonly path: SourcePath
  readonly get: (value: unknown) => unknown
  readonly read: (raw: unknown, report: ReportAnomaly) => Value | undefined
}

export function sourcesOf(columns: Readonly<Record<string, Column>>): ColumnSource[] {
  return Object.entries(columns).flatMap(([name, column]) => {
    if (column.path === undefined) return []
    const path = parsePath(column.path)
    return [{ name, column, path, get: getterOf(path), read: readValue[valueKindOf(column)] }]
  })
}

/**
 * Returns a reader of a path. For speed, the reader does not check that keys are the object's own. A key that every object
 * inherits is refused here instead.
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

/** Reads one column of one answer. A value that cannot be read goes into `unmapped`. */
export function readSource(
  source: ColumnSource,
  value: unknown,
  anomalies: Anomaly[],
  log: DriftLog,
  unmapped: UnmappedFields,
): Value {
  const { name, column, path } = source
  const raw = source.get(value)
  if (raw === undefined) {
    // The upstream leaves keys out at will. Only a missing column with a role, which views are built on, is drift.
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
  // Where no text belongs, an empty one is not worth keeping. A field that is picked out of a list is still in its JSON text.
  if (raw !== '' && !path.pick) unmapped.put(path.keys, raw)
  return null
}
