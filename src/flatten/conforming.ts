import type { Anomaly, ChildTable, Column, Pipeline } from '../model/pipeline.js'
import type { ReadAnswer } from './careful.js'
import { DriftLog, UnmappedFields } from './drift.js'
import { jsonText } from './jsonText.js'
import { MOST_COUNTED, valueKindOf, type ValueKind } from './readValue.js'
import { sourceTree, type ListNode, type ObjectNode, type SourceNode } from './sourceTree.js'
import { readSource, sourcesOf } from './sources.js'

/**
 * Compiles a definition into one function that checks and reads an answer in a single pass. The function gives up on
 * whatever deserves a word about it: an unknown key, another type, an implausible number, broken text, null in place of a
 * list, no value where a column has a role. `flatten` then reads that answer step by step; a property test holds both equal.
 *
 * The text of the function comes from the definition alone, never from an answer.
 */
export function compileConforming(pipeline: Pipeline): (value: unknown) => ReadAnswer | undefined {
  const names = Object.keys(pipeline.columns)
  const picked = sourcesOf(pipeline.columns)
    .filter(({ path }) => path.pick)
    .map((source) => ({ ...source, index: names.indexOf(source.name) }))
  const readTree = compileTree(pipeline)
  return (value) => {
    const read = readTree(value)
    if (read === undefined) return undefined
    const { values, children } = read
    const anomalies: Anomaly[] = []
    const drift = new DriftLog()
    const unmapped = new UnmappedFields()
    for (const source of picked) values[source.index] = readSource(source, value, anomalies, drift, unmapped)
    return { values, children, anomalies, drift, unmapped }
  }
}

type ReadTree = (value: unknown) => Pick<ReadAnswer, 'values' | 'children'> | undefined

function compileTree(pipeline: Pipeline): ReadTree {
  const writer = new Writer(pipeline)
  const body = writer.object(sourceTree(pipeline.columns, pipeline.children), 'value', (column) => {
    return `values[${writer.indexOf(column, pipeline.columns)}] =`
  })
  const text = `
'use strict'
const { isObject, isText, jsonText } = helpers
${writer.functions.join('\n')}
return (value) => {
  const values = new Array(${Object.keys(pipeline.columns).length}).fill(null)
  const children = [${pipeline.children.map(() => '[]').join(', ')}]
${body}
  return { values, children }
}`
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- see above
  return new Function('helpers', text)({ isObject, isText, jsonText }) as ReadTree
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Every Node since 20 has `isWellFormed`. TypeScript declares it from ES2024 on. */
function isText(value: unknown): boolean {
  return typeof value === 'string' && (value as unknown as { isWellFormed(): boolean }).isWellFormed()
}

/** Statements that store the value `raw` of a column, or give up. */
const READ: Readonly<Record<ValueKind, (raw: string, store: string) => string>> = {
  scalar: (raw, store) => READ.text(raw, store),
  text: (raw, store) => `if (!isText(${raw})) return\n${store} ${raw} === '' ? null : ${raw}`,
  count: (raw, store) => `if (!Number.isSafeInteger(${raw})) return\n${store} BigInt(${raw})`,
  counter: (raw, store) =>
    `if (!Number.isSafeInteger(${raw}) || ${raw} < 0 || ${raw} > ${MOST_COUNTED}) return\n${store} BigInt(${raw})`,
  ratio: (raw, store) => `if (typeof ${raw} !== 'number' || !Number.isFinite(${raw})) return\n${store} ${raw}`,
  flag: (raw, store) => `if (typeof ${raw} !== 'boolean') return\n${store} ${raw}`,
  list: (raw, store) => json(`Array.isArray(${raw})`, raw, store),
  object: (raw, store) => json(`isObject(${raw})`, raw, store),
  any: (raw, store) => json('true', raw, store),
}

function json(test: string, raw: string, store: string): string {
  return `if (!${test}) return\nconst text_${raw} = jsonText(${raw})\nif (text_${raw} === undefined) return\n${store} text_${raw}`
}

/** Writes the text of the function. */
class Writer {
  readonly functions: string[] = []
  private variables = 0

  private readonly children: readonly ChildTable[]
  /** The columns of the profile itself whose missing value is drift. */
  private readonly required: ReadonlySet<Column>

  constructor({ columns, children }: Pipeline) {
    this.children = children
    this.required = new Set(Object.values(columns).filter(({ role }) => role !== undefined))
  }

  indexOf(column: Column, columns: Readonly<Record<string, Column>>): number {
    return Object.values(columns).indexOf(column)
  }

  /** Statements for an object in the variable `name`: every key is one of the tree, and each value is stored. */
  object(node: ObjectNode, name: string, store: (column: Column) => string): string {
    const found = this.variable('found')
    const keys = [...node.keys].map(([key, child]) => this.key(key, child, name, found, store))
    return `
if (!isObject(${name})) return
let ${found} = 0
${keys.join('\n')}
for (const _ in ${name}) ${found} -= 1
if (${found} !== 0) return`
  }

  /** Whether a missing value of this place, or below it, is drift. */
  private isRequired(node: SourceNode): boolean {
    if (node.kind === 'object') return [...node.keys.values()].some((each) => this.isRequired(each))
    return this.required.has(node.column)
  }

  private key(key: string, node: SourceNode, parent: string, found: string, store: (column: Column) => string): string {
    const raw = this.variable('raw')
    const ifMissing = this.isRequired(node) ? ' else return' : ''
    const ifNull = node.kind === 'list' || (node.kind === 'object' && ifMissing) ? ' else return' : ''
    return `
const ${raw} = ${parent}[${JSON.stringify(key)}]
if (${raw} !== undefined) {
  ${found} += 1
  if (${raw} !== null) {
${this.value(node, raw, store)}
  }${ifNull}
}${ifMissing}`
  }

  private value(node: SourceNode, raw: string, store: (column: Column) => string): string {
    if (node.kind === 'object') return this.object(node, raw, store)
    if (node.kind === 'leaf') return READ[valueKindOf(node.column)](raw, store(node.column))
    return READ.list(raw, store(node.column)) + this.items(node, raw)
  }

  /** The rows of a child table. Items of a list without one are not looked into. */
  private items({ column, item }: ListNode, raw: string): string {
    const child = this.children.findIndex(({ path }) => path === column.path)
    if (!item || child < 0) return ''
    const { columns } = this.children[child]!
    const name = `item${child}`
    const names = Object.keys(columns)
    this.functions.push(`
function ${name}(item) {
  const cells = new Array(${names.length}).fill(null)
${this.object(item, 'item', (each) => `cells[${this.indexOf(each, columns)}] =`)}
  return cells
}`)
    return `
for (const item of ${raw}) {
  const cells = ${name}(item)
  if (cells === undefined) return
  children[${child}].push(cells)
}`
  }

  private variable(name: string): string {
    this.variables += 1
    return `${name}${this.variables}`
  }
}
