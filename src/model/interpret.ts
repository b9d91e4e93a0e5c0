import type { Answer, CallEnd, NoAnswer } from './call.js'
import { decodeUtf8, readJson, type JsonProblem } from './json.js'
import type { Billed, Interpret, Outcome, OutcomeKind, StopReason } from './outcome.js'
import type { Pipeline } from './pipeline.js'

interface Row {
  readonly kind: OutcomeKind
  readonly billed: Billed
  readonly stop?: StopReason
  /** What people read when the upstream sent no message. */
  readonly meaning: string
}

/**
 * What each code of the upstream means for the run, whatever the HTTP status beside it. Code 0 has the rows of `SUCCESS`.
 * Source: the vendor's page for the endpoint and its usage guides, July and August 2026.
 */
const CODES: ReadonlyMap<string, Row> = new Map(
  Object.entries<Row>({
    100: { kind: 'stop', billed: 'no', stop: 'token', meaning: 'the token is invalid or inactive' },
    201: { kind: 'empty', billed: 'maybe', meaning: 'no content available' },
    301: { kind: 'retry', billed: 'no', meaning: 'collection failed' },
    302: { kind: 'throttled', billed: 'no', meaning: 'rate limit exceeded' },
    303: { kind: 'stop', billed: 'no', stop: 'quota', meaning: 'daily quota exceeded' },
    400: { kind: 'invalid', billed: 'no', meaning: 'invalid parameters' },
    404: { kind: 'stop', billed: 'no', stop: 'route', meaning: 'no such route' },
    500: { kind: 'retry', billed: 'no', meaning: 'server error' },
    503: { kind: 'retry', billed: 'maybe', meaning: 'service unavailable' },
    600: { kind: 'stop', billed: 'no', stop: 'permission', meaning: 'the endpoint is not activated for this account' },
    601: { kind: 'stop', billed: 'no', stop: 'balance', meaning: 'the balance is exhausted' },
    602: { kind: 'stop', billed: 'no', stop: 'balance', meaning: "this token's budget is exhausted" },
  }),
)

/** Any other code: reported verbatim, a failed id, not asked again in this run. */
const UNDOCUMENTED: Row = { kind: 'refused', billed: 'maybe', meaning: 'undocumented code' }

/** Code 0, by what the pipeline finds in `data`. */
const SUCCESS = {
  profile: { kind: 'profile', billed: 'yes', meaning: 'success' },
  empty: { kind: 'empty', billed: 'maybe', meaning: 'success without a profile' },
  misdelivered: { kind: 'misdelivered', billed: 'yes', meaning: 'the answer is for another id' },
} as const satisfies Record<string, Row>

/** A call without a whole answer. `too_large` would come back the same, so it is not asked again in this run. */
const FAULTS: Readonly<Record<NoAnswer['fault'], Row>> = {
  unsent: { kind: 'retry', billed: 'no', meaning: 'not sent' },
  withdrawn: { kind: 'throttled', billed: 'no', meaning: 'taken back before it was sent' },
  untrusted: { kind: 'stop', billed: 'no', stop: 'unreachable', meaning: "the server's certificate was refused" },
  timeout: { kind: 'ambiguous', billed: 'maybe', meaning: 'no whole answer in time' },
  broken: { kind: 'ambiguous', billed: 'maybe', meaning: 'the connection broke after sending' },
  undecodable: { kind: 'ambiguous', billed: 'maybe', meaning: 'the body could not be decompressed' },
  too_large: { kind: 'refused', billed: 'maybe', meaning: 'the answer is too large' },
  redirect: { kind: 'stop', billed: 'maybe', stop: 'redirect', meaning: 'redirected' },
}

type Unusable = 'no_body' | 'not_json' | 'cut_json' | 'no_code' | 'not_utf8' | 'too_deep'

/**
 * A body without a usable envelope, at a 2xx status: the upstream itself may have answered, and charged. Pages of
 * gateways and portals are tried again; what looks like a damaged answer is ambiguous, because each further try may be
 * paid as well; what would be as unreadable again is a failed id, its bytes kept.
 */
const UNUSABLE: Readonly<Record<Unusable, Row>> = {
  no_body: { kind: 'retry', billed: 'maybe', meaning: 'an answer without a body' },
  not_json: { kind: 'retry', billed: 'maybe', meaning: 'an answer that is no JSON' },
  cut_json: { kind: 'ambiguous', billed: 'maybe', meaning: 'an answer whose JSON is cut or damaged' },
  no_code: { kind: 'ambiguous', billed: 'maybe', meaning: 'an answer without a code' },
  not_utf8: { kind: 'refused', billed: 'maybe', meaning: 'an answer that is not UTF-8' },
  too_deep: { kind: 'refused', billed: 'maybe', meaning: 'an answer nested too deeply to be read' },
}

/** The same at any other status: the gateway speaks, not the upstream. */
const GATEWAY: Row = { kind: 'retry', billed: 'maybe', meaning: 'no usable body' }
const GATEWAY_THROTTLED: Row = { kind: 'throttled', billed: 'no', meaning: 'too many requests' }

