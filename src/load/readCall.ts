import type { AnswerReader } from '../flatten/compile.js'
import type { Call } from '../model/call.js'
import type { CallOutcome, Outcome } from '../model/outcome.js'
import type { Flattened } from '../model/pipeline.js'
import { flattenIfItFits } from './answerSize.js'

const UNKNOWN: CallOutcome = {
  kind: 'unknown',
  code: 'unknown',
  billed: 'maybe',
  message: 'the process ended before the answer was stored',
}

/** Progress and limits of one attempt to load. */
export interface StageLimits {
  /** Answers with a larger body are set aside; undefined for no such limit. */
  readonly mostBytes: number | undefined
  /** Receives the size of the largest body that was flattened. */
  largestBytes: number
}

/** What a call means, without its rows. */
export function outcomeOf(reader: AnswerReader, call: Call, known?: Outcome): CallOutcome {
  return call.kind === 'unknown' ? UNKNOWN : (known ?? reader.interpret(call))
}

/**
 * What a call means, and its rows. An answer that is too large fails its id: the rest of the load goes on.
 * @param known the outcome, where it is already known
 */
export function readCall(
  reader: AnswerReader,
  call: Call,
  limits: StageLimits,
  known?: Outcome,
): { readonly outcome: CallOutcome; readonly flattened?: Flattened } {
  if (call.kind === 'unknown') return { outcome: UNKNOWN }
  const outcome = known ?? reader.interpret(call)
  if (outcome.kind !== 'profile' && outcome.kind !== 'unreadable') return { outcome }
  const bytes = bodyBytes(call)
  const read = flattenIfItFits(reader, { value: outcome.value, id: call.id, bytes }, limits.mostBytes)
  if ('tooLarge' in read) return { outcome: { ...outcome, kind: 'too_large_to_load', message: read.tooLarge } }
  limits.largestBytes = Math.max(limits.largestBytes, bytes)
  return { outcome, flattened: read }
}

/** Bytes of the call's answer. */
function bodyBytes(call: Call): number {
  return call.kind === 'answer' ? call.body.length : 0
}
