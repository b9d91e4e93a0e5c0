import { first, type Connection } from '../core/duckdb.js'
import type { Pipeline } from '../model/pipeline.js'
import {
  appendDays,
  everyCreator,
  latestBounds,
  newDays,
  noLatestDays,
  rebuildSeries,
  rebuiltBounds,
  rebuiltDays,
  replaceRecent,
  type LatestBounds,
  type RebuiltBounds,
} from './sql/days.sql.js'

type Run = (statements: readonly string[]) => Promise<void>

/**
 * Brings `creator_days` and `creator_recent` up to date with the TEMP tables `new_answers` and `newest_answers`, whose rows
 * are in `creator_counters` already. The next day of a creator is appended. For any other day, all days from there on are
 * made again from the time series, so that the order of loads does not matter.
 */
export async function mergeDays(connection: Connection, pipeline: Pipeline, run: Run): Promise<void> {
  // On most nights no profile is late or the second one of its creator, so each new profile is the newest.
  const single = (await first<{ single: boolean }>(connection, ALL_NEWEST))!
  await run([newDays(pipeline, single), rebuiltDays(single), ...appendDays])
  await finishDays(connection, pipeline, run)
}

const ALL_NEWEST = `
SELECT (SELECT count(*) FROM new_answers) = (SELECT count(*) FROM newest_answers) AS single`

/** Rows of the time series that one pass of `fillDays` takes; more passes take less memory. */
const ROWS_A_PASS = 2_000_000

/** Fills both tables again from all of `creator_counters`. */
export async function fillDays(connection: Connection, pipeline: Pipeline): Promise<void> {
  const run: Run = async (statements) => {
    for (const statement of statements) await connection.run(statement)
  }
  // Two threads need twice the memory, and there may be many rows.
  await run(['SET threads = 1', 'DELETE FROM creator_days', 'DELETE FROM creator_recent'])
  const { rows } = (await first<{ rows: number }>(connection, 'SELECT count(*) AS rows FROM creator_counters'))!
  const parts = Math.ceil(rows / ROWS_A_PASS)
  for (let part = 0; part < parts; part += 1) {
    await run([everyCreator(part, parts), noLatestDays])
    await finishDays(connection, pipeline, run)
  }
  await run(['SET threads = 2'])
}

async function finishDays(connection: Connection, pipeline: Pipeline, run: Run): Promise<void> {
  const rebuilt = (await first<RebuiltBounds>(connection, rebuiltBounds))!
  if (rebuilt.creators > 0) await run(rebuildSeries(pipeline, rebuilt))
  const latest = (await first<LatestBounds>(connection, latestBounds))!
  if (latest.creators > 0) await run(replaceRecent(latest))
  await run(['DROP TABLE latest_days', 'DROP TABLE rebuilt_days'])
}
