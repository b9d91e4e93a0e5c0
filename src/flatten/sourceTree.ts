import type { ChildTable, Column } from '../model/pipeline.js'

/** The shape of the source, built from the paths of the columns. */
export type SourceNode = ObjectNode | LeafNode | ListNode

export interface ObjectNode {
  readonly kind: 'object'
  readonly keys: Map<string, SourceNode>
}
export interface LeafNode {
  readonly kind: 'leaf'
  readonly column: Column
}
export interface ListNode {
  readonly kind: 'list'
  readonly column: Column
  /** The shape of an item; absent if it is not known. */
  readonly item?: ObjectNode
}

/** `a.b`, and `list[key=value].rest` for a field of the list item whose key has that value. */
export interface SourcePath {
  readonly keys: readonly string[]
  readonly pick?: { readonly key: string; readonly value: string; readonly rest: readonly string[] }
}

/** @throws Error if the path has another form */
export function parsePath(path: string): SourcePath {
  const match = /^([\w.]+)(?:\[(\w+)=(\w+)\]\.([\w.]+))?$/.exec(path)
  if (!match) throw new Error(`column path ${path} cannot be read`)
  const [, keys, key, value, rest] = match
  if (key === undefined) return { keys: keys!.split('.') }
  return { keys: keys!.split('.'), pick: { key, value: value!, rest: rest!.split('.') } }
}

/** The value at a path of keys; undefined if a key is missing. */
export function valueAt(value: unknown, keys: readonly PropertyKey[]): unknown {
  let current = value
  for (const key of keys) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined
    current = (current as Record<PropertyKey, unknown>)[key]
  }
  return current
}

/**
 * Builds the tree. Columns that pick a field out of a list are left out: the list's child table has that field.
 * @throws Error if two columns or two child tables have the same source, or a child table has no `list` column for its path
 */
export function sourceTree(columns: Readonly<Record<string, Column>>, children: readonly ChildTable[]): ObjectNode {
  const root: ObjectNode = { kind: 'object', keys: new Map() }
  const items = new Map(children.map((child) => [child.path, sourceTree(child.columns, [])]))
  if (items.size < children.length) throw new Error('two child tables have the same path')
  for (const [name, column] of Object.entries(columns)) {
    if (column.path === undefined) continue
    const { keys, pick } = parsePath(column.path)
    if (pick) continue
    const item = items.get(column.path)
    if (column.type === 'list' && column.holds === undefined) {
      put(root, keys, { kind: 'list', column, ...(item ? { item } : {}) }, name)
      items.delete(column.path)
    } else put(root, keys, { kind: 'leaf', column }, name)
  }
  for (const path of items.keys()) throw new Error(`child table path ${path} has no list column`)
  return root
}

function put(root: ObjectNode, keys: readonly string[], node: SourceNode, name: string): void {
  let parent = root
  for (const key of keys.slice(0, -1)) {
    let next = parent.keys.get(key)
    if (!next) parent.keys.set(key, (next = { kind: 'object', keys: new Map() }))
    if (next.kind !== 'object') throw new Error(`column ${name}: another column has the whole of ${key}`)
    parent = next
  }
  const last = keys.at(-1)!
  if (parent.keys.has(last)) throw new Error(`column ${name}: another column has the same source`)
  parent.keys.set(last, node)
}

/** The node at the path of an issue. List positions are numbers. */
export function nodeAt(root: ObjectNode, path: readonly PropertyKey[]): SourceNode | undefined {
  let node: SourceNode | undefined = root
  for (const key of path) {
    if (node?.kind === 'object') node = node.keys.get(String(key))
    else if (node?.kind === 'list') node = node.item
    else return undefined
  }
  return node
}