const SNIPPET_BYTES = 200
const MESSAGE_LENGTH = 1000
const CODE_LENGTH = 40

/**
 * The one table of outcomes: what the run does about the end of a call, whether it was billed and why the run stops.
 * The upstream's code decides, not the HTTP status. Pure: the same end means the same at fetch, recovery and replay.
 */
export function interpreter(pipeline: Pick<Pipeline, 'profile'>): Interpret {
  return (end) => (end.kind === 'answer' ? ofAnswer(pipeline, end) : ofFault(end))
}

/**
 * Whether the upstream itself answered, and is working: it gave a code, other than "slow down", "server error" and
 * "unavailable". A run without any such answer for long enough gives up.
 */
export function isSignOfLife(end: CallEnd, outcome: Outcome): boolean {
  if (end.kind !== 'answer' || outcome.kind === 'throttled') return false
  return !Object.hasOwn(UNUSABLE, outcome.code) && outcome.code !== '500' && outcome.code !== '503'
}

function ofFault(end: NoAnswer): Outcome {
  const row = FAULTS[end.fault]
  return outcome(row, end.fault, end.detail || row.meaning)
}

function ofAnswer(pipeline: Pick<Pipeline, 'profile'>, answer: Answer): Outcome {
  const read = readJson(answer.body)
  if (!read.ok) return ofUnusable(answer, unusableBecause(answer, read.problem))
  const { value } = read
  const code = isObject(value) ? codeOf(value) : undefined
  if (code === undefined) return ofUnusable(answer, isObject(value) ? 'no_code' : 'not_json')
  const { data, message } = value as Record<string, unknown>
  if (code !== '0') {
    const row = CODES.get(code) ?? UNDOCUMENTED
    return outcome(row, code, messageText(message) || row.meaning, retryAfterMs(answer))
  }
  const profile = pipeline.profile(data, answer.id)
  const row = SUCCESS[profile.kind]
  const said = messageText(message)
  if (profile.kind === 'misdelivered') return outcome(row, code, `${row.meaning}: ${oneLine(profile.id)}`)
  if (profile.kind === 'empty') return outcome(row, code, said || row.meaning)
  return { ...outcome(row, code, said || row.meaning), value: profile.value }
}

function ofUnusable(answer: Answer, code: Unusable): Outcome {
  const row = answer.status === 429 ? GATEWAY_THROTTLED : isSuccess(answer.status) ? UNUSABLE[code] : GATEWAY
  const type = answer.contentType === null ? '' : `, ${oneLine(answer.contentType)}`
  const snippet = code === 'no_body' ? '' : `: ${snippetOf(answer.body)}`
  return outcome(row, code, `${row.meaning} (HTTP ${answer.status}${type})${snippet}`, retryAfterMs(answer))
}

function unusableBecause(answer: Answer, problem: JsonProblem): Unusable {
  if (problem === 'empty') return 'no_body'
  if (problem === 'too_deep') return 'too_deep'
  const bytes = answer.body
  if (problem === 'not_utf8' && bytes[0] !== 0x3c) return 'not_utf8'
  return decodeUtf8(bytes)?.trimStart().startsWith('{') ? 'cut_json' : 'not_json'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const isSuccess = (status: number) => status >= 200 && status < 300

/** The code as text. It is an int32 today and was declared as a string until July 2026: 0 and "0" are the same. */
function codeOf(envelope: Record<string, unknown>): string | undefined {
  if (!Object.hasOwn(envelope, 'code')) return undefined
  const { code } = envelope
  if (typeof code === 'number') return Number.isInteger(code) ? String(code) : undefined
  if (typeof code === 'bigint') return String(code)
  if (typeof code !== 'string') return undefined
  return oneLine(code).slice(0, CODE_LENGTH) || undefined
}

/** The upstream's message; where it is no text, numbers and flags as text and anything nested as none. */
function messageText(message: unknown): string {
  if (typeof message === 'string') return oneLine(message).slice(0, MESSAGE_LENGTH)
  return typeof message === 'number' || typeof message === 'boolean' ? String(message) : ''
}

/** Line breaks and other control characters as blanks. */
function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this takes out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim()
}

function snippetOf(body: Uint8Array): string {
  const text = oneLine(Buffer.from(body.subarray(0, SNIPPET_BYTES)).toString('utf8'))
  return body.length > SNIPPET_BYTES ? `${text}…` : text
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** `Retry-After` as seconds or as an HTTP date, counted from when the answer came; anything else is junk and absent. */
function retryAfterMs(answer: Answer): number | undefined {
  const text = answer.retryAfter?.trim() ?? ''
  if (/^\d{1,12}$/.test(text)) return Number(text) * 1000
  if (!HTTP_DATE.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - answer.receivedAt)
}

function outcome(row: Row, code: string, message: string, retryAfter?: number): Outcome {
  return {
    kind: row.kind,
    code,
    billed: row.billed,
    message,
    ...(row.stop === undefined ? {} : { stop: row.stop }),
    ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }),
  }
}
