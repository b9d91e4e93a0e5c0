import type { SortKey } from '../config/optionParsers.js'
import { quotedName, quotedText, type Cell } from '../core/duckdb.js'
import { createTempTableAs, sqlColumns } from '../core/tempTable.js'
import { DAY_MS } from '../core/time.js'
import { cameBefore, CLOCK_TOLERANCE_MS } from '../model/clock.js'
import type { MissingCodes } from '../model/missing.js'
import { MEMBERS, PLANNED } from '../model/tempTables.js'
import { freshMsSql, NIGHT_SLACK_MS, type AllowedAges } from './maxAge.js'
import { decide, KNOWN, type PolicyOptions } from './policy.js'
import type { StoredRuns } from './storedRuns.js'

export interface PlanOptions extends PolicyOptions {
  /** This run's start, milliseconds since 1970. */
  readonly startedAt: number
  /** A profile is fetched again when the run that fetched it last started longer ago than this. */
  readonly ages: AllowedAges
  /** The column of `creators` with the tier; undefined if the pipeline has none. */
  readonly tier: string | undefined
  /** Orders ids that are equally overdue, by a column of `creators`; undefined: by first appearance. */
  readonly first: SortKey | undefined
  /** Absent: the endpoint has no such codes. */
  readonly missing?: MissingCodes | undefined
}

/** How many days a confirmed empty answer stays fresh: after the first, the second, and every further one. */
const EMPTY_DAYS = [1, 7, 30] as const
/** After a useless run, so many creators that had a profile are fetched before any other id. */
const CANARIES = 5

/** Every case of the policy as rows of an SQL VALUES list: known, fresh, unanswered, decision, reason. */
function policyRows(options: PolicyOptions): string {
  const rows = KNOWN.flatMap((known) =>
    [true, false].flatMap((fresh) =>
      [true, false].map((ambiguousUnresolved) => {
        const { decision, reason } = decide({ known, fresh, ambiguousUnresolved }, options)
        return `(${quotedText(known)}, ${fresh}, ${ambiguousUnresolved}, ${quotedText(decision)}, ${quotedText(reason)})`
      }),
    ),
  )
  return rows.join(', ')
}

/** With an unknown age an id goes before all others: it would wait forever behind those whose age grows. */
const FIRST_OF_ALL = 2 ** 52

const member = sqlColumns(MEMBERS, 'm')

/**
 * Due ids come first. New ids and others take turns, so that new ids get at most half of the calls of a capped run while
 * others are due. Of the others, those go first that more capped runs have left out since they became due: so each of N due
 * ids is fetched within N ÷ cap runs. Then their age decides, in whole multiples of the allowed age, then the key `first`.
 * After a useless run, a few known ids that show whether the upstream works again come before all. The rows of the table lie
 * in that order, so that a page of it is read without the rest.
 */
export function planSql(options: PlanOptions, stored: StoredRuns): string {
  return createTempTableAs(
    PLANNED,
    {
      user_id: 'user_id',
      decision: 'decision',
      reason: reasonOf('decision', 'reason', options.missing),
      unjudged_decision: 'unjudged_decision',
      unjudged_reason: reasonOf('unjudged_decision', 'unjudged_reason', options.missing),
      last_answer: 'last_answer',
      canary: 'canary',
      ord: 'row_number() OVER ()',
    },
    `FROM (${orderedSql(options, stored)})`,
  )
}

/** For a failed id the code of its last attempt, for a missing one the pipeline's word. */
function reasonOf(decision: string, reason: string, missing: MissingCodes | undefined): string {
  const failed = `WHEN ${decision} = 'known_failed' THEN coalesce(last_attempt_code, ${reason})`
  const codes = missing?.codes.map(quotedText).join(', ')
  const isMissing = `${decision} = 'known_empty' AND last_attempt_code IN (${codes})`
  return `CASE ${failed} ${missing ? `WHEN ${isMissing} THEN ${quotedText(missing.reason)}` : ''} ELSE ${reason} END`
}

