import { quotedText, quotedName } from '../../core/duckdb.js'
import { type ChildTable, type Pipeline, seriesColumns } from '../../model/pipeline.js'
import { STAGED_KEYS, stagedChildName } from '../stagingTables.js'
import { columnList, laterRows } from './statement.js'

/**
 * The staged profiles that are not taken: they were loaded before, or are staged twice.
 * @param since time of the earliest staged profile: older rows of the time series are not read
 */
export const knownAnswers = (since: string): string => `
CREATE OR REPLACE TEMP TABLE known_answers AS
SELECT staged_no FROM staged_profiles
SEMI JOIN (SELECT user_id, observed_at FROM creator_counters WHERE observed_at >= ${quotedText(since)}::TIMESTAMPTZ)
  USING (user_id, observed_at)
UNION ALL
${laterRows('staged_no', 'staged_profiles', 'user_id, observed_at', 'run_id, staged_no')}`

/** The other staged profiles: their keys and their counters. A view, because a copy takes longer than to read it again. */
export function newAnswers(pipeline: Pipeline): string {
  const counters = seriesColumns(pipeline).map(([name]) => name)
  return `
CREATE OR REPLACE TEMP VIEW new_answers AS
SELECT ${columnList([...STAGED_KEYS, 'user_id', ...counters])} FROM staged_profiles
ANTI JOIN known_answers USING (staged_no)`
}

/** The newest profile of each id, if it is newer than the one in the wide row. */
export const newestAnswers = `
CREATE OR REPLACE TEMP TABLE newest_answers AS
SELECT newest.staged_no, newest.user_id, newest.observed_at
FROM (
  SELECT user_id, max(observed_at) AS observed_at, arg_max(staged_no, observed_at) AS staged_no
  FROM new_answers GROUP BY user_id
) AS newest
LEFT JOIN creators USING (user_id)
WHERE newest.observed_at > coalesce(creators.last_fetched_at, '-infinity')`

export function appendCounters(pipeline: Pipeline): string {
  const counters = seriesColumns(pipeline).map(([name]) => name)
  const columns = columnList(['user_id', 'observed_at', ...counters, 'attributes_hash', 'run_id', 'dated_ahead_at'])
  return `
INSERT INTO creator_counters (${columns})
SELECT ${columns} FROM new_answers`
}

export const appendAnomalies = `
INSERT INTO anomalies
SELECT DISTINCT staged.* FROM staged_anomalies AS staged
ANTI JOIN anomalies AS known
  ON known.user_id = staged.user_id
  AND known.observed_at = staged.observed_at
  AND known.kind = staged.kind
  AND known.column_name IS NOT DISTINCT FROM staged.column_name
  AND known.detail IS NOT DISTINCT FROM staged.detail
ORDER BY staged.observed_at, staged.user_id, staged.kind, staged.column_name, staged.detail`

/** The staged unreadable answers that were never loaded before: each loaded one has an anomaly. */
export const newUnreadable = `
CREATE OR REPLACE TEMP TABLE new_unreadable AS
SELECT DISTINCT user_id, observed_at, staged_drift_set FROM staged_unreadable
ANTI JOIN (SELECT user_id, observed_at FROM anomalies WHERE kind = 'unreadable') USING (user_id, observed_at)`

/** Counts each profile and each unreadable answer once, however often it is loaded. */
export const mergeDrift = [
  `
CREATE OR REPLACE TEMP TABLE new_drift AS
SELECT
  path, kind, expected, found,
  min(observed_at) AS first_seen_at,
  max(observed_at) AS last_seen_at,
  count(*) AS answers,
  arg_min(user_id, (observed_at, user_id)) AS example_user_id
FROM (
  SELECT user_id, observed_at, staged_drift_set FROM new_answers
  UNION ALL
  SELECT user_id, observed_at, staged_drift_set FROM new_unreadable
)
JOIN staged_drift USING (staged_drift_set)
GROUP BY path, kind, expected, found`,
  `
UPDATE schema_drift SET
  first_seen_at = least(schema_drift.first_seen_at, new_drift.first_seen_at),
  last_seen_at = greatest(schema_drift.last_seen_at, new_drift.last_seen_at),
  answers = schema_drift.answers + new_drift.answers,
  example_user_id =
    CASE WHEN (new_drift.first_seen_at, new_drift.example_user_id) < (schema_drift.first_seen_at, schema_drift.example_user_id)
    THEN new_drift.example_user_id ELSE schema_drift.example_user_id END
FROM new_drift
WHERE schema_drift.path = new_drift.path
  AND schema_drift.kind = new_drift.kind
  AND schema_drift.expected IS NOT DISTINCT FROM new_drift.expected
  AND schema_drift.found IS NOT DISTINCT FROM new_drift.found`,
  `
INSERT INTO schema_drift
SELECT path, kind, expected, found, first_seen_at, last_seen_at, answers, example_user_id
FROM new_drift
ANTI JOIN schema_drift AS known
  ON known.path = new_drift.path
  AND known.kind = new_drift.kind
  AND known.expected IS NOT DISTINCT FROM new_drift.expected
  AND known.found IS NOT DISTINCT FROM new_drift.found
ORDER BY path, kind, expected, found`,
  `DROP TABLE new_drift`,
]

/**
 * Replaces the rows of a list for each creator with a newer profile, if they differ. They are compared by a hash over all
 * rows of the creator, so that an unchanged list is not written again.
 */
export function replaceChild(child: ChildTable): string[] {
  const [table, staged] = [quotedName(child.name), quotedName(stagedChildName(child))]
  const names = ['position', ...Object.keys(child.columns)]
  const summary = (alias: string) => `count(*) AS items, bit_xor(hash(${columnList(names, alias)})) AS content`
  return [
    `
CREATE OR REPLACE TEMP TABLE changed_lists AS
SELECT coalesce(now.user_id, before.user_id) AS user_id, now.staged_no
FROM (
  SELECT n.user_id, n.staged_no, ${summary('s')}
  FROM ${staged} AS s JOIN newest_answers AS n USING (staged_no)
  GROUP BY n.user_id, n.staged_no
) AS now
FULL JOIN (
  SELECT c.user_id, ${summary('c')}
  FROM ${table} AS c SEMI JOIN newest_answers USING (user_id)
  GROUP BY c.user_id
) AS before ON before.user_id = now.user_id
WHERE now.items IS DISTINCT FROM before.items OR now.content IS DISTINCT FROM before.content`,
    `DELETE FROM ${table} WHERE user_id IN (SELECT user_id FROM changed_lists)`,
    `
INSERT INTO ${table} (user_id, ${columnList(names)})
SELECT l.user_id, ${columnList(names, 's')}
FROM ${staged} AS s JOIN changed_lists AS l USING (staged_no)`,
    `DROP TABLE changed_lists`,
  ]
}
