/**
 * One call and how it ended, as the journal keeps it and all later stages read it.
 * Times are milliseconds since 1970 (UTC).
 */

/** The start of a command: each record of its log has this id, and so has the run that it makes. */
export interface RunStart {
  readonly runId: string
}

/** One run, as its journal segment describes it in the first record. */
export interface RunHeader extends RunStart {
  /** When the run got its data folder, milliseconds since 1970: it may wait for its input before that. */
  readonly startedAt: number
  readonly pipeline: string
  readonly simulated: boolean
  /** Host and port the calls go to, never the whole URL. */
  readonly host: string
  /** Price and currency of a billed call. Only the journal has them, and not that of an older version. */
  readonly price?: number | undefined
  readonly currency?: string | undefined
  /** The only list of the run; absent if it has several, or a very long name. */
  readonly list?: string | undefined
  /** Runs that came before this one although their ids are later, as a clock was wrong; absent if there are none. */
  readonly earlierRuns?: readonly string[] | undefined
}

/** An id that a run is to fetch. */
export interface DueId {
  readonly id: string
  /** Its last conclusive answer; absent if it has none that is about a profile. */
  readonly last?: 'profile' | 'empty'
  /** Whether its answer must be there before any other id is fetched. Such ids come first. */
  readonly canary?: boolean
  /** Whether it must be finished before the next id is taken up. */
  readonly alone?: boolean
  /** The endpoint of its calls; absent: that of the profiles. */
  readonly endpoint?: string | undefined
}

/** The record of a call that is durable before the request is sent. */
export interface Intent {
  /** Counts the calls of a run from 1; with the run id it names the call. */
  readonly seq: number
  /** The id whose profile is asked for; at another endpoint what the API is to turn into an id. */
  readonly id: string
  /** The endpoint of a resolver; absent: that of the profiles. */
  readonly endpoint?: string | undefined
  /** The n-th call for this id in this run, from 1. A throttled call counts here, although the retry limit does not count it. */
  readonly attempt: number
  readonly sentAt: number
}

/** An answer whose body arrived whole. */
export interface Answer extends Intent {
  readonly kind: 'answer'
  readonly receivedAt: number
  /** Milliseconds from sending to the last byte of the body. */
  readonly ms: number
  readonly status: number
  readonly contentType: string | null
  /** The `Retry-After` header as received. */
  readonly retryAfter: string | null
  /** As received, after content decoding. An echoed token is replaced by `[token]`. */
  readonly body: Uint8Array
  /** The API's time when it sent the answer, by its `Date` header. It is not stored. */
  readonly upstreamAt?: number
}

/** A call that ended without a whole answer. */
export interface NoAnswer extends Intent {
  readonly kind: 'no_answer'
  readonly receivedAt: number
  readonly ms: number
  /**
   * `unsent`: never sent for certain (refused connection, DNS, TLS). `withdrawn`: not sent because the run stopped, so not a
   * call. `untrusted`: not sent because the server's certificate was refused. `proxy`: not sent because the proxy accepts no such user. `timeout`, `broken`: sent, so maybe billed.
   * `redirect`, `too_large`, `undecodable`: an answer that must not be followed or cannot be kept.
   */
  readonly fault:
    'unsent' | 'withdrawn' | 'untrusted' | 'proxy' | 'timeout' | 'broken' | 'redirect' | 'too_large' | 'undecodable'
  /** Redacted, one line. */
  readonly detail: string
  /** The received part of the body, decoded as far as possible, the token replaced as in `Answer.body`; absent if empty. */
  readonly part?: Uint8Array
}

/** The faults of calls that were never sent for certain; they count as attempts. */
export const NEVER_SENT: ReadonlySet<string> = new Set<NoAnswer['fault']>(['unsent', 'untrusted', 'proxy'])

/** The end of a call that was withdrawn between its intent and its request. Without an end it would count as ambiguous. */
export function withdrawn(intent: Intent, receivedAt: number): NoAnswer {
  const detail = 'not sent: the run was stopping'
  return { ...intent, kind: 'no_answer', receivedAt, ms: 0, fault: 'withdrawn', detail }
}

/** A call whose process died before the call ended. */
export interface Unknown extends Intent {
  readonly kind: 'unknown'
}

export type CallEnd = Answer | NoAnswer
export type Call = CallEnd | Unknown

/** Returns the call itself, a changed call, or undefined to leave the call out. */
export type EditCall = (call: Call) => Call | undefined