/** Every distinct id with its verdict, in the order of the plan. */
function orderedSql(
  options: PlanOptions,
  { misses, isUseless, afterUseless, aheadRuns, orderedRuns, askedAt }: StoredRuns,
): string {
  const [once, twice, further] = EMPTY_DAYS.map((days) => days * DAY_MS - NIGHT_SLACK_MS)
  const { ages, tier, first } = options
  const creatorTier = tier === undefined ? undefined : `creator.${quotedName(tier)}`
  const byKey = first === undefined ? '' : `first_key ${first.descending ? 'DESC' : 'ASC'} NULLS LAST,`
  const byWorth = `left_out_runs DESC, steps DESC, ${byKey} appeared`
  const canary = afterUseless
    ? `decision = 'due' AND last_answer = 'profile'
      AND row_number() OVER (PARTITION BY decision, last_answer ORDER BY ${byWorth}) <= ${CANARIES}`
    : 'FALSE'
  return `
WITH
  policy(known, fresh, unanswered, decision, reason) AS (VALUES ${policyRows(options)}),
  ids AS (
    SELECT ${member.user_id} AS user_id, min(m.rowid) AS appeared
    FROM ${MEMBERS.name} AS m WHERE ${member.user_id} IS NOT NULL GROUP BY ALL
  ),
  unanswered AS (SELECT DISTINCT user_id FROM ambiguous_calls WHERE resolved_at IS NULL),
  -- How many runs in a row found no profile since the last answer of another kind.
  empties AS (
    SELECT user_id, count(DISTINCT run_id) FILTER (outcome = 'empty') AS runs
    FROM (
      SELECT
        user_id, misses.run_id, outcome, observed_at,
        max(observed_at) FILTER (outcome <> 'empty') OVER (PARTITION BY user_id) AS invalid_at,
        last_fetched_at
      FROM ${misses} AS misses JOIN ids USING (user_id) JOIN creators USING (user_id)
      WHERE misses.run_id NOT IN (SELECT run_id FROM runs WHERE ${isUseless})
    )
    WHERE observed_at > coalesce(greatest(invalid_at, last_fetched_at), '-infinity')
    GROUP BY user_id
  ),
  dated_runs AS (
    SELECT
      run_id,
      CASE WHEN epoch_ms(started_at) <= $started_at + ${CLOCK_TOLERANCE_MS} THEN ${askedAt} END AS started_at,
      ${isUseless} AS is_useless,
      run_id IN (${aheadRuns}) AS is_ahead
    FROM runs
  ),
  -- Ids whose last call is dated ahead, but of which a later run has stored an answer that is rightly dated and not too old.
  -- That run was cut off before its receipt.
  recovered AS (
    SELECT DISTINCT user_id, TRUE AS is_recovered
    FROM (
      SELECT user_id, run_id, observed_at FROM creator_counters
      UNION ALL
      SELECT user_id, run_id, observed_at FROM ${misses}
      UNION ALL
      SELECT user_id, run_id, observed_at FROM anomalies WHERE kind IN ('misdelivered', 'unreadable', 'too_large_to_load')
    ) AS answers
    JOIN (
      SELECT user_id, last_attempt_run_id, ${freshMsSql(ages, creatorTier)} AS fresh_ms
      FROM creators AS creator WHERE last_attempt_at > $latest::TIMESTAMPTZ
    ) AS ahead USING (user_id)
    JOIN (${orderedRuns}) AS later ON later.run_id = answers.run_id
    JOIN (${orderedRuns}) AS earlier ON earlier.run_id = ahead.last_attempt_run_id
    WHERE $started_at - epoch_ms(observed_at) <= fresh_ms AND observed_at <= $latest::TIMESTAMPTZ
      AND ${cameBefore('earlier', 'later')}
  ),
  facts AS (
    SELECT
      ids.user_id,
      ids.appeared,
      CASE
        WHEN creator.last_attempt_outcome = 'empty' AND attempt.is_useless THEN 'doubted'
        WHEN creator.last_attempt_outcome IN ('misdelivered', 'unreadable', 'too_large_to_load', 'refused') THEN 'failed'
        WHEN creator.last_attempt_outcome = 'retry' THEN 'fault'
        WHEN creator.last_attempt_outcome IN ('ambiguous', 'unknown') THEN 'ambiguous'
        WHEN creator.status = 'active' THEN 'profile'
        WHEN creator.status IN ('empty', 'invalid') THEN creator.status
        ELSE 'none'
      END AS known,
      -- Where the row of a run is missing, its last call stands for its start. So it does where a start is dated ahead.
      CASE
        WHEN known IN ('failed', 'fault', 'ambiguous') THEN
          CASE WHEN NOT coalesce(attempt.is_ahead, FALSE) THEN coalesce(attempt.started_at, creator.last_attempt_at) END
        WHEN known <> 'none' AND NOT coalesce(conclusive.is_ahead, FALSE) THEN
          coalesce(conclusive.started_at, creator.last_conclusive_at)
      END AS fetched_at,
      coalesce(creator.last_attempt_at > $latest::TIMESTAMPTZ, FALSE) AND is_recovered IS NULL AS is_ahead,
      creator.last_attempt_code,
      CASE
        WHEN creator.last_conclusive_at <= creator.last_fetched_at THEN 'profile'
        WHEN creator.last_conclusive_at IS NOT NULL AND creator.status <> 'invalid' THEN 'empty'
      END AS last_answer,
      ${first === undefined ? 'NULL' : `creator.${quotedName(first.column)}`} AS first_key,
      ${freshMsSql(ages, creatorTier)} AS allowed_ms,
      unanswered.user_id IS NOT NULL AS is_unanswered,
      -- The first empty answer of an id that had a profile confirms nothing.
      CASE empties.runs - (creator.last_fetched_at IS NOT NULL)::BIGINT
        WHEN 1 THEN ${once} WHEN 2 THEN ${twice} ELSE ${further}
      END AS empty_ms
    FROM ids
    LEFT JOIN creators AS creator ON creator.user_id = ids.user_id
    LEFT JOIN dated_runs AS conclusive ON conclusive.run_id = creator.run_id
    LEFT JOIN dated_runs AS attempt ON attempt.run_id = creator.last_attempt_run_id
    LEFT JOIN empties ON empties.user_id = ids.user_id
    LEFT JOIN unanswered ON unanswered.user_id = ids.user_id
    LEFT JOIN recovered ON recovered.user_id = ids.user_id
  ),
  aged AS (
    SELECT
      *,
      $started_at - epoch_ms(fetched_at) AS age_ms,
      CASE WHEN known = 'empty' THEN greatest(allowed_ms, empty_ms) ELSE allowed_ms END AS fresh_ms,
      coalesce(age_ms <= fresh_ms, FALSE) AS is_fresh,
      epoch_ms(fetched_at) + CASE WHEN known IN ('fault', 'ambiguous', 'doubted') THEN 0 ELSE fresh_ms END AS due_from
    FROM facts
  ),
  -- The runs that left ids out, each with how many such runs there are from it on.
  capped_runs AS (
    SELECT epoch_ms(started_at) AS started, row_number() OVER (ORDER BY started_at DESC) AS runs
    FROM runs WHERE ids_parked > 0 AND epoch_ms(started_at) <= $started_at
  ),
  waiting AS (
    SELECT
      aged.*,
      known = 'none' AS is_new,
      CASE WHEN fetched_at IS NULL AND NOT is_new THEN ${FIRST_OF_ALL} ELSE coalesce(capped_runs.runs, 0) END AS left_out_runs,
      coalesce(greatest(age_ms, 0) // greatest(fresh_ms, 1), 0) AS steps
    FROM aged ASOF LEFT JOIN capped_runs ON aged.due_from < capped_runs.started
  ),
  verdicts AS (
    SELECT
      waiting.*,
      judged.decision = 'due' AND unjudged.decision <> 'due' AS only_ahead,
      judged.decision,
      CASE WHEN only_ahead THEN 'ahead' ELSE judged.reason END AS reason,
      CASE WHEN only_ahead THEN unjudged.decision END AS unjudged_decision,
      CASE WHEN only_ahead THEN unjudged.reason END AS unjudged_reason
    FROM waiting
    JOIN policy AS judged
      ON judged.known = waiting.known AND judged.fresh = (is_fresh AND NOT is_ahead) AND judged.unanswered = is_unanswered
    JOIN policy AS unjudged
      ON unjudged.known = waiting.known AND unjudged.fresh = is_fresh AND unjudged.unanswered = is_unanswered
  )
SELECT *, ${canary} AS canary, row_number() OVER (PARTITION BY decision = 'due', is_new ORDER BY ${byWorth}) AS turn
FROM verdicts
ORDER BY decision <> 'due', NOT coalesce(canary, FALSE), turn, is_new`
}

/** The parameters of `planSql`. */
export function planParameters({ startedAt, ages }: PlanOptions): Record<string, Cell> {
  return {
    started_at: BigInt(Math.round(startedAt)),
    latest: new Date(startedAt + CLOCK_TOLERANCE_MS).toISOString(),
    max_age_ms: BigInt(Math.round(ages.standard)),
  }
}
