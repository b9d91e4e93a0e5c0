import { first, runScript, transaction, type Connection } from '../core/duckdb.js'
import { databaseThreads } from '../core/memory.js'
import { missingCodes } from '../model/missing.js'
import type { Pipeline } from '../model/pipeline.js'
import {
  appendAnomalies,
  appendCounters,
  mergeDrift,
  knownAnswers,
  newAnswers,
  newestAnswers,
  newUnreadable,
  replaceChild,
} from './sql/answers.sql.js'
import {
  ambiguousCalls,
  dropRepeatedCalls,
  endOfIds,
  insertRuns,
  replaceFailures,
  replaceRunCodes,
  replaceRunEnds,
} from './sql/calls.sql.js'
import { uncheckAll, uncheckSince } from './sql/checkedKeys.sql.js'
import { creators } from './sql/creators.sql.js'
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
import { judgeEmptyAnswers } from './sql/emptyAnswers.sql.js'
import { history } from './sql/history.sql.js'
import { judgeMissing } from './sql/missing.sql.js'
import { compareResolved, replaceResolved } from './sql/resolved.sql.js'
import { countIdCalls, insertUnsplit } from './sql/spending.sql.js'

/** How much a merge changed. */
export interface Merged {
  /** Profiles that had not been loaded before. */
  readonly newProfiles: number
  readonly newCreators: number
  /** Creators whose attributes changed. */
  readonly changedCreators: number
}

/** TEMP tables of a merge, which are dropped at its end. */
const MERGE_TABLES = [
  'staged_ends',
  'known_answers',
  'newest_answers',
  'new_unreadable',
  'touched',
  'observations',
  'starts',
  'changed',
  'known_attributes',
  'wanted_attributes',
  'version_changes',
  'changed_columns',
  'first_versions',
  'conclusive_answers',
  'statuses',
  'next_creators',
]

/**
 * Takes all staged rows into the tables, in one transaction. Taking the same rows again changes nothing, and the order of
 * loads does not matter.
 */
export async function merge(connection: Connection, pipeline: Pipeline): Promise<Merged> {
  const run: Run = (statements) => runScript(connection, statements)
  const { since } = (await first<{ since: string | null }>(connection, EARLIEST))!
  // Two threads that write one table of 130 columns need three times the processor, and no less time.
  await connection.run('SET threads = 1')
  try {
    return await transaction(connection, async () => {
      await run([
        ...[...dropRepeatedCalls, ...(missingCodes(pipeline) ? [judgeMissing] : [])],
        ...[...countIdCalls(pipeline.timeZone), ...insertUnsplit],
        ...[insertRuns(pipeline.timeZone), ...replaceRunCodes],
        ...[endOfIds, ...replaceFailures, ...replaceRunEnds],
        ...(since === null ? [] : [uncheckSince(since)]),
        ...[...replaceResolved, ...compareResolved(pipeline)],
        knownAnswers(since ?? 'infinity'),
        newAnswers(pipeline),
        newestAnswers,
        appendCounters(pipeline),
        newUnreadable,
        appendAnomalies,
        ...mergeDrift,
      ])
      await mergeDays(connection, pipeline, run)
      await run([
        ...history(pipeline),
        ...pipeline.children.flatMap(replaceChild),
        ...judgeEmptyAnswers,
        ...ambiguousCalls,
        ...creators(pipeline),
      ])
      const merged = await first<Merged>(connection, SUMMARY)
      await run(['DROP VIEW new_answers', ...MERGE_TABLES.map((table) => `DROP TABLE ${table}`)])
      return merged!
    })
  } finally {
    // After a disk failure nothing works on this connection, and that failure is the one to report.
    await connection.run(`SET threads = ${databaseThreads()}`).catch(() => undefined)
  }
}

const EARLIEST = 'SELECT min(observed_at)::VARCHAR AS since FROM staged_profiles'

const SUMMARY = `
SELECT
  (SELECT count(*) FROM new_answers) AS "newProfiles",
  (SELECT count(*) FROM next_creators WHERE NOT is_known AND staged_no IS NOT NULL) AS "newCreators",
  (SELECT count(DISTINCT user_id) FROM version_changes) AS "changedCreators"`

type Run = (statements: readonly string[]) => Promise<void>

/**
 * Brings `creator_days` and `creator_recent` up to date with the TEMP tables `new_answers` and `newest_answers`, whose rows
 * are in `creator_counters` already. The next day of a creator is appended. For any other day, all days from there on are
 * made again from the time series, so that the order of loads does not matter.
 */
async function mergeDays(connection: Connection, pipeline: Pipeline, run: Run): Promise<void> {
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
  const run: Run = (statements) => runScript(connection, statements)
  await run(['DELETE FROM creator_days', 'DELETE FROM creator_recent', uncheckAll])
  const { rows } = (await first<{ rows: number }>(connection, 'SELECT count(*) AS rows FROM creator_counters'))!
  const parts = Math.ceil(rows / ROWS_A_PASS)
  for (let part = 0; part < parts; part += 1) {
    await run([everyCreator(part, parts), noLatestDays])
    await finishDays(connection, pipeline, run)
  }
}

async function finishDays(connection: Connection, pipeline: Pipeline, run: Run): Promise<void> {
  const rebuilt = (await first<RebuiltBounds>(connection, rebuiltBounds))!
  if (rebuilt.creators > 0) await run(rebuildSeries(pipeline, rebuilt))
  const latest = (await first<LatestBounds>(connection, latestBounds))!
  if (latest.creators > 0) await run(replaceRecent(latest))
  await run(['DROP TABLE latest_days', 'DROP TABLE rebuilt_days'])
}
