import type { Billed } from '../../model/outcome.js'
import { STALL } from '../constants.js'

/** What the end of a call shows about the upstream: it works, it throttles calls, it is in trouble, or nothing. */
export type UpstreamHealth = 'working' | PauseReason | 'unknown'
export type PauseReason = 'throttled' | 'trouble'

/** Times are milliseconds on the clock that never jumps. */
export interface Moment {
  readonly at: number
  /** How long, so far, this process was late, and how long it stood still: `core/activeClock.ts`. */
  readonly lagMs: number
  readonly stoodStillMs: number
}

/** A call that has its slot, and the moment in which it got it. */
export interface AdmittedCall extends Moment {
  readonly id: string
  /** Counts the calls of a run from 1, in the order in which they got their slots. */
  readonly number: number
  /** On the wall clock, milliseconds since 1970: the time of its intent. */
  readonly sentAt: number
  /** Whether it goes alone and decides for the run. Set by the circuit breaker. */
  alone: boolean
  /** Calls a second when it got its slot. Set by the rate limiter. */
  pace: number
}

/** The end of a call, as the limiters see it. */
export interface CallReport extends Moment {
  readonly health: UpstreamHealth
  /** Whether this process was so late during the call that the latency says nothing about the upstream. */
  readonly isStalled: boolean
  /** How long the upstream took; absent where the latency cannot be compared. */
  readonly ms: number | undefined
  readonly retryAfterMs: number | undefined
  readonly billed: Billed
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

/** Whether this process stood still between these moments. */
export function isAfterStandstill(before: Moment | undefined, now: Moment): boolean {
  return before !== undefined && now.stoodStillMs - before.stoodStillMs >= STALL.standstillMs
}
