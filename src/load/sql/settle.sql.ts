import { quotedText } from '../../core/duckdb.js'
import { createTempTableAs, dropTempTable, sqlColumns } from '../../core/tempTable.js'
import type { MissingCodes } from '../../model/missing.js'
import { MEMBERS, PLANNED, RUN_ENDS, SETTLED, SETTLED_LISTS, UNFINISHED } from '../../model/tempTables.js'
import { RUN_OUTCOMES, UNANSWERED } from './statement.js'

const member = sqlColumns(MEMBERS, 'm')
const planned = sqlColumns(PLANNED)
const ends = sqlColumns(RUN_ENDS, 'ends')
const unfinished = sqlColumns(UNFINISHED)
const settled = sqlColumns(SETTLED)
const given = sqlColumns(SETTLED_LISTS, 'given')

/**
 * One row for each id. An id that was not due keeps what is known of it. The last call of this run decides the status of a
 * due id; one whose calls had not begun or not ended is parked for the reason `$park`. Without such a reason it has no
 * status, and the counts show that.
 */
export const settleIds = (missing: MissingCodes | undefined): string =>
  createTempTableAs(
    SETTLED,
    {
      user_id: planned.user_id,
      status: `
  CASE
    WHEN ${planned.decision} = 'fresh' THEN 'reused'
    WHEN ${planned.decision} = 'known_empty' THEN 'empty'
    WHEN ${planned.decision} IN ('known_failed', 'held') THEN 'failed'
    WHEN ${planned.decision} = 'invalid' THEN 'rejected'
    WHEN ${planned.decision} = 'skipped' THEN 'parked'
    WHEN ${ends.outcome} = 'profile' THEN 'enriched'
    WHEN ${ends.outcome} = 'empty' THEN 'empty'
    WHEN ${ends.outcome} = 'invalid' THEN 'rejected'
    WHEN ${unfinished.user_id} IS NULL AND ${ends.outcome} NOT IN ${RUN_OUTCOMES} THEN 'failed'
    WHEN $park::VARCHAR IS NOT NULL THEN 'parked'
  END`,
      reason: `
  CASE
    WHEN ${planned.decision} = 'held' THEN 'ambiguous'
    WHEN status = 'rejected' THEN 'invalid'
    WHEN ${planned.decision} IN ('known_failed', 'skipped') THEN ${planned.reason}
    WHEN status = 'empty' THEN ${missing ? missingReason(missing) : 'NULL'}
    WHEN status = 'failed' AND ${ends.outcome} IN ${UNANSWERED} THEN 'ambiguous'
    WHEN status = 'failed' THEN ${ends.code}
    WHEN status = 'parked' THEN $park
  END`,
    },
    `FROM ${PLANNED.name}
LEFT JOIN ${RUN_ENDS.name} AS ends ON ${ends.user_id} = ${planned.user_id} AND ${ends.run_id} = $run
LEFT JOIN ${UNFINISHED.name} ON ${unfinished.user_id} = ${planned.user_id}`,
  )

/** Of an id that was empty already, the plan knows the reason. */
function missingReason({ codes, reason }: MissingCodes): string {
  const isMissing = `${ends.code} IN (${codes.map(quotedText).join(', ')}) OR ${planned.reason} = ${quotedText(reason)}`
  return `CASE WHEN ${isMissing} THEN ${quotedText(reason)} END`
}

/** SQL condition: the list of a row is one of this run's. */
export const ofThisRun = (list: string): string =>
  `${list} IN (SELECT ${given.list} FROM ${SETTLED_LISTS.name} AS given)`

