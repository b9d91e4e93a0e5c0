import { isObject } from '../../model/json.js'

/** What is known of the values at one place of several answers: their kinds and keys, never a value. */
export interface AnswerShape {
  readonly kinds: Set<Kind>
  /** Of objects. */
  readonly keys: Map<string, AnswerShape>
  /** Of all items of lists. */
  item: AnswerShape | undefined
  /** Whether each text was a link. */
  isLink: boolean
}

export type Kind = 'text' | 'count' | 'ratio' | 'flag' | 'list' | 'object' | 'null'

/** A key that a path may have. Keys with many digits may be ids of people. */
const KEY = /^[A-Za-z_](?!\w*\d{4})\w*$/

export function emptyShape(): AnswerShape {
  return { kinds: new Set(), keys: new Map(), item: undefined, isLink: true }
}

/** Adds what another answer has at this place. */
export function addToShape(shape: AnswerShape, value: unknown): void {
  const kind = kindOf(value)
  shape.kinds.add(kind)
  if (kind === 'text' && !/^(?:https?:)?\/\//.test(value as string)) shape.isLink = false
  if (Array.isArray(value)) {
    shape.item ??= emptyShape()
    for (const each of value) addToShape(shape.item, each)
  }
  if (!isObject(value)) return
  for (const [key, inner] of Object.entries(value)) {
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

/** Whether each key of these objects can be part of a path. Else they are kept whole. */
export function hasPlainKeys({ keys }: AnswerShape): boolean {
  return keys.size > 0 && [...keys.keys()].every(isPlainKey)
}

export function isPlainKey(key: string): boolean {
  return KEY.test(key) && !(key in Object.prototype)
}
