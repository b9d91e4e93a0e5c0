import type { Settings } from '../config/options.js'
import { all, quotedText, type Connection } from '../core/duckdb.js'
import { createTempTableAs, sqlColumns } from '../core/tempTable.js'
import { MEMBERS, PLANNED } from '../model/tempTables.js'
import { decide, KNOWN, type Decision, type PolicyOptions } from './policy.js'

export interface PlanOptions extends PolicyOptions {
  /** This run's start, milliseconds since 1970. */
  readonly startedAt: number
  /** A profile is fetched again when the run that fetched it last started longer ago than this, milliseconds. */
  readonly maxAgeMs: number
}

/** Which ids the settings make due, for a run that starts now. */
export function planOptionsOf(
  { maxAge, retryFailed, onAmbiguous }: Pick<Settings, 'maxAge' | 'retryFailed' | 'onAmbiguous'>,
  startedAt: number,
): PlanOptions {
  return { startedAt, maxAgeMs: maxAge, retryFailed: retryFailed ?? false, onAmbiguous }
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
  /** Rejected rows by reason, most rows first. */
  readonly rejectedByReason: readonly { readonly reason: string; readonly rows: number }[]
  readonly byDecision: Readonly<Record<Decision, { readonly ids: number; readonly rows: number }>>
  /** Due ids first, then the largest counts. */
  readonly byReason: readonly PlanCount[]
}

/** Ids in one query of `dueIds`. */
const PAGE = 5_000

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

/** Added to every creator's daily share of change, so that a creator whose count stands still comes up in time, too. */
const STANDING_STILL = 0.001
/** With fewer followers, a change by a handful would be a large share. */
const FEW_FOLLOWERS = 100

const member = sqlColumns(MEMBERS, 'm')
const planned = sqlColumns(PLANNED, 'p')

/**
 * Due ids come first. Among them, ids never fetched come first, then the creators whose counts change fastest and were
 * checked longest ago: the time since the last fetch × the share of the followers that came or went a day. So capped calls
 * go where they are worth most. The rows of the table lie in that order, so that a page of it is read without the rest.
 */
function planSql(options: PolicyOptions): string {
  return createTempTableAs(
    PLANNED,
    {
      user_id: 'user_id',
      decision: 'decision',
      reason: `CASE WHEN decision = 'known_failed' THEN coalesce(last_attempt_code, reason) ELSE reason END`,
      ord: 'row_number() OVER ()',
    },
    `FROM (${orderedSql(options)})`,
  )
}

/** Every distinct id with its verdict, in the order of the plan. */
function orderedSql(options: PolicyOptions): string {
  return `
WITH
  policy(known, fresh, unanswered, decision, reason) AS (VALUES ${policyRows(options)}),
  ids AS (
    SELECT ${member.user_id} AS user_id, min(m.rowid) AS appeared
    FROM ${MEMBERS.name} AS m WHERE ${member.user_id} IS NOT NULL GROUP BY ALL
  ),
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
      -- Where the row of a run is missing, its last call stands for its start.
      CASE
        WHEN known IN ('failed', 'fault', 'ambiguous') THEN coalesce(attempt.started_at, creator.last_attempt_at)
        WHEN known <> 'none' THEN coalesce(conclusive.started_at, creator.last_conclusive_at)
      END AS fetched_at,
      creator.last_attempt_code,
      coalesce(
        abs(coalesce(recent.fans_change_7d / nullif(recent.days_7d, 0), recent.fans_change_1d))
          / greatest(recent.fans, ${FEW_FOLLOWERS}),
        0
      ) AS change_share,
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
      AND policy.fresh = coalesce($started_at - epoch_ms(facts.fetched_at) <= $max_age_ms, false)
      AND policy.unanswered = facts.is_unanswered
  )
SELECT * FROM verdicts
ORDER BY
  decision <> 'due',
  fetched_at IS NOT NULL,
  ($started_at - epoch_ms(fetched_at)) * (${STANDING_STILL} + change_share) DESC,
  appeared`
}

/**
 * Decides for every distinct id of the TEMP table `members`, and leaves one row for each in the TEMP table `planned`. Reads
 * creators, creator_recent, runs and ambiguous_calls; changes no other table and sends no request.
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
    `SELECT ${planned.decision} AS decision, ${planned.reason} AS reason, count(*) AS ids, sum(member_rows)::BIGINT AS rows
     FROM ${PLANNED.name} AS p
     JOIN (
       SELECT ${member.user_id} AS user_id, count(*) AS member_rows
       FROM ${MEMBERS.name} AS m WHERE ${member.user_id} IS NOT NULL GROUP BY ALL
     ) AS counted ON counted.user_id = ${planned.user_id}
     GROUP BY ${planned.decision}, ${planned.reason}
     ORDER BY ${planned.decision} <> 'due', ids DESC, ${planned.decision}, ${planned.reason}`,
  )
  const rejectedByReason = await all<{ reason: string; rows: number }>(
    connection,
    `SELECT coalesce(${member.reason}, 'unknown') AS reason, count(*) AS rows
     FROM ${MEMBERS.name} AS m WHERE ${member.user_id} IS NULL GROUP BY ALL ORDER BY rows DESC, reason`,
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

/** The due ids in the order of the plan. No result stays open between two ids, so the connection may be used for anything else. */
export async function* dueIds(connection: Connection): AsyncGenerator<string> {
  for (let after = 0; ; after += PAGE) {
    const page = await all<{ user_id: string }>(
      connection,
      `SELECT ${planned.user_id} AS user_id FROM ${PLANNED.name} AS p
       WHERE ${planned.decision} = 'due' AND ${planned.ord} > $after AND ${planned.ord} <= $upto ORDER BY ${planned.ord}`,
      { after, upto: after + PAGE },
    )
    for (const { user_id } of page) yield user_id
    if (page.length < PAGE) return
  }
}