/** How many ids each of these lists gains and loses. To be read before its rows are replaced. */
export function listChanges(names: readonly string[]): string {
  const named = names.map((name) => `(${quotedText(name)})`).join(', ')
  return `
WITH named(list) AS (VALUES ${named})
SELECT
  named.list,
  coalesce(any_value(lists.tracked), FALSE) AS tracked,
  count(before.user_id) AS before,
  count(*) FILTER (before.user_id IS NULL AND now.user_id IS NOT NULL) AS added,
  count(*) FILTER (now.user_id IS NULL AND before.user_id IS NOT NULL) AS removed
FROM named
LEFT JOIN lists ON lists.list = named.list
LEFT JOIN (
  (
    SELECT DISTINCT ${member.list} AS list, ${member.user_id} AS user_id
    FROM ${MEMBERS.name} AS m WHERE ${member.user_id} IS NOT NULL
  ) AS now
  FULL JOIN (
    SELECT DISTINCT list, user_id FROM list_members WHERE user_id IS NOT NULL AND list IN (SELECT list FROM named)
  ) AS before ON before.list = now.list AND before.user_id = now.user_id
) ON coalesce(now.list, before.list) = named.list
GROUP BY named.list`
}

const withStatus = `
FROM ${MEMBERS.name} AS m
LEFT JOIN ${SETTLED.name} ON ${settled.user_id} = ${member.user_id}
WHERE ${ofThisRun(member.list)}`

export const replaceMembers = [
  `DELETE FROM list_members WHERE ${ofThisRun('list')}`,
  `
INSERT INTO list_members
SELECT
  ${member.list}, ${member.row_number}, ${member.line}, ${member.input}, ${member.user_id},
  CASE WHEN ${member.user_id} IS NULL THEN coalesce(${member.status}, 'rejected') ELSE ${settled.status} END,
  CASE WHEN ${member.user_id} IS NULL THEN ${member.reason} ELSE ${settled.reason} END,
  $run${withStatus}`,
]

export const replaceRejects = [
  `DELETE FROM rejects WHERE ${ofThisRun('list')}`,
  `
INSERT INTO rejects
SELECT
  ${member.list}, ${member.row_number}, ${member.line}, ${member.cell}, coalesce(${settled.reason}, ${member.reason}),
  CASE WHEN ${member.user_id} IS NULL THEN ${member.remedy}
  ELSE 'the API says that this id does not exist: correct it; --retry-failed fetches it once more' END,
  $run${withStatus} AND (${member.user_id} IS NULL AND ${member.status} IS NULL OR ${settled.status} = 'rejected')`,
]

export const upsertLists = `
INSERT INTO lists
SELECT
  ${given.list},
  ${given.track},
  ${given.source},
  ${given.columns},
  ${given.id_column},
  count(m.list),
  count(DISTINCT m.user_id),
  count(*) FILTER (m.status = 'rejected'),
  $at,
  $at,
  $run
FROM ${SETTLED_LISTS.name} AS given LEFT JOIN list_members AS m ON m.list = ${given.list}
GROUP BY ALL
ON CONFLICT (list) DO UPDATE SET
  tracked = lists.tracked OR excluded.tracked,
  source = excluded.source,
  columns = excluded.columns,
  id_column = excluded.id_column,
  rows = excluded.rows,
  ids = excluded.ids,
  rejected = excluded.rejected,
  last_read_at = excluded.last_read_at,
  run_id = excluded.run_id`

/** Rows and ids that were read: of each list, and of all lists together where `list` is NULL. */
export const countRead = `
SELECT ${member.list} AS list, count(*) AS rows, count(DISTINCT ${member.user_id}) AS ids
FROM ${MEMBERS.name} AS m GROUP BY GROUPING SETS ((${member.list}), ())`

/** Rows and ids of each status, from the rows as they are stored; `list` as in `countRead`. */
export const countSettled = `
SELECT list, status, reason, count(*) AS rows, count(DISTINCT user_id) AS ids
FROM list_members
WHERE status IS NOT NULL AND ${ofThisRun('list')}
GROUP BY GROUPING SETS ((list, status, reason), (status, reason))
ORDER BY status, rows DESC, reason`

export const dropSettleInputs = [UNFINISHED, SETTLED_LISTS, SETTLED].map(dropTempTable)
