import type { Resolvable } from '../../src/model/resolver.js'

/** The kind of input that is a 小红书号. */
export const RED_ID = 'red_id'

/** What people write before a 小红书号. */
const LABEL = /(?:红书(?:号|账号|id)|red_?id)(?:id)?/i
const LABELLED = new RegExp(`${LABEL.source}[\\s:='"【】[\\]()]*([\\w.-]{4,20})(?![\\w.-])`, 'gi')
const LABEL_AT_START = new RegExp(`^小?${LABEL.source}\\s*:?\\s*`, 'i')
/** What a person can choose, and the numbers that people have without choosing. */
const SHAPE = /^\w[\w.-]{2,18}\w$/
/**
 * What may be something else: eleven digits that begin with 1 are a phone number as well, letters alone a word, and handles are
 * rarely so short or so long.
 */
const CONTESTED = /^1\d{10}$|^[a-z]+$|^\d{1,8}$|^.{1,5}$|^.{16,}$/i
/** What people write where they know nothing. */
const NOTHING = /^(?:unknown|pending|private|deleted|invalid|missing|nothing|_+)$/i

/** A cell without label that may be a 小红书号; undefined if it cannot be one. */
export function handleIn(text: string): Resolvable | undefined {
  const input = text.replace(/^(\d+)\.0*$/, '$1')
  if (!SHAPE.test(input) || NOTHING.test(input)) return undefined
  return { kind: RED_ID, input, ...(CONTESTED.test(input) && { isContested: true }) }
}

/** The 小红书号 behind a label in a text without links; undefined if there is none, or more than one. */
export function labelledHandle(text: string): Resolvable | undefined {
  const found = new Set([...text.matchAll(LABELLED)].map(([, token]) => handleIn(token!.replace(/[.-]+$/, ''))?.input))
  const [input] = found
  return found.size === 1 && input !== undefined ? { kind: RED_ID, input } : undefined
}

export function withoutHandleLabel(text: string): string {
  return text.replace(LABEL_AT_START, '')
}
