import { isObject } from '../../model/json.js'

/** What is known of the values at one place of several answers: their kinds and keys, never a value. */
export interface AnswerShape {
  readonly kinds: Set<Kind>
  /** How many values there were. */
  seen: number
  /** How many of them are objects with keys, and the number of keys that the smallest has. */
  objects: number
  fewestKeys: number
  /** Of objects. */
  readonly keys: Map<string, AnswerShape>
  /** Of all items of lists. */
  item: AnswerShape | undefined
  /** Whether each text was a link. */
  isLink: boolean
}

export type Kind = 'text' | 'count' | 'ratio' | 'flag' | 'list' | 'object' | 'null'

/** A key that a path may have. */
const KEY = /^[A-Za-z_]\w*$/
/** May be the id of a person: many digits, digits in three places, long hexadecimal, or very long without an underscore. */
const LIKE_ID = /\d{4}|\d\D+\d\D+\d|^(?=.*\d)[\da-f]{12,}$|[^_]{25}/i

/** So many keys with alike values are the names of people or things. Periods, such as `day7`, are fewer. */
const MANY_OBJECTS = 8
const MANY_SCALARS = 50

export function emptyShape(): AnswerShape {
  return { kinds: new Set(), seen: 0, objects: 0, fewestKeys: Infinity, keys: new Map(), item: undefined, isLink: true }
}

/** Adds what another answer has at this place. */
export function addToShape(shape: AnswerShape, value: unknown): void {
  const kind = kindOf(value)
  shape.kinds.add(kind)
  shape.seen += 1
  if (kind === 'text' && !/^(?:https?:)?\/\//.test(value as string)) shape.isLink = false
  if (Array.isArray(value)) {
    shape.item ??= emptyShape()
    for (const each of value) addToShape(shape.item, each)
  }
  if (!isObject(value)) return
  const entries = Object.entries(value)
  if (entries.length === 0) return
  shape.objects += 1
  shape.fewestKeys = Math.min(shape.fewestKeys, entries.length)
  for (const [key, inner] of entries) {
    let known = shape.keys.get(key)
    if (!known) shape.keys.set(key, (known = emptyShape()))
    addToShape(known, inner)
  }
}

function kindOf(value: unknown): Kind {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'boolean') return 'flag'
  if (typeof value === 'bigint' || Number.isInteger(value)) return 'count'
  if (typeof value === 'number') return 'ratio'
  return typeof value === 'string' ? 'text' : 'object'
}

/** The type of a column that can hold the values of each answer: where they differ, the wider one. */
export type WideType = 'text' | 'count' | 'ratio' | 'flag' | 'list' | 'object' | 'any'

export function widestOf({ kinds }: AnswerShape): WideType {
  const known = [...kinds].filter((kind) => kind !== 'null')
  const [first] = known
  if (first === undefined) return 'any'
  if (known.length === 1) return first
  if (known.includes('list') || known.includes('object')) return 'any'
  return known.every((kind) => kind === 'count' || kind === 'ratio') ? 'ratio' : 'text'
}

/** Whether the keys of these objects are names of fields that can be parts of a path. Else the objects are kept whole. */
export function hasPlainKeys(shape: AnswerShape): boolean {
  const { keys } = shape
  return keys.size > 0 && [...keys.keys()].every(isPlainKey) && !keysDiffer(shape) && !areAlike([...keys.values()])
}

export function isPlainKey(key: string): boolean {
  return KEY.test(key) && !LIKE_ID.test(key) && !(key in Object.prototype)
}

/** Fields may be absent now and then; objects that share less than half of their keys have people or things as keys. */
function keysDiffer({ keys, objects, fewestKeys }: AnswerShape): boolean {
  const shared = [...keys.values()].filter(({ seen }) => seen === objects).length
  return shared * 2 < fewestKeys
}

function areAlike(values: readonly AnswerShape[]): boolean {
  const forms = new Set(values.map(({ kinds, keys }) => [...kinds, ...[...keys.keys()].sort()].join()))
  const many = values[0]?.kinds.has('object') ? MANY_OBJECTS : MANY_SCALARS
  return values.length >= many && forms.size === 1
}
