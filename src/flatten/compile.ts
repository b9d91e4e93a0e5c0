import * as z from 'zod'
import { interpreter } from '../model/interpret.js'
import { isObject } from '../model/json.js'
import type { Interpret } from '../model/outcome.js'
import {
  attributeColumns,
  columnOf,
  type Anomaly,
  type Flattened,
  type Pipeline,
  type Value,
  type Row,
  type ChildTable,
} from '../model/pipeline.js'
import { DriftLog, recordDrift, UnmappedFields } from './drift.js'
import { jsonText, stableHash, stableItems, stableRows } from './jsonText.js'
import { fitsBigint, shortened } from './readValue.js'
import { parsePath, sourceTree, type ObjectNode, type SourceNode } from './sourceTree.js'
import { getterOf, readSource, sourcesOf, type ColumnSource } from './sources.js'

/** Gives the outcome and the rows of an answer, for one pipeline. */
export interface AnswerReader {
  readonly pipeline: Pipeline
  readonly interpret: Interpret
  readonly flatten: (value: unknown, id: string) => Flattened
}

/** Fetch, load, recovery and replay all read a pipeline's answers with this. */
export function answerReader(pipeline: Pipeline): AnswerReader {
  return { pipeline, interpret: interpreter(pipeline), flatten: compilePipeline(pipeline).flatten }
}

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
    const found = drift.unlisted === 0 ? anomalies : [...anomalies, muchDrift(drift.unlisted)]
    return {
      values,
      attributes: stable,
      hash: hashOf(stable),
      children: rows,
      extra: extraText(unmapped, anomalies),
      // Whatever a check quotes comes from outside.
      anomalies: found.map((anomaly) => ({ ...anomaly, detail: shortened(anomaly.detail) })),
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

export interface CompiledChild {
  readonly name: string
  readonly path: string
  /** One row for each item, in the order of the child table's columns. An item that is not an object is a row of NULLs. */
  readonly rows: (value: unknown, anomalies: Anomaly[]) => (readonly Value[])[]
  /** Cells by column name. */
  readonly view: (cells: readonly Value[]) => Row
  /** The list's stable form, from its rows. */
  readonly stable: (rows: readonly (readonly Value[])[]) => string | null
}

/**
 * @param parents the columns of the wide row. A field that one of them picks out of this list is already checked there, so
 * its anomalies are not reported again.
 * @throws Error if a column of the child table has no path
 */
function compileChild(child: ChildTable, parents: readonly ColumnSource[]): CompiledChild {
  const getList = getterOf(parsePath(child.path))
  const list = parents.find(({ column }) => column.path === child.path)?.name ?? child.path
  const picked = parents.flatMap(({ path }) =>
    path.pick && path.keys.join('.') === child.path ? [path.pick.rest.join('.')] : [],
  )
  const names = Object.keys(child.columns)
  const cells = sourcesOf(child.columns).map(({ get, read, path }) => ({
    get,
    read,
    reportedByParent: picked.includes(path.keys.join('.')),
  }))
  if (cells.length < names.length) throw new Error(`child table ${child.name}: every column needs a path`)

  function rows(value: unknown, anomalies: Anomaly[]): (readonly Value[])[] {
    const items = getList(value)
    if (!Array.isArray(items)) return []
    return items.map((item) =>
      cells.map(({ get, read, reportedByParent }) => {
        const raw = get(item)
        if (raw === undefined || raw === null) return null
        const cell = read(raw, (kind, detail) => {
          if (!reportedByParent) anomalies.push({ kind, column: list, detail })
        })
        return cell ?? null
      }),
    )
  }
  return { name: child.name, path: child.path, rows, view: rowView(names), stable: stableRows(child) }
}

/**
 * Makes rows that read an array of cells by column name. Building an object of a hundred columns for each answer would
 * take longer than reading the answer.
 */
function rowView(names: readonly string[]): (cells: readonly Value[]) => Row {
  class View {
    constructor(readonly cells: readonly Value[]) {}
  }
  names.forEach((name, index) =>
    Object.defineProperty(View.prototype, name, {
      get(this: View) {
        return this.cells[index] ?? null
      },
    }),
  )
  return (cells) => new View(cells) as unknown as Row
}

/**
 * A strict schema, so that its issues name every key that the definition does not know. No key is required, because an
 * upstream leaves keys out at will.
 */
function objectSchema(node: ObjectNode): z.ZodType {
  return z.strictObject(Object.fromEntries([...node.keys].map(([key, child]) => [key, schemaOf(child)])))
}

function schemaOf(node: SourceNode): z.ZodType {
  if (node.kind === 'object') return objectSchema(node).nullish()
  if (node.kind === 'list') return z.array(node.item ? objectSchema(node.item) : z.unknown()).nullish()
  switch (node.column.type) {
    case 'text':
      return z.string().nullish()
    case 'flag':
      return z.boolean().nullish()
    case 'count':
      return z.custom<number | bigint>(isWhole).nullish()
    case 'ratio':
      return z.custom<number | bigint>(isNumber).nullish()
    case 'list':
      return z.custom<object>(isObject).nullish()
  }
}

/** A whole number of any size. Those beyond 2^53 are bigints. */
function isWhole(value: unknown): boolean {
  return typeof value === 'bigint' || Number.isInteger(value)
}

function isNumber(value: unknown): boolean {
  return typeof value === 'bigint' || Number.isFinite(value)
}
