import type { Answer, CallEnd, NoAnswer } from './call.js'
import { decodeUtf8, isObject, readJson, type JsonProblem } from './json.js'
import type { Interpret, Outcome } from './outcome.js'
import { codesOf, type Pipeline, type Profile } from './pipeline.js'
import { FORGOTTEN_PERSON } from './resolution.js'
import type { Resolver } from './resolver.js'
import type { CodeRule } from './vendor.js'

type Rule = Pick<CodeRule, 'kind' | 'billed' | 'stop' | 'limit' | 'isDown' | 'meaning'>

/** Any other code: the id fails and is not fetched again in this run; code and message are kept verbatim. */
const UNDOCUMENTED: Rule = { kind: 'refused', billed: 'maybe', meaning: 'undocumented code' }

/** Code 0, by the kind that the pipeline finds in `data`. A failure inside `data` is billed as any other success. */
const SUCCESS = {
  profile: { kind: 'profile', billed: 'yes', meaning: 'success' },
  empty: { kind: 'empty', billed: 'maybe', meaning: 'success without a profile' },
  misdelivered: { kind: 'misdelivered', billed: 'yes', meaning: 'the answer is for another id' },
  unreadable: { kind: 'unreadable', billed: 'yes', meaning: 'the answer holds something that is not a profile' },
} as const satisfies Record<string, Rule>

/** A call without a whole answer. A `too_large` answer would be too large again, so its id is not fetched again in this run. */
const FAULTS: Readonly<Record<NoAnswer['fault'], Rule>> = {
  unsent: { kind: 'retry', billed: 'no', meaning: 'not sent' },
  withdrawn: { kind: 'throttled', billed: 'no', meaning: 'withdrawn before it was sent' },
  untrusted: { kind: 'stop', billed: 'no', stop: 'unreachable', meaning: "the server's certificate was refused" },
  proxy: { kind: 'stop', billed: 'no', stop: 'proxy', meaning: 'the proxy does not accept this user' },
  timeout: { kind: 'ambiguous', billed: 'maybe', meaning: 'no whole answer in time' },
  broken: { kind: 'ambiguous', billed: 'maybe', meaning: 'the connection broke after sending' },
  undecodable: { kind: 'ambiguous', billed: 'maybe', meaning: 'the body could not be decompressed' },
  too_large: { kind: 'refused', billed: 'maybe', meaning: 'the answer is too large' },
  redirect: { kind: 'stop', billed: 'maybe', stop: 'redirect', meaning: 'redirected' },
}

type Unusable = 'no_body' | 'not_json' | 'cut_json' | 'no_code' | 'not_utf8' | 'too_deep'

/**
 * A body without a usable envelope at a 2xx status: the upstream itself may have answered, and billed. So the call is
 * ambiguous, also where a portal sent the page: each retry may be billed, too. If a retry would be just as unreadable, the id
 * fails and the bytes are kept.
 */
const UNUSABLE: Readonly<Record<Unusable, Rule>> = {
  no_body: { kind: 'ambiguous', billed: 'maybe', meaning: 'an answer without a body' },
  not_json: { kind: 'ambiguous', billed: 'maybe', meaning: 'an answer that is not JSON' },
  cut_json: { kind: 'ambiguous', billed: 'maybe', meaning: 'an answer whose JSON is cut or damaged' },
  no_code: { kind: 'ambiguous', billed: 'maybe', meaning: 'an answer without a code' },
  not_utf8: { kind: 'refused', billed: 'maybe', meaning: 'an answer that is not UTF-8' },
  too_deep: { kind: 'refused', billed: 'maybe', meaning: 'an answer nested too deeply to be read' },
}

/** A body without a usable envelope at any other status: a gateway answered, not the upstream. */
const GATEWAY: Rule = { kind: 'retry', billed: 'maybe', meaning: 'no usable body' }
const GATEWAY_THROTTLED: Rule = { kind: 'throttled', billed: 'no', meaning: 'too many requests' }

/** Our words for calls without a code of the upstream. */
export const OWN_CODES: readonly string[] = [...Object.keys(FAULTS), ...Object.keys(UNUSABLE)]

const SNIPPET_BYTES = 200
const MESSAGE_LENGTH = 1000
/** A part of a message. */
const SHOWN_LENGTH = 200
const CODE_LENGTH = 40

