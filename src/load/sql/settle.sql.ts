import { RUN_OUTCOMES, UNANSWERED } from './names.js'

/** Ids whose asking had begun when the run stopped, and the lists whose rows are replaced. */
export const createSettleInputs = [
  `CREATE OR REPLACE TEMP TABLE unfinished (user_id VARCHAR)`,
  `CREATE OR REPLACE TEMP TABLE settled_lists (list VARCHAR, source VARCHAR, columns VARCHAR, id_column VARCHAR, track BOOLEAN)`,
]

/**
 * One row an id. What was not to be asked keeps what is known of it. Of what was, the last call of this run decides; what
 * was not reached, or not finished, is parked for `$park`. Without such a reason it gets no status, and the counts show it.
 */
export const settleIds = `
CREATE OR REPLACE TEMP TABLE settled AS
SELECT
  planned.user_id,
  CASE
    WHEN decision = 'fresh' THEN 'reused'
    WHEN decision = 'known_empty' THEN 'empty'
    WHEN decision IN ('known_failed', 'held') THEN 'failed'
    WHEN decision = 'invalid' THEN 'rejected'
    WHEN decision = 'skipped' THEN 'parked'
    WHEN ends.outcome = 'profile' THEN 'enriched'
    WHEN ends.outcome = 'empty' THEN 'empty'
    WHEN ends.outcome = 'invalid' THEN 'rejected'
    WHEN unfinished.user_id IS NULL AND ends.outcome NOT IN ${RUN_OUTCOMES} THEN 'failed'
    WHEN $park::VARCHAR IS NOT NULL THEN 'parked'
  END AS status,
  CASE
    WHEN decision = 'held' THEN 'ambiguous'
    WHEN status = 'rejected' THEN 'invalid'
    WHEN decision IN ('known_failed', 'skipped') THEN planned.reason
    WHEN status = 'failed' AND ends.outcome IN ${UNANSWERED} THEN 'ambiguous'
    WHEN status = 'failed' THEN ends.code
    WHEN status = 'parked' THEN $park
  END AS reason
FROM planned
LEFT JOIN (SELECT * FROM run_ends WHERE run_id = $run) AS ends USING (user_id)
LEFT JOIN unfinished USING (user_id)`

/** Ids that a list has now and had not, and the other way round; to be read before its rows are replaced. */
export const listChanges = `
SELECT
  settled_lists.list,
  count(*) FILTER (before.user_id IS NULL AND now.user_id IS NOT NULL) AS added,
  count(*) FILTER (now.user_id IS NULL AND before.user_id IS NOT NULL) AS removed
FROM settled_lists
LEFT JOIN (
  (SELECT DISTINCT list, user_id FROM members WHERE user_id IS NOT NULL) AS now
  FULL JOIN (
    SELECT DISTINCT list, user_id FROM list_members SEMI JOIN settled_lists USING (list) WHERE user_id IS NOT NULL
  ) AS before ON before.list = now.list AND before.user_id = now.user_id
) ON coalesce(now.list, before.list) = settled_lists.list
GROUP BY settled_lists.list`

export const replaceMembers = [
  `DELETE FROM list_members WHERE list IN (SELECT list FROM settled_lists)`,
  `
INSERT INTO list_members
SELECT
  m.list, m.row_number, m.line, m.input, m.user_id,
  CASE WHEN m.user_id IS NULL THEN 'rejected' ELSE settled.status END,
  CASE WHEN m.user_id IS NULL THEN m.reason ELSE settled.reason END,
  $run
FROM members AS m
SEMI JOIN settled_lists USING (list)
LEFT JOIN settled ON settled.user_id = m.user_id`,
]

export const replaceRejects = [
  `DELETE FROM rejects WHERE list IN (SELECT list FROM settled_lists)`,
  `
INSERT INTO rejects
SELECT
  m.list, m.row_number, m.line, m.cell, coalesce(settled.reason, m.reason),
  CASE WHEN m.user_id IS NULL THEN m.remedy
  ELSE 'the upstream says that there is no such id: correct it; --retry-failed asks for it once more' END,
  $run
FROM members AS m
SEMI JOIN settled_lists USING (list)
LEFT JOIN settled ON settled.user_id = m.user_id
WHERE m.user_id IS NULL OR settled.status = 'rejected'`,
]

export const upsertLists = `
INSERT INTO lists
SELECT
  given.list,
  given.track,
  given.source,
  given.columns,
  given.id_column,
  count(m.list),
  count(DISTINCT m.user_id),
  count(*) FILTER (m.status = 'rejected'),
  $at,
  $at,
  $run
FROM settled_lists AS given LEFT JOIN list_members AS m ON m.list = given.list
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

/** What was read: of each list, and of all together where `list` is NULL. */
export const countRead = `
SELECT list, count(*) AS rows, count(DISTINCT user_id) AS ids
FROM members GROUP BY GROUPING SETS ((list), ())`

/** What has which status, from the rows as they were stored; as above. */
export const countSettled = `
SELECT list, status, reason, count(*) AS rows, count(DISTINCT user_id) AS ids
FROM list_members SEMI JOIN settled_lists USING (list)
WHERE status IS NOT NULL
GROUP BY GROUPING SETS ((list, status, reason), (status, reason))
ORDER BY status, rows DESC, reason`

export const dropSettleInputs = ['unfinished', 'settled_lists', 'settled'].map((table) => `DROP TABLE ${table}`)
