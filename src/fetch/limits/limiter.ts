import type { Billed } from '../../model/outcome.js'

/** What the end of a call shows about the upstream: it works, it throttles calls, or it is in trouble. */
export type UpstreamHealth = 'working' | PauseReason
export type PauseReason = 'throttled' | 'trouble'

/** A call that has its slot. Times are milliseconds on the clock that never jumps. */
export interface AdmittedCall {
  readonly id: string
  /** Counts the calls of a run from 1, in the order in which they got their slots. */
  readonly number: number
  readonly at: number
  /** On the wall clock, milliseconds since 1970: the time of its intent. */
  readonly sentAt: number
  /** Whether it goes alone and decides for the run. Set by the circuit breaker. */
  alone: boolean
  /** Calls a second when it got its slot. Set by the rate limiter. */
  pace: number
}

/** The end of a call, as the limiters see it. */
export interface CallReport {
  readonly at: number
  readonly health: UpstreamHealth
  /** How long the upstream took; absent where the latency cannot be compared. */
  readonly ms: number | undefined
  readonly retryAfterMs: number | undefined
  readonly billed: Billed
  /** Whether the answer is a profile, or says that there is none. */
  readonly useful: boolean
  /** Whether the call got its slot after the last pause began. An earlier call belongs to the burst that caused the pause. */
  readonly afterPause: boolean
}

/** One reason why calls wait. `admission.ts` passes each step of each call to all limiters; a step of no concern is left out. */
export interface Limiter {
  /** Milliseconds until a call may go; Infinity: a call in flight must end first. */
  waitMs?(now: number): number
  acquired?(call: AdmittedCall): void
  ended(call: AdmittedCall, report: CallReport): void
  /** The run stopped before the call was sent, so the call takes nothing from the others. */
  notSent?(call: AdmittedCall): void
  /** The slot is free again: the end of the call is durable, or the call was not sent. */
  released?(call: AdmittedCall): void
}
