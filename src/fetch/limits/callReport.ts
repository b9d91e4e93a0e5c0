import type { CallEnd } from '../../model/call.js'
import { showsUpstreamWorks } from '../../model/interpret.js'
import type { Outcome } from '../../model/outcome.js'
import { STALL } from '../constants.js'
import { isAfterStandstill, type AdmittedCall, type CallReport, type Moment, type UpstreamHealth } from './limiter.js'

/** What the limiters may learn from the end of a call. */
export function reportOf(
  call: AdmittedCall,
  end: CallEnd,
  outcome: Outcome,
  now: Moment & { readonly afterPause: boolean; readonly manyMissing: boolean },
): CallReport {
  const { kind, billed, retryAfterMs } = outcome
  const isStalled = now.lagMs - call.lagMs > STALL.share * end.ms
  const health = healthOf(call, end, outcome, now)
  return {
    ...now,
    ...{ health, isStalled, retryAfterMs, billed },
    // An attempt that failed upstream may have failed quickly.
    ms: health === 'working' && kind !== 'retry' && !isStalled ? end.ms : undefined,
  }
}

function healthOf(
  call: AdmittedCall,
  end: CallEnd,
  outcome: Outcome,
  now: Parameters<typeof reportOf>[3],
): UpstreamHealth {
  if (showsUpstreamWorks(end, outcome)) return 'working'
  if (outcome.kind === 'throttled') return 'throttled'
  if (outcome.kind === 'missing' && !now.manyMissing) return 'unknown'
  // A deadline that passes, or a connection that the other side closes, while this process stands still.
  return end.kind === 'no_answer' && isAfterStandstill(call, now) ? 'unknown' : 'trouble'
}
