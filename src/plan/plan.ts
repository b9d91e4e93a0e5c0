import type { Settings } from '../config/settings.js'
import { all, namesOfColumns, first, type Connection } from '../core/duckdb.js'
import { sqlColumns } from '../core/tempTable.js'
import type { DueId } from '../model/call.js'
import { missingCodes } from '../model/missing.js'
import { columnOf, type Pipeline } from '../model/pipeline.js'
import { MEMBERS, PLANNED } from '../model/tempTables.js'
import { firstKey } from './firstKey.js'
import { allowedAges } from './maxAge.js'
import { planParameters, planSql, type PlanOptions } from './planSql.js'
import type { Decision } from './policy.js'
import { readStoredRuns } from './storedRuns.js'

type PlanSettings = Pick<Settings, 'maxAge' | 'maxAgeByTier' | 'first' | 'retryFailed' | 'onAmbiguous'>

/**
 * Which ids the settings make due, and in which order, for a run that starts now.
 * @throws UsageError when the settings do not fit the pipeline
 */
export function planOptionsOf(settings: PlanSettings, pipeline: Pipeline, startedAt: number): PlanOptions {
  const { retryFailed, onAmbiguous } = settings
  return {
    startedAt,
    ages: allowedAges(settings, pipeline),
    tier: columnOf(pipeline, 'tier'),
    first: firstKey(settings, pipeline),
    retryFailed: retryFailed ?? false,
    onAmbiguous,
    missing: missingCodes(pipeline),
  }
}

export interface PlanCount {
  readonly decision: Decision
  /** A `PlanReason`, but for `known_failed` the code of the last attempt, and for a missing id the pipeline's word. */
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

const member = sqlColumns(MEMBERS, 'm')
const planned = sqlColumns(PLANNED, 'p')

/**
 * Decides for every distinct id of the TEMP table `members`, and leaves one row for each in the TEMP table `planned`. Reads
 * creators, runs, ambiguous_calls and answers_without_profile; changes no other table and sends no request.
 */
export async function plan(connection: Connection, wanted: PlanOptions): Promise<PlanCounts> {
  const options = await withStoredColumns(connection, wanted)
  await connection.run(planSql(options, await readStoredRuns(connection, options.startedAt)), planParameters(options))
  return recountPlan(connection)
}

/** The file that an older version published may lack a column: then nothing is known of it. */
export async function withStoredColumns(connection: Connection, { tier, first: key, ...options }: PlanOptions) {
  const stored = await namesOfColumns(connection, 'creators')
  const has = (name: string | undefined) => name !== undefined && stored.has(name)
  return { ...options, tier: has(tier) ? tier : undefined, first: has(key?.column) ? key : undefined }
}

/**
 * Takes back what the plan decided because answers are dated ahead, for ids that are not fetched yet: the clocks could not be
 * compared, so these answers count as they are dated.
 */
export async function planAsDated(connection: Connection, after: number): Promise<PlanCounts> {
  await connection.run(
    `UPDATE ${PLANNED.name} SET decision = unjudged_decision, reason = unjudged_reason
     WHERE unjudged_decision IS NOT NULL AND ord > $after`,
    { after },
  )
  return recountPlan(connection)
}

/** Counts the TEMP table `planned` as it is now. */
export async function recountPlan(connection: Connection): Promise<PlanCounts> {
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

/**
 * The due ids in the order of the plan, after the first `from` of them. No result stays open between two ids, so the
 * connection may be used for anything else.
 */
export async function* dueIds(connection: Connection, from = 0): AsyncGenerator<DueId> {
  const last = await first<{ ord: number }>(
    connection,
    `SELECT coalesce(max(${planned.ord}), 0) AS ord FROM ${PLANNED.name} AS p WHERE ${planned.decision} = 'due'`,
  )
  for (let after = from; after < last!.ord; after += PAGE) {
    const page = await all<{ id: string; last: 'profile' | 'empty' | null; canary: boolean }>(
      connection,
      `SELECT ${planned.user_id} AS id, ${planned.last_answer} AS last, ${planned.canary} AS canary FROM ${PLANNED.name} AS p
       WHERE ${planned.decision} = 'due' AND ${planned.ord} > $after AND ${planned.ord} <= $upto ORDER BY ${planned.ord}`,
      { after, upto: after + PAGE },
    )
    for (const { id, last, canary } of page) yield { id, canary, ...(last === null ? {} : { last }) }
  }
}
