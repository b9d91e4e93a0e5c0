import { all, quotedText, type Connection } from '../core/duckdb.js'
import { decide, KNOWN, type Decision, type PolicyOptions } from './policy.js'

export interface PlanOptions extends PolicyOptions {
  /** This run's start, milliseconds since 1970. */
  readonly startedAt: number
  /** What was asked by a run that started longer ago than this is asked again, milliseconds. */
  readonly maxAgeMs: number
}

export interface PlanCount {
  readonly decision: Decision
  /** A `PlanReason`, but for `known_failed` the code of the last attempt. */
  readonly reason: string
  readonly ids: number
  readonly rows: number
}

export interface PlanCounts {
  /** Rows read, over all lists of this run. */
  readonly rows: number
  /** Distinct ids in them. */
  readonly ids: number
  readonly rejectedRows: number
  /** Rejected rows by the reader's reason, most first. */
  readonly rejectedByReason: readonly { readonly reason: string; readonly rows: number }[]
  readonly byDecision: Readonly<Record<Decision, { readonly ids: number; readonly rows: number }>>
  /** Due first, then most first. */
  readonly byReason: readonly PlanCount[]
}

/** Ids handed out at a time; the connection is free in between. */
const PAGE = 5_000

/** Every case of the policy as rows of an SQL VALUES list: known, fresh, ambiguous, decision, reason. */
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

/** Who does not move at all is taken to move by this share of the followers a day, so that waiting brings everybody on. */
const STANDING_STILL = 0.001
/** Among fewer followers, a handful more or less is no movement. */
const FEW_FOLLOWERS = 100

/**
 * Order of the ids: due ones first; among them never-seen first, then by what a call is likely to tell: how long nobody has
 * asked × which share of the followers came or went a day of late. Where calls are capped, they go where they are worth most.
 * The rows of the table lie in that order, so that a page of it is read without a look at the rest.
 */
function planSql(options: PolicyOptions): string {
  return `
CREATE OR REPLACE TEMP TABLE planned AS
WITH
  policy(known, fresh, unanswered, decision, reason) AS (VALUES ${policyRows(options)}),
  ids AS (SELECT user_id, min(rowid) AS appeared FROM members WHERE user_id IS NOT NULL GROUP BY user_id),
  unanswered AS (SELECT DISTINCT user_id FROM ambiguous_calls WHERE resolved_at IS NULL),
  facts AS (
    SELECT
      ids.user_id,
      ids.appeared,
      CASE
        WHEN creator.last_attempt_outcome IN ('misdelivered', 'refused') THEN 'failed'
        WHEN creator.last_attempt_outcome = 'retry' THEN 'fault'
        WHEN creator.last_attempt_outcome IN ('ambiguous', 'unknown') THEN 'ambiguous'
        WHEN creator.status = 'active' THEN 'profile'
        WHEN creator.status IN ('empty', 'invalid') THEN creator.status
        ELSE 'none'
      END AS known,
      -- The start of a run whose row is missing: its last call is the next best.
      CASE
        WHEN known IN ('failed', 'fault', 'ambiguous') THEN coalesce(attempt.started_at, creator.last_attempt_at)
        WHEN known <> 'none' THEN coalesce(conclusive.started_at, creator.last_conclusive_at)
      END AS asked_at,
      creator.last_attempt_code,
      coalesce(
        abs(coalesce(recent.fans_change_7d / nullif(recent.days_7d, 0), recent.fans_change_1d))
          / greatest(recent.fans, ${FEW_FOLLOWERS}),
        0
      ) AS moved,
      unanswered.user_id IS NOT NULL AS is_unanswered
    FROM ids
    LEFT JOIN creators AS creator ON creator.user_id = ids.user_id
    LEFT JOIN creator_recent AS recent ON recent.user_id = ids.user_id
    LEFT JOIN runs AS conclusive ON conclusive.run_id = creator.run_id
    LEFT JOIN runs AS attempt ON attempt.run_id = creator.last_attempt_run_id
    LEFT JOIN unanswered ON unanswered.user_id = ids.user_id
  ),
  verdicts AS (
    SELECT facts.*, policy.decision, policy.reason
    FROM facts
    JOIN policy
      ON policy.known = facts.known
      AND policy.fresh = coalesce($started_at - epoch_ms(facts.asked_at) <= $max_age_ms, false)
      AND policy.unanswered = facts.is_unanswered
  ),
  ordered AS (
    SELECT * FROM verdicts
    ORDER BY
      decision <> 'due',
      asked_at IS NOT NULL,
      ($started_at - epoch_ms(asked_at)) * (${STANDING_STILL} + moved) DESC,
      appeared
  )
SELECT
  user_id,
  decision,
  CASE WHEN decision = 'known_failed' THEN coalesce(last_attempt_code, reason) ELSE reason END AS reason,
  row_number() OVER () AS ord
FROM ordered`
}

/**
 * Decides for every distinct id of `members` and leaves the result in TEMP `planned(user_id, decision, reason, ord)`,
 * one row an id. Reads creators, creator_recent, runs and ambiguous_calls; sends nothing, changes nothing that stays.
 */
export async function plan(connection: Connection, options: PlanOptions): Promise<PlanCounts> {
  await connection.run(planSql(options), {
    started_at: BigInt(Math.round(options.startedAt)),
    max_age_ms: BigInt(Math.round(options.maxAgeMs)),
  })
  return countPlan(connection)
}

async function countPlan(connection: Connection): Promise<PlanCounts> {
  const byReason = await all<PlanCount>(
    connection,
    `SELECT decision, reason, count(*) AS ids, sum(member_rows)::BIGINT AS rows
     FROM planned
     JOIN (SELECT user_id, count(*) AS member_rows FROM members WHERE user_id IS NOT NULL GROUP BY user_id) USING (user_id)
     GROUP BY decision, reason
     ORDER BY decision <> 'due', ids DESC, decision, reason`,
  )
  const rejectedByReason = await all<{ reason: string; rows: number }>(
    connection,
    `SELECT coalesce(reason, 'unknown') AS reason, count(*) AS rows
     FROM members WHERE user_id IS NULL GROUP BY ALL ORDER BY rows DESC, reason`,
  )
  const byDecision: Record<Decision, { ids: number; rows: number }> = {
    due: { ids: 0, rows: 0 },
    fresh: { ids: 0, rows: 0 },
    known_empty: { ids: 0, rows: 0 },
    known_failed: { ids: 0, rows: 0 },
    invalid: { ids: 0, rows: 0 },
    held: { ids: 0, rows: 0 },
    skipped: { ids: 0, rows: 0 },
  }
  let ids = 0
  let rows = 0
  for (const count of byReason) {
    byDecision[count.decision].ids += count.ids
    byDecision[count.decision].rows += count.rows
    ids += count.ids
    rows += count.rows
  }
  const rejectedRows = rejectedByReason.reduce((sum, count) => sum + count.rows, 0)
  return { rows: rows + rejectedRows, ids, rejectedRows, rejectedByReason, byDecision, byReason }
}

/** The due ids in the order of the plan. Between two pages no result is open, so the connection may be used for anything else. */
export async function* dueIds(connection: Connection): AsyncGenerator<string> {
  for (let after = 0; ; after += PAGE) {
    const page = await all<{ user_id: string }>(
      connection,
      `SELECT user_id FROM planned WHERE decision = 'due' AND ord > $after AND ord <= $upto ORDER BY ord`,
      { after, upto: after + PAGE },
    )
    for (const { user_id } of page) yield user_id
    if (page.length < PAGE) return
  }
}
