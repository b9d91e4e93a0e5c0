import { isObject, readJsonText } from '../model/json.js'
import type { IdFinder } from './idFinder.js'

/** One place in a text about others that names the person. */
export interface Mention {
  /** Where it is in JSON, such as `data.desc_at_users[0]`; empty in other text. */
  readonly path: string
  /** Only what is about the person: everything else is left out. */
  readonly value: string
}

/** Stands for the text of others around an id. */
const LEFT_OUT = '[…]'

/** The key under which an object has the id of the person it is about. */
const OWN_ID = /^(?:user_?)?id$/i

/**
 * The parts of a text about other people that are about the persons of the finder. Of an object only the id is kept; where
 * the object is the person's own, the values of `named` as well. Of other text, only the id is kept.
 * @param named keys that hold the name of a person beside the id
 */
export function mentionsIn(text: string, finder: IdFinder, named: readonly string[]): Mention[] {
  const read = /^\s*[[{]/.test(text) ? readJsonText(text) : undefined
  if (!read?.ok) return finder.isIn(text) ? [{ path: '', value: idsOnly(text, finder) }] : []
  return [...inValue(read.value, '', finder, named)]
}

function* inValue(value: unknown, path: string, finder: IdFinder, named: readonly string[]): Generator<Mention> {
  if (typeof value === 'string') {
    // A text may hold JSON: lists of a profile are stored so.
    for (const inner of mentionsIn(value, finder, named)) yield { path: path + inner.path, value: inner.value }
  } else if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) yield* inValue(item, `${path}[${at}]`, finder, named)
  } else if (isObject(value)) {
    yield* inObject(value, path, finder, named)
  }
}

function* inObject(
  object: Readonly<Record<string, unknown>>,
  path: string,
  finder: IdFinder,
  named: readonly string[],
): Generator<Mention> {
  const entries = Object.entries(object)
  const isId = (value: unknown): boolean => typeof value === 'string' && finder.has(value.trim())
  if (entries.some(([, value]) => isId(value))) {
    const isOwn = entries.some(([key, value]) => OWN_ID.test(key) && isId(value))
    const kept = entries.filter(([key, value]) => isId(value) || (isOwn && named.includes(key)))
    yield { path, value: JSON.stringify(Object.fromEntries(kept)) }
  }
  for (const [key, value] of entries) {
    if (finder.isIn(key)) yield { path, value: idsOnly(key, finder) }
    if (!isId(value)) yield* inValue(value, path === '' ? key : `${path}.${key}`, finder, named)
  }
}

function idsOnly(text: string, finder: IdFinder): string {
  const matches = finder.find(text)
  let result = ''
  let at = 0
  for (const { from, to } of matches) {
    if (text.slice(at, from).trim() !== '') result += `${LEFT_OUT} `
    result += `${text.slice(from, to)} `
    at = to
  }
  return (text.slice(at).trim() === '' ? result : `${result}${LEFT_OUT}`).trim()
}
