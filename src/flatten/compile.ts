import { DEFINITION_FAILED, DefinitionFault } from '../model/definitionFaults.js'
import { interpreter } from '../model/interpret.js'
import { isObject } from '../model/json.js'
import type { Interpret } from '../model/outcome.js'
import {
  attributeColumns,
  columnOf,
  type Anomaly,
  type Flattened,
  type Pipeline,
  type Row,
  type Value,
} from '../model/pipeline.js'
import { compileCareful, type ReadAnswer } from './careful.js'
import { compileConforming } from './conforming.js'
import type { UnmappedFields } from './drift.js'
import { jsonText, stableHash, stableItems, stableRows } from './jsonText.js'
import { fitsBigint, shortened } from './readValue.js'
import { parsePath } from './sourceTree.js'
import { getterOf } from './sources.js'

const FAULT_LENGTH = 500

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
  readonly schema: { safeParse(value: unknown): { readonly success: boolean } }
  /** Pure; never throws, for any value. `id` is the requested id and becomes the id column. */
  readonly flatten: (value: unknown, id: string) => Flattened
  /** Gives the same, without the short way for answers that conform. */
  readonly flattenCarefully: (value: unknown, id: string) => Flattened
}

/**
 * Compiles a pipeline once, for many answers.
 * @throws Error if the definition contradicts itself
 */
export function compilePipeline(pipeline: Pipeline): CompiledPipeline {
  const { schema, read } = compileCareful(pipeline)
  const readConforming = compileConforming(pipeline)
  const finish = compileFinish(pipeline)
  return {
    schema,
    flatten: (value, id) => finish(value, id, readConforming(value) ?? read(value)),
    flattenCarefully: (value, id) => finish(value, id, read(value)),
  }
}

/** Computes what follows from the values read: derived columns, checks, and what versions compare. */
function compileFinish(pipeline: Pipeline): (value: unknown, id: string, answer: ReadAnswer) => Flattened {
  const names = Object.keys(pipeline.columns)
  const viewOf = rowView(names)
  const lists = pipeline.children.map((child) => ({
    name: child.name,
    path: child.path,
    view: rowView(Object.keys(child.columns)),
    stable: stableRows(child),
  }))
  const derived = Object.entries(pipeline.columns).flatMap(([name, { type, derive }]) =>
    derive ? [{ name, type, derive, index: names.indexOf(name) }] : [],
  )
  const idIndex = names.indexOf(columnOf(pipeline, 'id') ?? '')
  const attributes = attributeColumns(pipeline).map(([name, { type, holds, path }]) => ({
    name,
    index: names.indexOf(name),
    child: lists.findIndex((list) => list.path === path),
    items: type === 'list' && holds === undefined && path !== undefined ? getterOf(parsePath(path)) : undefined,
  }))
  const hashOf = stableHash(attributes.map(({ name }) => name))

  return (value, id, { values, children, anomalies, drift, unmapped }) => {
    if (idIndex >= 0) values[idIndex] = id
    const rows = Object.fromEntries(lists.map(({ name, view }, at) => [name, children[at]!.map(view)]))
    const row = viewOf(values)
    for (const { name, type, derive, index } of derived) {
      let cell: Value = null
      try {
        cell = derive(row, rows)
      } catch (error) {
        anomalies.push(failedDefinition(error, name))
      }
      const tooLarge = type === 'count' && cell !== null && !fitsBigint(BigInt(cell))
      if (tooLarge) anomalies.push({ kind: 'does_not_fit', column: name, detail: shortened(String(cell)) })
      values[index] = tooLarge ? null : cell
    }
    try {
      if (isObject(value)) anomalies.push(...pipeline.check(row, value))
    } catch (error) {
      anomalies.push(failedDefinition(error, null))
    }

    const stable = attributes.map(({ index, child, items }): Value => {
      if (child >= 0) return lists[child]!.stable(children[child]!)
      const list = items?.(value)
      if (items) return Array.isArray(list) ? stableItems(list) : null
      return values[index] === '' ? null : values[index]!
    })
    if (drift.unlisted > 0) anomalies.push(muchDrift(drift.unlisted))
    return {
      values,
      attributes: stable,
      hash: hashOf(stable),
      children,
      extra: extraText(unmapped, anomalies),
      // Whatever a check quotes comes from outside.
      anomalies: anomalies.map((anomaly) => ({ ...anomaly, detail: shortened(anomaly.detail, lengthOf(anomaly)) })),
      drift: drift.drifts,
    }
  }
}

/**
 * Where a pipeline of one's own fails, the paid answer is used all the same.
 * @throws the error, if it is our own
 */
function failedDefinition(error: unknown, column: string | null): Anomaly {
  if (!(error instanceof DefinitionFault)) throw error
  return { kind: DEFINITION_FAILED, column, detail: error.message }
}

function extraText(unmapped: UnmappedFields, anomalies: Anomaly[]): string | null {
  if (unmapped.value === undefined) return null
  const text = jsonText(unmapped.value)
  if (text !== undefined) return text
  anomalies.push({ kind: 'too_deep', column: 'extra', detail: 'unknown keys are nested too deeply to be kept as text' })
  return null
}

/** The message of a failing function names its file, too. */
function lengthOf({ kind }: Anomaly): number | undefined {
  return kind === DEFINITION_FAILED ? FAULT_LENGTH : undefined
}

function muchDrift(unlisted: number): Anomaly {
  return { kind: 'much_drift', column: null, detail: `${unlisted} more differences are not listed` }
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
