import { first, type Connection } from '../database.js'

/** How many of the last runs tell how fast the API is. */
const RUNS = 5

/** Median time of a billed answer in the last runs that made calls, milliseconds; null where there was none. */
export async function readLatency(connection: Connection): Promise<number | null> {
  const row = await first<{ ms: number | null }>(
    connection,
    `SELECT sum(p50_ms * calls) / sum(calls) AS ms
     FROM run_codes
     WHERE billed > 0 AND p50_ms IS NOT NULL
       AND run_id IN (SELECT run_id FROM runs WHERE calls > 0 ORDER BY run_id DESC LIMIT ${RUNS})`,
  )
  return row?.ms ?? null
}
