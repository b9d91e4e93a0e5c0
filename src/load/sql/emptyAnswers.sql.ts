import { IN_USELESS_RUN } from './statement.js'

/** Stores each empty or invalid answer once. */
const appendAnswersWithoutProfile = `
INSERT INTO answers_without_profile
SELECT DISTINCT user_id, ended_at, run_id, outcome FROM staged_calls
WHERE outcome IN ('empty', 'invalid')
  AND (user_id, ended_at, run_id) NOT IN (
    SELECT (user_id, observed_at, run_id) FROM answers_without_profile SEMI JOIN staged_calls USING (user_id)
  )
ORDER BY 2, 1, 3`

/**
 * All conclusive answers of the ids in a table that ever had one without a profile, in order. Two empty answers in a row, of
 * different runs, confirm that a creator with a profile is gone; an id that never had one is empty at once. An empty answer
 * of a useless run does not count. Made from all stored answers, so that the order of loads does not matter.
 */
const conclusiveAnswers = (ids: string): string => `
CREATE OR REPLACE TEMP TABLE conclusive_answers AS
WITH
  without AS (
    SELECT user_id, observed_at, run_id, outcome, NOT (outcome = 'empty' AND ${IN_USELESS_RUN}) AS counts
    FROM answers_without_profile SEMI JOIN ${ids} USING (user_id)
  ),
  answers AS (
    SELECT * FROM without
    UNION ALL
    SELECT user_id, observed_at, run_id, 'profile', TRUE FROM creator_counters SEMI JOIN without USING (user_id)
  ),
  numbered AS (
    SELECT
      *,
      row_number() OVER in_order AS place,
      -- An answer that is not empty starts a series; the empty answers after it belong to it.
      count(*) FILTER (outcome <> 'empty') OVER in_order AS series,
      count(*) FILTER (outcome = 'profile') OVER in_order > 0 AS had_profile
    FROM answers
    WINDOW in_order AS (PARTITION BY user_id ORDER BY observed_at, run_id, outcome ROWS UNBOUNDED PRECEDING)
  )
SELECT
  user_id, observed_at, run_id, outcome, counts, place, had_profile,
  first_value(outcome) OVER in_series AS before,
  counts AND (
    NOT had_profile
    OR count(DISTINCT CASE WHEN outcome = 'empty' AND counts THEN run_id END) OVER in_series > 1
  ) AS is_confirmed
FROM numbered
WINDOW in_series AS (PARTITION BY user_id, series ORDER BY place ROWS UNBOUNDED PRECEDING)`

/** The status that these answers give, for each id with an answer that counts. */
const statuses = `
CREATE OR REPLACE TEMP TABLE statuses AS
SELECT
  user_id,
  CASE
    WHEN outcome = 'empty' AND is_confirmed THEN 'empty'
    WHEN before = 'profile' THEN 'active'
    ELSE before
  END AS status
FROM conclusive_answers WHERE counts
QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY place DESC) = 1`

/** An empty answer that does not make a creator empty looks wrong. A later load may confirm it, or show that it was not the first. */
const replaceAnomalies = [
  `
CREATE OR REPLACE TEMP TABLE unconfirmed AS
SELECT
  user_id, observed_at, 'unconfirmed_empty' AS kind, NULL::VARCHAR AS column_name,
  CASE WHEN counts THEN 'empty once: the profile stays until another run confirms'
  ELSE 'empty in a run whose answers were of no use' END AS detail,
  run_id
FROM conclusive_answers WHERE outcome = 'empty' AND had_profile AND NOT is_confirmed`,
  `
DELETE FROM anomalies
WHERE kind = 'unconfirmed_empty'
  AND user_id IN (SELECT user_id FROM conclusive_answers)
  AND (user_id, observed_at, run_id, detail) NOT IN (SELECT (user_id, observed_at, run_id, detail) FROM unconfirmed)`,
  `
INSERT INTO anomalies
SELECT * FROM unconfirmed
WHERE (user_id, observed_at, run_id) NOT IN (
  SELECT (user_id, observed_at, run_id) FROM anomalies WHERE kind = 'unconfirmed_empty'
)
ORDER BY observed_at, user_id`,
  'DROP TABLE unconfirmed',
]

/** Leaves the TEMP table `statuses` for `creators.sql`. The counters of the new profiles must be in their table already. */
export const judgeEmptyAnswers = [
  appendAnswersWithoutProfile,
  conclusiveAnswers('staged_calls'),
  statuses,
  ...replaceAnomalies,
]

/** Judges the stored answers again after older ones were dropped, so that the anomalies follow from what is left. */
export const judgeKeptAnswers = [
  `
DELETE FROM anomalies
WHERE kind = 'unconfirmed_empty'
  AND (user_id, observed_at, run_id) NOT IN (SELECT (user_id, observed_at, run_id) FROM answers_without_profile)`,
  conclusiveAnswers('answers_without_profile AS kept'),
  ...replaceAnomalies,
  'DROP TABLE conclusive_answers',
]
