import { quotedText } from '../../core/duckdb.js'
import { ensureTempTable, insertIntoTempTable, sqlColumns } from '../../core/tempTable.js'
import { RUN_ENDS } from '../../model/tempTables.js'
import { CONCLUSIVE, FAILED_SUCCESS, RUN_OUTCOMES, UNANSWERED, laterRows } from './statement.js'

/** A call that is staged twice, because its segment was given twice, counts once. */
export const dropRepeatedCalls = ['staged_calls', 'staged_resolutions'].map(
  (staged) => `
DELETE FROM ${staged}
WHERE rowid IN (${laterRows('rowid', staged, 'run_id, seq', 'rowid')})`,
)

/** The staged calls to every endpoint. `user_id`: the id, or the input. `endpoint` and `price`: NULL are those of the profiles. */
export const STAGED_CALLS_OF_ALL = `(
  SELECT run_id, seq, user_id, sent_at, ended_at, ms, outcome, code, billed, NULL AS endpoint, NULL::DOUBLE AS price FROM staged_calls
  UNION ALL
  SELECT run_id, seq, input, sent_at, ended_at, ms, outcome, code, billed, endpoint, price FROM staged_resolutions
)`

/** A row for each run that left calls but no receipt. A receipt that comes later replaces it. */
export function insertRuns(timeZone: string): string {
  return `
INSERT INTO runs (run_id, started_at, status, pipeline, simulated, host, useless, stop_reason, calls, billed_calls,
  maybe_billed_calls, last_call_at, billed_by_day, earlier_runs, currency, price, money_billed, money_maybe_billed)
SELECT run_id, started_at, 'interrupted', pipeline, simulated, host, useless, stop_reason, calls, billed,
  maybe, last_call_at, billed_by_day, earlier_runs, currency, price,
  round(price * own_billed + other_billed, 4), round(price * own_maybe + other_maybe, 4)
FROM (SELECT DISTINCT ON (run_id) * FROM staged_runs)
LEFT JOIN (
  SELECT
    run_id,
    sum(calls)::BIGINT AS calls,
    sum(billed)::BIGINT AS billed,
    sum(maybe)::BIGINT AS maybe,
    sum(own_billed) AS own_billed,
    sum(own_maybe) AS own_maybe,
    sum(other_billed) AS other_billed,
    sum(other_maybe) AS other_maybe,
    max(last_call_at) AS last_call_at,
    to_json(list(struct_pack(day := day, billed := billed, maybe_billed := maybe) ORDER BY day))::VARCHAR AS billed_by_day
  FROM (
    SELECT
      run_id,
      CAST(CAST(sent_at AT TIME ZONE ${quotedText(timeZone)} AS DATE) AS VARCHAR) AS day,
      count(*) AS calls,
      count(*) FILTER (billed = 'yes') AS billed,
      count(*) FILTER (billed = 'maybe') AS maybe,
      count(*) FILTER (billed = 'yes' AND price IS NULL) AS own_billed,
      count(*) FILTER (billed = 'maybe' AND price IS NULL) AS own_maybe,
      coalesce(sum(price) FILTER (billed = 'yes'), 0) AS other_billed,
      coalesce(sum(price) FILTER (billed = 'maybe'), 0) AS other_maybe,
      max(ended_at) AS last_call_at
    FROM ${STAGED_CALLS_OF_ALL} GROUP BY ALL
  )
  GROUP BY run_id
) USING (run_id)
WHERE run_id NOT IN (SELECT run_id FROM runs)`
}

export const replaceRunCodes = [
  `DELETE FROM run_codes WHERE run_id IN (SELECT run_id FROM staged_runs)`,
  `
INSERT INTO run_codes
SELECT
  run_id,
  code,
  count(*),
  count(*) FILTER (billed = 'yes'),
  count(*) FILTER (billed = 'maybe'),
  quantile_disc(ms, 0.5),
  quantile_disc(ms, 0.95),
  max(ms)
FROM ${STAGED_CALLS_OF_ALL}
GROUP BY run_id, code`,
]

/** How the calls for each id ended in each run, by the last one: for `failures`, and for settling the rows of the run. */
export const endOfIds = `
CREATE OR REPLACE TEMP TABLE staged_ends AS
SELECT
  run_id,
  user_id,
  arg_max(outcome, seq) AS outcome,
  arg_max(CASE WHEN outcome IN ${FAILED_SUCCESS} THEN outcome ELSE code END, seq) AS code,
  arg_max(message, seq) AS message,
  arg_max(ended_at, seq) AS ended_at,
  count(*) FILTER (outcome <> 'throttled') AS attempts,
  CASE WHEN bool_or(billed = 'yes') THEN 'yes' WHEN bool_or(billed = 'maybe') THEN 'maybe' ELSE 'no' END AS billed
FROM staged_calls
GROUP BY run_id, user_id`

export const replaceFailures = [
  `
DELETE FROM failures USING staged_ends AS ends
WHERE failures.run_id = ends.run_id AND failures.user_id = ends.user_id`,
  `
INSERT INTO failures
SELECT run_id, user_id, code, message, attempts, ended_at, billed
FROM staged_ends
WHERE outcome NOT IN ${CONCLUSIVE} AND outcome NOT IN ${RUN_OUTCOMES}`,
]

export const replaceRunEnds = [
  ensureTempTable(RUN_ENDS),
  `DELETE FROM ${RUN_ENDS.name} WHERE ${sqlColumns(RUN_ENDS).run_id} IN (SELECT run_id FROM staged_runs)`,
  insertIntoTempTable(
    RUN_ENDS,
    { run_id: 'run_id', user_id: 'user_id', outcome: 'outcome', code: 'code' },
    'FROM staged_ends',
  ),
]

/** Unanswered calls, and the first later answer for each of their ids. Either may be loaded first. */
export const ambiguousCalls = [
  `
CREATE OR REPLACE TEMP TABLE new_unanswered AS
SELECT run_id, seq, user_id, sent_at, code
FROM ${STAGED_CALLS_OF_ALL}
ANTI JOIN ambiguous_calls USING (run_id, seq)
WHERE outcome IN ${UNANSWERED}`,
  `
INSERT INTO ambiguous_calls
SELECT run_id, seq, user_id, sent_at, code, NULL FROM new_unanswered`,
  `
UPDATE ambiguous_calls SET resolved_at = answered.at
FROM (
  SELECT unanswered.run_id, unanswered.seq, min(conclusive.at) AS at
  FROM ambiguous_calls AS unanswered
  JOIN (
    SELECT user_id, ended_at AS at FROM ${STAGED_CALLS_OF_ALL} WHERE outcome IN ${CONCLUSIVE}
    UNION ALL
    SELECT input, resolved_at FROM resolved_ids
    UNION ALL
    SELECT user_id, observed_at FROM answers_without_profile SEMI JOIN new_unanswered USING (user_id)
    UNION ALL
    SELECT user_id, observed_at FROM creator_counters SEMI JOIN new_unanswered USING (user_id)
  ) AS conclusive ON conclusive.user_id = unanswered.user_id AND conclusive.at > unanswered.sent_at
  GROUP BY unanswered.run_id, unanswered.seq
) AS answered
WHERE ambiguous_calls.run_id = answered.run_id
  AND ambiguous_calls.seq = answered.seq
  AND answered.at < coalesce(ambiguous_calls.resolved_at, 'infinity')`,
  `DROP TABLE new_unanswered`,
]
