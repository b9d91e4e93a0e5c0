import type { Pipeline } from '../../model/pipeline.js'
import { columnsBesideId } from '../schema/pipelineTables.js'
import { CONCLUSIVE, FAILED_SUCCESS, IN_USELESS_RUN, columnList, laterRows } from './statement.js'

const BOOKKEEPING = [
  'status',
  'first_seen_at',
  'last_fetched_at',
  'last_changed_at',
  'last_conclusive_at',
  'run_id',
  'last_attempt_at',
  'last_attempt_outcome',
  'last_attempt_code',
  'last_attempt_run_id',
]

const CONCLUSIVE_CALLS = `(
  SELECT rowid AS row, * FROM staged_calls
  WHERE outcome IN ${CONCLUSIVE} AND NOT (outcome = 'empty' AND ${IN_USELESS_RUN})
)`

const LATEST = 'ended_at DESC, run_id DESC, seq DESC'

/** The last call of each id, and its last conclusive call. Of two that end in one millisecond, the later run's counts. */
const attempts = `
SELECT
  last.user_id,
  last.ended_at AS attempt_at,
  last.outcome AS attempt_outcome,
  CASE WHEN last.outcome IN ${FAILED_SUCCESS} THEN last.outcome ELSE last.code END AS attempt_code,
  last.run_id AS attempt_run_id,
  conclusive.ended_at AS conclusive_at,
  conclusive.run_id AS conclusive_run_id
FROM staged_calls AS last
LEFT JOIN (
  SELECT user_id, ended_at, run_id FROM ${CONCLUSIVE_CALLS}
  WHERE row NOT IN (${laterRows('row', CONCLUSIVE_CALLS, 'user_id', LATEST)})
) AS conclusive USING (user_id)
WHERE last.rowid NOT IN (${laterRows('rowid', 'staged_calls', 'user_id', LATEST)})`

/**
 * The new bookkeeping of every called id, if it differs from the stored one. `staged_no` is the profile that replaces the
 * wide row, if any. Calls that are older than the known ones change `first_seen_at` only.
 */
const nextCreators = `
CREATE OR REPLACE TEMP TABLE next_creators AS
WITH attempts AS (${attempts}), compared AS (
  SELECT
    attempts.*,
    known.* EXCLUDE (user_id),
    known.user_id IS NOT NULL AS is_known,
    known.last_attempt_at IS NULL
      OR (attempt_at, attempt_run_id) > (known.last_attempt_at, known.last_attempt_run_id) AS attempt_moves,
    conclusive_at IS NOT NULL AND (
      known.last_conclusive_at IS NULL
      OR (conclusive_at, conclusive_run_id) > (known.last_conclusive_at, known.run_id)
    ) AS status_moves
  FROM attempts
  LEFT JOIN (SELECT user_id, ${columnList(BOOKKEEPING)} FROM creators) AS known USING (user_id)
)
SELECT
  compared.user_id,
  is_known,
  newest.staged_no,
  CASE
    WHEN statuses.status IS NOT NULL THEN statuses.status
    -- Without an answer that says otherwise, a conclusive one is a profile.
    WHEN status_moves THEN 'active'
    ELSE coalesce(compared.status, 'never_fetched')
  END AS status,
  least(compared.first_seen_at, earliest.observed_at) AS first_seen_at,
  coalesce(newest.observed_at, compared.last_fetched_at) AS last_fetched_at,
  coalesce(latest.valid_from, compared.last_changed_at) AS last_changed_at,
  CASE WHEN status_moves THEN conclusive_at ELSE compared.last_conclusive_at END AS last_conclusive_at,
  CASE WHEN status_moves THEN conclusive_run_id ELSE compared.run_id END AS run_id,
  CASE WHEN attempt_moves THEN attempt_at ELSE compared.last_attempt_at END AS last_attempt_at,
  CASE WHEN attempt_moves THEN attempt_outcome ELSE compared.last_attempt_outcome END AS last_attempt_outcome,
  CASE WHEN attempt_moves THEN attempt_code ELSE compared.last_attempt_code END AS last_attempt_code,
  CASE WHEN attempt_moves THEN attempt_run_id ELSE compared.last_attempt_run_id END AS last_attempt_run_id
FROM compared
LEFT JOIN statuses USING (user_id)
LEFT JOIN newest_answers AS newest USING (user_id)
LEFT JOIN (SELECT user_id, min(observed_at) AS observed_at FROM new_answers GROUP BY user_id) AS earliest USING (user_id)
LEFT JOIN (SELECT user_id, max(valid_from) AS valid_from FROM starts GROUP BY user_id) AS latest USING (user_id)
WHERE NOT is_known OR attempt_moves OR status_moves OR earliest.user_id IS NOT NULL
  OR statuses.status <> compared.status`

/** Only the bookkeeping is written for ids that keep their wide row. */
const updateKept = `
UPDATE creators SET ${BOOKKEEPING.map((name) => `${name} = next.${name}`).join(', ')}
FROM next_creators AS next
WHERE next.staged_no IS NULL AND next.is_known AND creators.user_id = next.user_id`

const deleteReplaced = `
DELETE FROM creators WHERE user_id IN (SELECT user_id FROM next_creators WHERE staged_no IS NOT NULL AND is_known)`

function insertProfiles(pipeline: Pipeline): string {
  const names = [...columnsBesideId(pipeline).map(([name]) => name), 'extra']
  return `
INSERT INTO creators (user_id, ${columnList(names)}, ${columnList(BOOKKEEPING)})
SELECT next.user_id, ${columnList(names, 'staged')}, ${columnList(BOOKKEEPING, 'next')}
FROM staged_profiles AS staged JOIN next_creators AS next USING (staged_no)`
}

/** Ids that have no profile yet. */
const insertOthers = `
INSERT INTO creators (user_id, ${columnList(BOOKKEEPING)})
SELECT user_id, ${columnList(BOOKKEEPING)} FROM next_creators WHERE staged_no IS NULL AND NOT is_known
ORDER BY user_id`

/** Brings the wide rows up to date. It reads the TEMP tables of `answers.sql` and `history.sql`. */
export function creators(pipeline: Pipeline): string[] {
  return [nextCreators, updateKept, deleteReplaced, insertProfiles(pipeline), insertOthers]
}
