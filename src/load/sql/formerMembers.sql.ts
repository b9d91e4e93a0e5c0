import { sqlColumns, createTempTableAs, dropTempTable } from '../../core/tempTable.js'
import { AHEAD_RUNS_JSON } from '../../model/clock.js'
import { DEPARTED, MEMBERS } from '../../model/tempTables.js'

const member = sqlColumns(MEMBERS, 'm')
const departed = sqlColumns(DEPARTED)

/**
 * The time of each run in milliseconds, for those who left a list in it. A clock that was ahead is corrected as later runs
 * found it, and no run is before a run that came earlier.
 */
export const RUN_TIMES = `
SELECT run_id, max(ms) AS ms FROM (
  WITH ahead AS (
    SELECT unnest(from_json(ahead_runs, '${AHEAD_RUNS_JSON}'), recursive := true) FROM runs WHERE ahead_runs IS NOT NULL
  ),
  corrected AS (
    SELECT runs.run_id, epoch_ms(started_at)
      - CASE WHEN epoch_ms(started_at) > ahead."after" THEN ahead_ms ELSE 0 END AS ms
    FROM runs LEFT JOIN ahead USING (run_id)
  ),
  earlier AS (
    SELECT run_id, unnest(from_json(earlier_runs, '["VARCHAR"]')) AS earlier FROM runs WHERE earlier_runs IS NOT NULL
  )
  FROM corrected
  UNION ALL
  SELECT earlier.run_id, corrected.ms FROM earlier JOIN corrected ON corrected.run_id = earlier.earlier
) GROUP BY run_id`

/** SQL for a time of milliseconds since 1970. */
export const timeOfMs = (ms: string): string => `CAST(make_timestamp(1000 * (${ms})) AS TIMESTAMPTZ)`

/** The ids that the lists of this run lose. To be made before their rows are replaced. */
export const findDeparted = (ofThisRun: string): string =>
  createTempTableAs(
    DEPARTED,
    { user_id: 'before.user_id', list: 'min(before.list)' },
    `FROM list_members AS before
ANTI JOIN ${MEMBERS.name} AS m ON ${member.list} = before.list AND ${member.user_id} = before.user_id
WHERE before.user_id IS NOT NULL AND before.${ofThisRun}
GROUP BY before.user_id`,
  )

/** Records those who left their last list in run `$run`. The row of the run and its lists must be stored. */
export const recordDeparted = [
  'DELETE FROM former_members WHERE user_id IN (SELECT user_id FROM list_members)',
  `
INSERT INTO former_members
SELECT ${departed.user_id}, ${timeOfMs('times.ms')}, ${departed.list}
FROM ${DEPARTED.name} JOIN (${RUN_TIMES}) AS times ON times.run_id = $run
ANTI JOIN list_members USING (user_id)`,
  dropTempTable(DEPARTED),
]

/** Records those for whom this list is the last one, before it is removed at `$at`. */
export const recordRemoved = `
INSERT INTO former_members
SELECT DISTINCT own.user_id, $at::TIMESTAMPTZ, own.list FROM list_members AS own
ANTI JOIN (SELECT user_id FROM list_members WHERE list <> $list) AS others USING (user_id)
WHERE own.list = $list AND own.user_id IS NOT NULL`
