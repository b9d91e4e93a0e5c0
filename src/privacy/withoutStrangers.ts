import type { CallEnd } from '../model/call.js'
import { isObject, readJson, writeJson, type JsonProblem } from '../model/json.js'
import type { Interpret } from '../model/outcome.js'
import { FORGOTTEN_PERSON, resolvedId } from '../model/resolution.js'
import type { Resolver } from '../model/resolver.js'
import type { IdFinder } from './idFinder.js'

/** The keys of an envelope that are kept beside `data`, unless their value is an object or a list. Others may name people. */
const ENVELOPE_KEYS: readonly string[] = ['code', 'message', 'requestId', 'recordTime']

/** Text up to its first bracket, or up to the second one if it begins with a brace. A byte order mark may precede it. */
const OPENING = /^(?:\xef\xbb\xbf)?\s*\{?[^[{]*[[{]?/

/** Too deep for `readJson` where a number needs its exact reader. */
const DEPTH = 100_000
/** `<` */
const PAGE_START = 0x3c

const LINK = /\w{1,20}:\/\/\S+/g

/**
 * The end of a resolver's call without people whom nobody looked for: they may be anywhere in an answer, also in one that cannot
 * be read. What is kept has the same outcome.
 */
export function withoutStrangers<End extends CallEnd>(end: End, resolver: Pick<Resolver, 'withoutStrangers'>): End {
  const clean: Clean = (data) => resolver.withoutStrangers(data, end.id)
  if (end.kind === 'no_answer') return end.part ? { ...end, part: keptOf(end.part, clean, openingOf) } : end
  return { ...end, body: keptOf(end.body, clean, unreadable) }
}

/** A resolver's answer that found a forgotten person says that it did, and not whom. */
export function withoutForgotten(end: CallEnd, forgotten: IdFinder, interpret: Interpret): CallEnd {
  if (end.kind !== 'answer') return end
  const id = resolvedId(interpret(end))
  if (id === undefined || !forgotten.has(id)) return end
  return { ...end, body: keptOf(end.body, () => FORGOTTEN_PERSON.data, unreadable) }
}

type Clean = (data: unknown) => unknown
type Unreadable = (body: Uint8Array, problem: JsonProblem) => Uint8Array

function keptOf(body: Uint8Array, clean: Clean, otherwise: Unreadable): Uint8Array {
  const read = readJson(body)
  if (!read.ok) return otherwise(body, read.problem)
  return Buffer.from(isObject(read.value) ? writeJson(keptEnvelope(read.value, clean)) : '[]')
}

function keptEnvelope(envelope: Readonly<Record<string, unknown>>, clean: Clean): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(envelope)) {
    if (key === 'data') kept[key] = value === null ? null : clean(value)
    else if (ENVELOPE_KEYS.includes(key) && (typeof value !== 'object' || value === null))
      kept[key] = key === 'message' && typeof value === 'string' ? value.replace(LINK, '[link]') : value
  }
  return kept
}

/** A body with the same problem: a call whose answer is not UTF-8 or too deep is not made again, that of a cut one is. */
function unreadable(body: Uint8Array, problem: JsonProblem): Uint8Array {
  if (problem === 'too_deep') return Buffer.from(`${'['.repeat(DEPTH)}9007199254740993${']'.repeat(DEPTH)}`)
  if (problem !== 'not_utf8') return openingOf(body)
  // A page is told from other bytes by its first one.
  return Buffer.from(body[0] === PAGE_START ? [PAGE_START, 0xff] : [0xff])
}

/** Ends in a bracket or in the colon before the data, unless the body has neither: such text is no more JSON than the body. */
function openingOf(body: Uint8Array): Uint8Array {
  const [opening = ''] = OPENING.exec(Buffer.from(body).toString('latin1')) ?? []
  return Buffer.from(opening.replace(/("data"\s*:).*$/s, '$1'), 'latin1')
}
