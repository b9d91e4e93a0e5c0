import type { CallEnd } from './call.js'

/** Why a whole run stops. */
export type StopReason =
  'token' | 'permission' | 'route' | 'redirect' | 'quota' | 'balance' | 'unreachable' | 'cap' | 'signal'

/**
 * What the run does about the end of a call:
 * `profile`, `empty`, `misdelivered`: paid answers, kept, the id is done;
 * `invalid`: the id is rejected and remembered; `refused`: a failed id, not retried;
 * `retry`: tried again, bounded; `ambiguous`: sent without an answer, tried once more or held;
 * `throttled`: the whole run slows down, the id loses no attempt; `stop`: the whole run stops.
 */
export type OutcomeKind =
  'profile' | 'empty' | 'misdelivered' | 'invalid' | 'refused' | 'retry' | 'ambiguous' | 'throttled' | 'stop'

export type Billed = 'yes' | 'no' | 'maybe'

export interface Outcome {
  readonly kind: OutcomeKind
  /** The upstream's code as text, or one of our words where there is none: `timeout`, `broken`, `unsent`, `no_body`, … */
  readonly code: string
  readonly billed: Billed
  /** One line for people: the upstream's message verbatim (redacted), or what happened. */
  readonly message: string
  readonly stop?: StopReason
  /** How long the upstream asked us to wait, milliseconds; absent if it did not, or if the header was junk. */
  readonly retryAfterMs?: number
  /** The profile object, for `profile` only. */
  readonly value?: Readonly<Record<string, unknown>>
}

/** Pure: the same answer means the same at fetch, recovery and replay. */
export type Interpret = (end: CallEnd) => Outcome
