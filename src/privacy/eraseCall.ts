import type { Call } from '../model/call.js'
import { decodeUtf8 } from '../model/json.js'
import type { Interpret } from '../model/outcome.js'
import type { IdFinder } from './idFinder.js'
import { redactJson } from './redactJson.js'

/** A JSON escape of a letter or a digit, which could hide an id. It is not usual, but JSON allows it. */
const ESCAPED = /\\u00(?:3\d|[46][1-9a-f]|[57][\da])/i

/**
 * Takes ids out of a call for another person. A misdelivered or unreadable answer that names one of the ids may be the
 * profile of that person, so all its values are blanked.
 * @returns the same call if it names none of the ids
 */
export function eraseFrom<C extends Call>(call: C, finder: IdFinder, interpret: Interpret): C {
  if (call.kind === 'unknown') return call
  if (call.kind === 'answer') {
    const { contentType, retryAfter } = call
    const isOfAnother = (): boolean => ['misdelivered', 'unreadable'].includes(interpret(call).kind)
    const body = bodyWithout(call.body, finder, isOfAnother)
    const headers = [contentType, retryAfter].map((text) => text && finder.takeOut(text))
    if (body === call.body && headers[0] === contentType && headers[1] === retryAfter) return call
    return { ...call, contentType: headers[0]!, retryAfter: headers[1]!, body }
  }
  const detail = finder.takeOut(call.detail)
  const part = call.part && bodyWithout(call.part, finder, () => false)
  if (detail === call.detail && part === call.part) return call
  return { ...call, detail, ...(part ? { part } : {}) }
}

/** Whether a body names one of the ids. */
export function bodyNames(body: Uint8Array, finder: IdFinder): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  if (finder.isIn(bytes)) return true
  return ESCAPED.test(bytes) && isJson(bytes) && finder.isIn(JSON.stringify(JSON.parse(bytes)))
}

function bodyWithout(body: Uint8Array, finder: IdFinder, blankValues: () => boolean): Uint8Array {
  if (!bodyNames(body, finder)) return body
  const text = decodeUtf8(body)
  if (text !== undefined && isJson(text)) return Buffer.from(redactJson(text, finder, { blankValues: blankValues() }))
  // Latin-1 keeps every byte.
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  return Buffer.from(finder.takeOut(bytes), 'latin1')
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
