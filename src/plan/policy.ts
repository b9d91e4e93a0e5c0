/**
 * Which ids are fetched again. The policy is pure and finite: `plan.ts` writes every case of it into a small table and
 * joins the ids to that.
 */

/**
 * What is known of an id. The last attempt decides, unless it says nothing about the id (throttled, or it stopped the run):
 * then the last conclusive answer decides.
 * `none`: no conclusive answer; `profile`, `empty`: as answered; `failed`: answered, but without this id's profile
 * (misdelivered, unreadable, too large to load, or an unknown code); `fault`: codes to retry or transport faults used up the attempts; `ambiguous`: sent,
 * no answer, maybe billed; `invalid`: the API says that this is not an id; `doubted`: an empty answer of a run whose answers were of no use.
 */
export type Known = 'none' | 'profile' | 'empty' | 'failed' | 'fault' | 'ambiguous' | 'invalid' | 'doubted'

export const KNOWN: readonly Known[] = [
  'none',
  'profile',
  'empty',
  'failed',
  'fault',
  'ambiguous',
  'invalid',
  'doubted',
]

/** `due` ids are fetched; all others keep what is known. `skipped`: nothing is known, and this run fetches failed ids only. */
export type Decision = 'due' | 'fresh' | 'known_empty' | 'known_failed' | 'invalid' | 'held' | 'skipped'

export type PlanReason =
  | 'never_fetched'
  | 'stale'
  | 'ahead'
  | 'stale_empty'
  | 'stale_failure'
  | 'failed_before'
  | 'useless_before'
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
  /** Fetch failed, empty and invalid ids only, fresh or not. */
  readonly retryFailed: boolean
  /** What to do about ids with an unanswered call: fetch them once more, or leave them until an option says otherwise. */
  readonly onAmbiguous: 'retry' | 'hold'
}

export interface IdFacts {
  readonly known: Known
  /** Whether the run that fetched it started at most `--max-age` before this one; a confirmed empty answer stays fresh for longer. */
  readonly fresh: boolean
  /** Whether a call for this id was sent and never answered, and no later answer is conclusive. */
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
    retryFailed: due('retry_failed'),
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
  doubted: {
    fresh: due('useless_before'),
    stale: due('useless_before'),
    retryFailed: due('retry_failed'),
  },
  invalid: {
    fresh: verdict('invalid', 'invalid'),
    stale: verdict('invalid', 'invalid'),
    retryFailed: due('retry_failed'),
  },
}

/** What happens to one id in this run. Holding wins over every reason to fetch: an id that may have been paid is not paid again. */
export function decide(facts: IdFacts, options: PolicyOptions): PlanVerdict {
  const row = TABLE[isOpen(facts) ? 'ambiguous' : facts.known]
  const verdictOfRow = options.retryFailed ? row.retryFailed : facts.fresh ? row.fresh : row.stale
  const holds = options.onAmbiguous === 'hold' && facts.ambiguousUnresolved
  return holds && verdictOfRow.decision === 'due' ? verdict('held', 'ambiguous') : verdictOfRow
}

/** An unanswered call decides until there is an answer that still counts. */
function isOpen({ known, fresh, ambiguousUnresolved }: IdFacts): boolean {
  const answered = known === 'invalid' || (fresh && (known === 'profile' || known === 'empty' || known === 'failed'))
  return ambiguousUnresolved && !answered
}
