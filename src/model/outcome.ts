import type { CallEnd } from './call.js'

/** Why a whole run stops. */
export type StopReason =
  'token' | 'permission' | 'route' | 'redirect' | 'proxy' | 'quota' | 'balance' | 'unreachable' | 'cap' | 'signal'

/**
 * What the run does about the end of a call:
 * `profile`, `empty`, `misdelivered`, `unreadable`: the answer is kept, and the id is done;
 * `invalid`: the id is rejected, also in later runs; `refused`: the id fails without a retry;
 * `retry`: the id is retried a limited number of times; `missing`: so is this one, but the endpoint may never have the id:
 * after two such calls it is `empty`, if other ids succeed; `ambiguous`: sent, no usable answer: the id is retried once, or held;
 * `throttled`: the whole run slows down, and the id loses no attempt; `stop`: the whole run stops.
 */
export type OutcomeKind =
  | 'profile'
  | 'empty'
  | 'misdelivered'
  | 'unreadable'
  | 'invalid'
  | 'refused'
  | 'retry'
  | 'missing'
  | 'ambiguous'
  | 'throttled'
  | 'stop'

export type Billed = 'yes' | 'no' | 'maybe'

export interface Outcome {
  readonly kind: OutcomeKind
  /** The upstream's code as text, or our word if there is none: `timeout`, `broken`, `unsent`, `no_body`, … */
  readonly code: string
  readonly billed: Billed
  /** One line for people: the upstream's own message (redacted), or a description of what happened. */
  readonly message: string
  readonly stop?: StopReason
  /** Whose limit is used up. */
  readonly limit?: 'account' | 'token'
  /** The API does not work. */
  readonly isDown?: true
  /** Milliseconds to wait, as the upstream requested; absent without a valid header. */
  readonly retryAfterMs?: number
  /** The profile object, or what stands in its place; for `profile` and `unreadable` only. */
  readonly value?: unknown
}

/** Pure: the same answer means the same at fetch, recovery and replay. */
export type Interpret = (end: CallEnd) => Outcome

/** The outcome of a call, as it is stored. */
export type CallOutcome = Omit<Outcome, 'kind'> & { readonly kind: OutcomeKind | 'unknown' | 'too_large_to_load' }