/** A call to an endpoint that the definition does not have any more: whether it was billed is still known. */
const UNKNOWN_ENDPOINT = { read: () => ({ kind: 'unreadable', found: 'an endpoint that is not defined' }) as const }

/**
 * Gives the outcome of a call: what the run does about it, whether it was billed, and why the run stops. The upstream's code
 * decides, not the HTTP status. A resolver's answer is a `profile` with the id that was found as its value, or `empty` with the
 * reason as its message. Pure: the same end means the same at fetch, recovery and replay.
 */
export function interpreter(pipeline: Pick<Pipeline, 'profile' | 'vendor' | 'codes' | 'resolvers'>): Interpret {
  const { vendor, resolvers = [] } = pipeline
  const profiles = { codes: new Map(Object.entries(codesOf(pipeline))), profile: pipeline.profile }
  const endpoints = new Map(resolvers.map((resolver) => [resolver.endpoint, resolverSource(vendor, resolver)]))
  const gone = resolverSource(vendor, UNKNOWN_ENDPOINT)
  return (end) => {
    if (end.kind !== 'answer') return faultOutcome(end)
    return answerOutcome(end.endpoint === undefined ? profiles : (endpoints.get(end.endpoint) ?? gone), end)
  }
}

function resolverSource(vendor: Pipeline['vendor'], { codes, read }: Pick<Resolver, 'codes' | 'read'>): Source {
  return {
    codes: new Map(Object.entries(codesOf(codes ? { vendor, codes } : { vendor }))),
    profile(data, input) {
      if (data === FORGOTTEN_PERSON.data) return { kind: 'empty', reason: FORGOTTEN_PERSON.reason }
      const resolved = read(data, input)
      if (resolved.kind === 'found') return { kind: 'profile', value: { id: resolved.id } }
      return resolved.kind === 'miss' ? { kind: 'empty', reason: resolved.reason } : resolved
    },
  }
}

interface Source {
  readonly codes: ReadonlyMap<string, CodeRule>
  readonly profile: Pipeline['profile']
}

/**
 * Whether this answer shows that the upstream works: it has a code, but none that throttles, says that the API is down, or
 * may mean either that or a missing id. A run that gets no such answer for long enough stops.
 */
export function showsUpstreamWorks(end: CallEnd, outcome: Outcome): boolean {
  if (end.kind !== 'answer' || outcome.kind === 'throttled' || outcome.kind === 'missing') return false
  return !isUnusable(outcome.code) && !outcome.isDown
}

/** The vendor's number and time of an answer, as its records have them; null where the body has none. */
export function requestIdOf(body: Uint8Array): {
  readonly requestId: string | null
  readonly recordTime: string | null
} {
  const read = readJson(body)
  const envelope = read.ok && isObject(read.value) ? read.value : {}
  const text = (value: unknown): string | null =>
    typeof value === 'string' || typeof value === 'number' ? oneLine(String(value)).slice(0, SHOWN_LENGTH) : null
  return { requestId: text(envelope['requestId']), recordTime: text(envelope['recordTime']) }
}

/** Whether this is our word for a body without a usable envelope, not a code of the upstream. */
export function isUnusable(code: string): boolean {
  return Object.hasOwn(UNUSABLE, code)
}

function faultOutcome(end: NoAnswer): Outcome {
  const rule = FAULTS[end.fault]
  return outcome(rule, end.fault, oneLine(end.detail).slice(0, MESSAGE_LENGTH) || rule.meaning)
}

function answerOutcome({ codes, profile: profileIn }: Source, answer: Answer): Outcome {
  const read = readJson(answer.body)
  if (!read.ok) return unusableOutcome(answer, unusableReason(answer, read.problem))
  const { value } = read
  const code = isObject(value) ? codeOf(value) : undefined
  if (code === undefined) return unusableOutcome(answer, isObject(value) ? 'no_code' : 'not_json')
  const { data, message } = value as Record<string, unknown>
  if (code !== '0') {
    const rule = codes.get(code) ?? UNDOCUMENTED
    return outcome(rule, code, messageText(message) || rule.meaning, retryAfterMs(answer))
  }
  const profile = profileIn(data, answer.id)
  if ('code' in profile) return innerOutcome(profile)
  const rule = SUCCESS[profile.kind]
  if (profile.kind === 'misdelivered')
    return outcome(rule, code, `${rule.meaning}: ${oneLine(profile.id).slice(0, SHOWN_LENGTH)}`)
  if (profile.kind === 'unreadable') return { ...outcome(rule, code, `${rule.meaning}: ${profile.found}`), value: data }
  // Where the endpoint says why, the answer is one like any other, and paid.
  if (profile.kind === 'empty' && profile.reason !== undefined)
    return outcome({ ...rule, billed: 'yes' }, code, profile.reason)
  const result = outcome(rule, code, messageText(message) || rule.meaning)
  return profile.kind === 'profile' ? { ...result, value: profile.value } : result
}

