import { first, type Connection } from '../../core/duckdb.js'

/** How many of the last runs tell how fast the API is. */
const RUNS = 5

/** What earlier runs have measured; null where none has. */
export interface ApiPace {
  /** Median time of a billed answer in the last runs that made calls, milliseconds. */
  readonly latencyMs: number | null
  /** Calls a second that the API was found to allow when it was last asked. */
  readonly limitPerSecond: number | null
}

/** How fast the API was in the last runs. */
export async function readApiPace(connection: Connection): Promise<ApiPace> {
  const found = await first<ApiPace>(
    connection,
    `WITH last AS (SELECT run_id, limit_per_second FROM runs WHERE calls > 0 ORDER BY run_id DESC LIMIT ${RUNS})
     SELECT
       (SELECT sum(p50_ms * calls) / sum(calls) FROM run_codes
        WHERE billed > 0 AND p50_ms IS NOT NULL AND run_id IN (SELECT run_id FROM last)) AS "latencyMs",
       (SELECT limit_per_second FROM last ORDER BY run_id DESC LIMIT 1) AS "limitPerSecond"`,
  )
  return found!
}
