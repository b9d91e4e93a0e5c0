import type * as z from 'zod'
import { isObject } from '../model/json.js'
import {
  attributeColumns,
  columnOf,
  type Anomaly,
  type Flattened,
  type Pipeline,
  type Value,
} from '../model/pipeline.js'
import { compileChild } from './childRows.js'
import { DriftLog, recordDrift, UnmappedFields } from './drift.js'
import { jsonText } from './jsonText.js'
import { fitsBigint, shortened } from './readValue.js'
import { rowView } from './rowView.js'
import { objectSchema } from './schema.js'
import { parsePath, sourceTree } from './sourceTree.js'
import { getterOf, readSource, sourcesOf } from './sources.js'
import { stableHash, stableItems } from './stableForm.js'

export interface CompiledPipeline {
  /** Strict: drift and `extra` are made from its issues. */
  readonly schema: z.ZodType
  /** Pure; never throws, for any value. `id` is the requested id and becomes the id column. */
  readonly flatten: (value: unknown, id: string) => Flattened
}

/**
 * Compiles a pipeline once, for many answers.
 * @throws Error if the definition contradicts itself
 */
export function compilePipeline(pipeline: Pipeline): CompiledPipeline {
  const tree = sourceTree(pipeline.columns, pipeline.children)
  const schema = objectSchema(tree)
  const names = Object.keys(pipeline.columns)
  const viewOf = rowView(names)
  const sources = sourcesOf(pipeline.columns).map((source) => ({ ...source, index: names.indexOf(source.name) }))
  const children = pipeline.children.map((child) => compileChild(child, sources))
  const derived = Object.entries(pipeline.columns).flatMap(([name, { type, derive }]) =>
    derive ? [{ name, type, derive, index: names.indexOf(name) }] : [],
  )
  const idIndex = names.indexOf(columnOf(pipeline, 'id') ?? '')
  const attributes = attributeColumns(pipeline).map(([name, { type, holds, path }]) => ({
    name,
    index: names.indexOf(name),
    child: children.findIndex((child) => child.path === path),
    items: type === 'list' && holds === undefined && path !== undefined ? getterOf(parsePath(path)) : undefined,
  }))
  const hashOf = stableHash(attributes.map(({ name }) => name))

  function flatten(value: unknown, id: string): Flattened {
    const anomalies: Anomaly[] = []
    const drift = new DriftLog()
    const unmapped = new UnmappedFields()
    const parsed = schema.safeParse(value)
    if (!parsed.success) recordDrift(parsed.error.issues, value, tree, drift, unmapped)

    const values = new Array<Value>(names.length).fill(null)
    for (const source of sources) values[source.index] = readSource(source, value, anomalies, drift, unmapped)
    if (idIndex >= 0) values[idIndex] = id

    const rows = children.map((child) => child.rows(value, anomalies))
    const lists = Object.fromEntries(children.map(({ name, view }, at) => [name, rows[at]!.map(view)]))
    const row = viewOf(values)
    for (const { name, type, derive, index } of derived) {
      const cell = derive(row, lists)
      const tooLarge = type === 'count' && cell !== null && !fitsBigint(BigInt(cell))
      if (tooLarge) anomalies.push({ kind: 'does_not_fit', column: name, detail: shortened(String(cell)) })
      values[index] = tooLarge ? null : cell
    }
    if (isObject(value)) anomalies.push(...pipeline.check(row, value))

    const stable = attributes.map(({ index, child, items }): Value => {
      if (child >= 0) return children[child]!.stable(rows[child]!)
      const list = items?.(value)
      if (items) return Array.isArray(list) ? stableItems(list) : null
      return values[index] === '' ? null : values[index]!
    })
    return {
      values,
      attributes: stable,
      hash: hashOf(stable),
      children: rows,
      extra: extraText(unmapped, anomalies),
      anomalies: drift.unlisted === 0 ? anomalies : [...anomalies, muchDrift(drift.unlisted)],
      drift: drift.drifts,
    }
  }
  return { schema, flatten }
}

function extraText(unmapped: UnmappedFields, anomalies: Anomaly[]): string | null {
  if (unmapped.value === undefined) return null
  const text = jsonText(unmapped.value)
  if (text !== undefined) return text
  anomalies.push({ kind: 'too_deep', column: 'extra', detail: 'unknown keys are nested too deeply to be kept as text' })
  return null
}

function muchDrift(unlisted: number): Anomaly {
  return { kind: 'much_drift', column: null, detail: `${unlisted} more differences are not listed` }
}
