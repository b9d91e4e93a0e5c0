import type { Connection } from '../core/duckdb.js'
import { RUN_TIMES, timeOfMs } from '../load/sql/formerMembers.sql.js'

/**
 * Fills `former_members` from every reading of every list: the person's last reading of a list ends with the next reading of
 * that list, or with its removal. The tables `runs` and `list_members` must be restored.
 * @param lists a query of the lists in all receipts, with `removed_at`
 * @param inputs a query of the input rows of all runs
 */
export async function restoreFormer(connection: Connection, lists: string, inputs: string): Promise<void> {
  await connection.run(`
INSERT INTO former_members
WITH readings AS (
  SELECT given.list, given.run_id, given.removed_at,
    row_number() OVER in_order AS nth, lead(given.run_id) OVER in_order AS next_run
  FROM (${lists}) AS given JOIN (${ORDER}) AS runs USING (run_id)
  WINDOW in_order AS (PARTITION BY given.list ORDER BY runs.after_all, runs.is_late, run_id)
),
last_seen AS (
  SELECT inputs.list, inputs.user_id, max(readings.nth) AS nth
  FROM (SELECT * FROM (${inputs}) ANTI JOIN list_members USING (user_id)) AS inputs
  JOIN readings ON readings.list = inputs.list AND readings.run_id = inputs.run_id
  WHERE inputs.user_id IS NOT NULL
  GROUP BY inputs.list, inputs.user_id
)
SELECT seen.user_id, coalesce(readings.removed_at, ${timeOfMs('times.ms')}) AS left_at, seen.list
FROM last_seen AS seen
JOIN readings ON readings.list = seen.list AND readings.nth = seen.nth
LEFT JOIN (${RUN_TIMES}) AS times ON times.run_id = readings.next_run
WHERE left_at IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY seen.user_id ORDER BY left_at DESC, seen.list) = 1`)
}

/** The order of the runs. One whose clock was behind comes after those that it knows as earlier. */
const ORDER = `
SELECT run_id, earlier_runs IS NOT NULL AS is_late,
  greatest(run_id, coalesce(list_max(from_json(earlier_runs, '["VARCHAR"]')), run_id)) AS after_all
FROM runs`
