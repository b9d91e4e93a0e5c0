import * as z from 'zod'
import { isObject } from '../model/json.js'
import type { Anomaly, ChildTable, Pipeline, Value } from '../model/pipeline.js'
import { DriftLog, recordDrift, UnmappedFields } from './drift.js'
import { parsePath, sourceTree, type ObjectNode, type SourceNode } from './sourceTree.js'
import { getterOf, readSource, sourcesOf, type ColumnSource } from './sources.js'

/** What is read from an answer, before anything is computed from it. */
export interface ReadAnswer {
  /** One value per column of the definition; derived columns are null. */
  readonly values: Value[]
  /** The rows of each child table. */
  readonly children: readonly (readonly (readonly Value[])[])[]
  readonly anomalies: Anomaly[]
  readonly drift: DriftLog
  readonly unmapped: UnmappedFields
}

/**
 * Compiles a definition into a reader of any value, step by step: a strict schema finds what differs, then every column is
 * read leniently on its own. It is the reference for `compileConforming`.
 * @throws Error if the definition contradicts itself
 */
export function compileCareful(pipeline: Pipeline): { schema: z.ZodType; read: (value: unknown) => ReadAnswer } {
  const tree = sourceTree(pipeline.columns, pipeline.children)
  const schema = objectSchema(tree)
  const names = Object.keys(pipeline.columns)
  const sources = sourcesOf(pipeline.columns).map((source) => ({ ...source, index: names.indexOf(source.name) }))
  const children = pipeline.children.map((child) => compileChild(child, sources))

  function read(value: unknown): ReadAnswer {
    const anomalies: Anomaly[] = []
    const drift = new DriftLog()
    const unmapped = new UnmappedFields()
    const parsed = schema.safeParse(value)
    if (!parsed.success) recordDrift(parsed.error.issues, value, tree, drift, unmapped)
    const values = new Array<Value>(names.length).fill(null)
    for (const source of sources) values[source.index] = readSource(source, value, anomalies, drift, unmapped)
    return { values, children: children.map((rows) => rows(value, anomalies)), anomalies, drift, unmapped }
  }
  return { schema, read }
}

/**
 * One row for each item of a list, in the order of the child table's columns. An item that is not an object is a row of
 * NULLs.
 * @param parents the columns of the wide row. A field that one of them picks out of this list is already checked there, so
 * its anomalies are not reported again.
 * @throws Error if a column of the child table has no path
 */
function compileChild(
  child: ChildTable,
  parents: readonly ColumnSource[],
): (value: unknown, anomalies: Anomaly[]) => Value[][] {
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
  if (sourcesOf(child.columns).some(({ path }) => path.pick))
    throw new Error(`child table ${child.name}: a column picks from a list`)

  return (value, anomalies) => {
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
      return (node.column.holds === 'scalar' ? z.custom<Scalar>(isScalar) : z.string()).nullish()
    case 'flag':
      return z.boolean().nullish()
    case 'count':
      return z.custom<number | bigint>(isWhole).nullish()
    case 'ratio':
      return z.custom<number | bigint>(isNumber).nullish()
    case 'list':
      return node.column.holds === 'any' ? z.unknown().optional() : z.custom<object>(isObject).nullish()
  }
}

type Scalar = string | number | bigint | boolean

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || isNumber(value)
}

/** A whole number of any size. Those beyond 2^53 are bigints. */
function isWhole(value: unknown): boolean {
  return typeof value === 'bigint' || Number.isInteger(value)
}

function isNumber(value: unknown): boolean {
  return typeof value === 'bigint' || Number.isFinite(value)
}