/** A failure inside the `data` of a success. */
function innerOutcome({ kind, code, message }: Extract<Profile, { readonly code: string }>): Outcome {
  const word = oneLine(code).slice(0, CODE_LENGTH)
  const said = oneLine(message ?? '').slice(0, MESSAGE_LENGTH)
  return outcome(
    { kind, billed: 'yes', meaning: 'a failure inside the answer' },
    word,
    said || `the answer says ${word}`,
  )
}

function unusableOutcome(answer: Answer, code: Unusable): Outcome {
  const rule = answer.status === 429 ? GATEWAY_THROTTLED : isSuccess(answer.status) ? UNUSABLE[code] : GATEWAY
  const type = answer.contentType === null ? '' : `, ${oneLine(answer.contentType).slice(0, SHOWN_LENGTH)}`
  const snippet = code === 'no_body' ? '' : `: ${snippetOf(answer.body)}`
  return outcome(rule, code, `${rule.meaning} (HTTP ${answer.status}${type})${snippet}`, retryAfterMs(answer))
}

function unusableReason(answer: Answer, problem: JsonProblem): Unusable {
  if (problem === 'empty') return 'no_body'
  if (problem === 'too_deep') return 'too_deep'
  const bytes = answer.body
  if (problem === 'not_utf8' && bytes[0] !== 0x3c) return 'not_utf8'
  return decodeUtf8(bytes)?.trimStart().startsWith('{') ? 'cut_json' : 'not_json'
}

const isSuccess = (status: number) => status >= 200 && status < 300

/** The code as text. It is an int32, but was declared as a string until July 2026, so 0 and "0" are the same. */
function codeOf(envelope: Record<string, unknown>): string | undefined {
  if (!Object.hasOwn(envelope, 'code')) return undefined
  const { code } = envelope
  if (typeof code === 'number') return Number.isInteger(code) ? String(code) : undefined
  if (typeof code === 'bigint') return String(code).slice(0, CODE_LENGTH)
  if (typeof code !== 'string') return undefined
  return oneLine(code).slice(0, CODE_LENGTH) || undefined
}

/** The upstream's message on one line. Numbers and flags become text; any other type counts as no message. */
function messageText(message: unknown): string {
  if (typeof message === 'string') return oneLine(message).slice(0, MESSAGE_LENGTH)
  return typeof message === 'number' || typeof message === 'boolean' ? String(message) : ''
}

/** Replaces line breaks and other control characters by blanks. */
function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- this removes control characters
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim()
}

function snippetOf(body: Uint8Array): string {
  const text = oneLine(Buffer.from(body.subarray(0, SNIPPET_BYTES)).toString('utf8'))
  return body.length > SNIPPET_BYTES ? `${text}…` : text
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** `Retry-After`, which is seconds or an HTTP date, in milliseconds from the answer; undefined for anything else. */
function retryAfterMs(answer: Answer): number | undefined {
  const text = answer.retryAfter?.trim() ?? ''
  if (/^\d{1,12}$/.test(text)) return Number(text) * 1000
  if (!HTTP_DATE.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - answer.receivedAt)
}

function outcome(rule: Rule, code: string, message: string, retryAfter?: number): Outcome {
  return {
    kind: rule.kind,
    code,
    billed: rule.billed,
    message,
    ...(rule.stop === undefined ? {} : { stop: rule.stop }),
    ...(rule.limit === undefined ? {} : { limit: rule.limit }),
    ...(rule.isDown === undefined ? {} : { isDown: rule.isDown }),
    ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }),
  }
}
