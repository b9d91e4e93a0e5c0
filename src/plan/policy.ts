/**
 * What is asked again. Pure and finite: `plan.ts` writes every case of it into a small table and joins that to the ids,
 * so what stands here is what a million rows get.
 */

/**
 * What is known of an id. The last attempt decides, unless it told nothing of the id (throttled, or it stopped the run):
 * then the last conclusive answer does.
 * `none`: never concluded; `profile`, `empty`: as answered; `failed`: answered, but not with this id's profile
 * (misdelivered, or an unknown code); `fault`: 301, 500, 503 or a transport fault used up its attempts; `ambiguous`: sent,
 * no answer, not known whether billed; `invalid`: the upstream says that this is no id.
 */
export type Known = 'none' | 'profile' | 'empty' | 'failed' | 'fault' | 'ambiguous' | 'invalid'

export const KNOWN: readonly Known[] = ['none', 'profile', 'empty', 'failed', 'fault', 'ambiguous', 'invalid']

/** `due` ids are asked; all others keep what is known. `skipped`: nothing is known, and only failed ids were to be asked. */
export type Decision = 'due' | 'fresh' | 'known_empty' | 'known_failed' | 'invalid' | 'held' | 'skipped'

export type PlanReason =
  | 'never_fetched'
  | 'stale'
  | 'stale_empty'
  | 'stale_failure'
  | 'failed_before'
  | 'ambiguous'
  | 'retry_failed'
  | 'fresh'
  | 'not_failed'
  | 'empty'
  | 'failed'
  | 'invalid'

export interface PlanVerdict {
  readonly decision: Decision
  readonly reason: PlanReason
}

export interface PolicyOptions {
  /** Ask failed and invalid ids only, fresh or not. */
  readonly retryFailed: boolean
  /** What to do about calls that were sent and never answered: ask once more, or wait until told to. */
  readonly onAmbiguous: 'retry' | 'hold'
}

export interface IdFacts {
  readonly known: Known
  /** Whether what is known was asked for by a run that started at most `--max-age` before this one. */
  readonly fresh: boolean
  /** Whether a call for this id was sent, never answered, and not made up for since. */
  readonly ambiguousUnresolved: boolean
}

type Row = Record<'fresh' | 'stale' | 'retryFailed', PlanVerdict>

const verdict = (decision: Decision, reason: PlanReason): PlanVerdict => ({ decision, reason })
const due = (reason: PlanReason): PlanVerdict => verdict('due', reason)

const TABLE: Record<Known, Row> = {
  none: {
    fresh: due('never_fetched'),
    stale: due('never_fetched'),
    retryFailed: verdict('skipped', 'not_failed'),
  },
  profile: {
    fresh: verdict('fresh', 'fresh'),
    stale: due('stale'),
    retryFailed: verdict('fresh', 'not_failed'),
  },
  empty: {
    fresh: verdict('known_empty', 'empty'),
    stale: due('stale_empty'),
    retryFailed: verdict('known_empty', 'not_failed'),
  },
  failed: {
    fresh: verdict('known_failed', 'failed'),
    stale: due('stale_failure'),
    retryFailed: due('retry_failed'),
  },
  fault: {
    fresh: due('failed_before'),
    stale: due('failed_before'),
    retryFailed: due('retry_failed'),
  },
  ambiguous: {
    fresh: due('ambiguous'),
    stale: due('ambiguous'),
    retryFailed: due('retry_failed'),
  },
  invalid: {
    fresh: verdict('invalid', 'invalid'),
    stale: verdict('invalid', 'invalid'),
    retryFailed: due('retry_failed'),
  },
}

/** What happens to one id in this run. Holding wins over every reason to ask: an id that may have been paid is not paid again. */
export function decide(facts: IdFacts, options: PolicyOptions): PlanVerdict {
  const row = TABLE[openQuestion(facts) ? 'ambiguous' : facts.known]
  const verdictOfRow = options.retryFailed ? row.retryFailed : facts.fresh ? row.fresh : row.stale
  const holds = options.onAmbiguous === 'hold' && facts.ambiguousUnresolved
  return holds && verdictOfRow.decision === 'due' ? verdict('held', 'ambiguous') : verdictOfRow
}

/** An unanswered call stays the thing to clear up until an answer that still counts stands against it. */
function openQuestion({ known, fresh, ambiguousUnresolved }: IdFacts): boolean {
  const answered = known === 'invalid' || (fresh && (known === 'profile' || known === 'empty' || known === 'failed'))
  return ambiguousUnresolved && !answered
}
