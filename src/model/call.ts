/**
 * One paid call and what came of it, as the journal keeps it and everything after the fetch reads it.
 * Instants are milliseconds since 1970 (UTC).
 */

/** One run, as written at the head of its journal segment. */
export interface RunHeader {
  readonly runId: string
  readonly startedAt: number
  readonly pipeline: string
  readonly simulated: boolean
  /** Host and port the calls go to, never the whole URL. */
  readonly host: string
}

/** Durable before the request is sent. */
export interface Intent {
  /** Counts the calls of a run from 1; with the run id it names the call. */
  readonly seq: number
  readonly id: string
  /** Which try of this id in this run, from 1; throttled tries count here, though they cost no attempt. */
  readonly attempt: number
  readonly sentAt: number
}

/** An answer whose body arrived whole. */
export interface Answer extends Intent {
  readonly kind: 'answer'
  readonly receivedAt: number
  /** From sending to the last byte of the body, milliseconds. */
  readonly ms: number
  readonly status: number
  readonly contentType: string | null
  /** The `Retry-After` header as it came. */
  readonly retryAfter: string | null
  /** As received after content decoding, except that an echoed token is replaced by `[token]`. */
  readonly body: Uint8Array
}

/** A call that ended without a whole answer. */
export interface NoAnswer extends Intent {
  readonly kind: 'no_answer'
  readonly receivedAt: number
  readonly ms: number
  /** `unsent`: provably never sent (refused connection, DNS, TLS); `withdrawn`: taken back before sending, because the run stopped: no call at all; `untrusted`: neither, because the server's certificate was refused; `timeout`, `broken`: sent, so maybe billed; `redirect`, `too_large`, `undecodable`: an answer we must not follow or cannot keep. */
  readonly fault: 'unsent' | 'withdrawn' | 'untrusted' | 'timeout' | 'broken' | 'redirect' | 'too_large' | 'undecodable'
  /** Redacted, one line. */
  readonly detail: string
  /** What did arrive of the body, decoded as far as it goes, the token replaced as in `Answer.body`; absent if nothing did. */
  readonly part?: Uint8Array
}

/** The end of a call that was taken back between its intent and its request: without one it would count as ambiguous. */
export function withdrawn(intent: Intent, receivedAt: number): NoAnswer {
  const detail = 'not sent: the run was stopping'
  return { ...intent, kind: 'no_answer', receivedAt, ms: 0, fault: 'withdrawn', detail }
}

/** A call whose process died before its end was known. */
export interface Unknown extends Intent {
  readonly kind: 'unknown'
}

export type CallEnd = Answer | NoAnswer
export type Call = CallEnd | Unknown

/** What becomes of a call: the call itself, another one, or undefined to leave it out. */
export type EditCall = (call: Call) => Call | undefined
