import { all, type Connection } from '../core/duckdb.js'
import type { RunHeader } from '../model/call.js'
import { AHEAD_RUNS_JSON, cameBefore, CLOCK_TOLERANCE_MS, type AheadRun } from '../model/clock.js'

/** The runs whose clock was ahead, as later runs have found. */
const AHEAD_RUNS = `
SELECT unnest(from_json(ahead_runs, '${AHEAD_RUNS_JSON}'), recursive := true) FROM runs WHERE ahead_runs IS NOT NULL`

/** The runs whose clock was ahead, as the receipts of later runs say. */
export function readAheadRuns(connection: Connection): Promise<AheadRun[]> {
  return all<AheadRun>(connection, AHEAD_RUNS)
}

/**
 * Finds runs with calls or lists that are dated after the start of this run, whose clock the API has confirmed. Runs that are
 * known to have been ahead are left out: their times are corrected.
 */
export async function findAheadRuns(
  connection: Connection,
  { runId, startedAt }: Pick<RunHeader, 'runId' | 'startedAt'>,
): Promise<AheadRun[]> {
  const after = startedAt + CLOCK_TOLERANCE_MS
  const found = await all<{ run_id: string; latest: number; next: number | null }>(connection, FIND, {
    after: new Date(after).toISOString(),
    now: new Date(startedAt).toISOString(),
    runId,
  })
  // The latest of all wrong times comes to lie just before the next answer that is rightly dated, or else before this run, and
  // the others keep their distance.
  const next = (run: { next: number | null }): number => run.next ?? startedAt
  return found.map((run) => {
    const latest = Math.max(...found.filter((other) => next(other) === next(run)).map((other) => other.latest))
    return { run_id: run.run_id, after, ahead_ms: latest - next(run) + 1 }
  })
}

/** Finds runs that came before this one although their ids are later: then a clock was wrong. */
export async function findEarlierRuns(connection: Connection, runId: string): Promise<string[]> {
  const found = await all<{ run_id: string }>(
    connection,
    'SELECT run_id FROM runs WHERE run_id > $runId ORDER BY run_id',
    { runId },
  )
  return found.map(({ run_id }) => run_id)
}

const FIND = `
WITH found AS (
  SELECT run_id, any_value(earlier_runs) AS earlier_runs, epoch_ms(max(greatest(times.at, finished_at, last_call_at))) AS latest
  FROM (
    SELECT run_id, max(observed_at) AS at FROM creator_counters WHERE observed_at > $after::TIMESTAMPTZ GROUP BY run_id
    UNION ALL
    SELECT run_id, observed_at FROM answers_without_profile WHERE observed_at > $after::TIMESTAMPTZ
    UNION ALL
    SELECT last_attempt_run_id, last_attempt_at FROM creators WHERE last_attempt_at > $after::TIMESTAMPTZ
    UNION ALL
    SELECT run_id, started_at FROM runs WHERE started_at > $after::TIMESTAMPTZ AND finished_at IS NOT NULL
  ) AS times
  JOIN runs USING (run_id)
  WHERE run_id <> $runId AND run_id NOT IN (SELECT run_id FROM (${AHEAD_RUNS}))
  GROUP BY run_id
),
later AS (
  SELECT found.run_id AS found_id, runs.run_id FROM found JOIN runs
  ON runs.run_id NOT IN (found.run_id, $runId) AND ${cameBefore('found', 'runs')}
),
-- No row if nothing is found, so that the time series is not read on other nights.
answered AS (
  SELECT run_id, min(observed_at) AS at
  FROM (
    SELECT run_id, observed_at FROM creator_counters
    UNION ALL
    SELECT run_id, observed_at FROM answers_without_profile
    UNION ALL
    SELECT run_id, observed_at FROM anomalies
  ) SEMI JOIN later USING (run_id)
  WHERE observed_at <= $now::TIMESTAMPTZ
  GROUP BY run_id
)
SELECT found.run_id, any_value(found.latest) AS latest, epoch_ms(min(answered.at)) AS next
FROM found LEFT JOIN later ON later.found_id = found.run_id LEFT JOIN answered ON answered.run_id = later.run_id
GROUP BY found.run_id ORDER BY found.run_id`
