import { MISSING } from '../../model/missing.js'
import { IN_RUN_WHILE_DOWN } from './statement.js'

/**
 * Judges the staged calls that ended as `missing`, before anything else reads them. The last one of an id makes the id empty
 * if it is at least the second one, and the API worked: the run did not end because the API was down, a profile was received
 * in it, not too many ids in a row were missing, and near the call few ids seemed missing and then gave a profile. Any other is
 * an attempt that failed. All calls of a run are staged together, so each load judges alike.
 */
export const judgeMissing = `
UPDATE staged_calls SET outcome = CASE WHEN judged.is_missing THEN 'empty' ELSE 'retry' END
FROM (
  SELECT
    run_id, seq,
    is_last
      AND NOT (${IN_RUN_WHILE_DOWN})
      AND max(stretch) OVER (PARTITION BY run_id) > 0
      AND count(DISTINCT user_id) FILTER (outcome = 'missing') OVER (PARTITION BY run_id, stretch) <= ${MISSING.inARow}
      -- Rounded up, so that one may recover in a short run.
      AND count(*) FILTER (is_recovered) OVER near
        <= ceil(count(*) FILTER (outcome = 'profile') OVER near / ${MISSING.recoveredOneIn}) AS is_missing
  FROM (
    SELECT
      run_id, seq, user_id, outcome,
      seq = max(seq) FILTER (outcome <> 'throttled') OVER of_id
        AND outcome = 'missing'
        AND count(*) FILTER (outcome = 'missing') OVER of_id >= ${MISSING.attempts} AS is_last,
      outcome = 'profile' AND count(*) FILTER (outcome = 'missing') OVER of_id > 0 AS is_recovered,
      -- Grows with each profile: the calls between two profiles are one stretch.
      count(*) FILTER (outcome = 'profile') OVER (PARTITION BY run_id ORDER BY seq) AS stretch
    FROM staged_calls
    WINDOW of_id AS (PARTITION BY run_id, user_id)
  )
  WINDOW near AS (
    PARTITION BY run_id ORDER BY seq ROWS BETWEEN ${MISSING.near} PRECEDING AND ${MISSING.near} FOLLOWING
  )
) AS judged
WHERE staged_calls.outcome = 'missing' AND staged_calls.run_id = judged.run_id AND staged_calls.seq = judged.seq`
