import { first, type Connection } from '../core/duckdb.js'
import type { Pipeline } from '../model/pipeline.js'
import { mergeDays } from './mergeDays.js'
import {
  appendAnomalies,
  appendCounters,
  mergeDrift,
  newAnswers,
  newestAnswers,
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
import { creators } from './sql/creators.sql.js'
import { history } from './sql/history.sql.js'
import type { Statement } from './sql/statement.js'

/** What a merge changed. */
export interface Merged {
  /** Profiles that had not been loaded before. */
  readonly newProfiles: number
  readonly newCreators: number
  /** Creators whose attributes changed. */
  readonly changedCreators: number
}

const FORGET = [
  'staged_ends',
  'new_answers',
  'newest_answers',
  'touched',
  'observations',
  'starts',
  'changed',
  'known_attributes',
  'wanted_attributes',
  'version_changes',
  'changed_columns',
  'first_versions',
  'attempts',
  'next_creators',
]

/** Wide rows that are copied in one statement; after each statement, memory is given back. */
const SLICE = 20_000

/**
 * Takes what is staged into the tables, in one transaction: either all of it is there or nothing. Taking the same again
 * changes nothing, and the order of loads does not matter.
 */
export async function merge(
  connection: Connection,
  pipeline: Pipeline,
  giveBack: () => Promise<void>,
): Promise<Merged> {
  const run = async (statements: readonly Statement[]): Promise<void> => {
    for (const statement of statements) {
      if (typeof statement === 'string') {
        await connection.run(statement)
        await giveBack()
        continue
      }
      const counted = await first<{ rows: number }>(connection, `SELECT count(*) AS rows FROM ${statement.over}`)
      for (let from = 1; from <= counted!.rows; from += SLICE) {
        await connection.run(statement.sql, { from, upto: from + SLICE - 1 })
        await giveBack()
      }
    }
  }
  const { since } = (await first<{ since: number | null }>(connection, EARLIEST))!
  await connection.run('BEGIN')
  try {
    await run([dropRepeatedCalls, insertRuns, ...replaceRunCodes])
    await run([endOfIds, ...replaceFailures, ...replaceRunEnds])
    await run([newAnswers(since), newestAnswers, appendCounters(pipeline), appendAnomalies, ...mergeDrift])
    await mergeDays(connection, pipeline, run)
    await run(history(pipeline))
    for (const child of pipeline.children) await run(replaceChild(child))
    await run(ambiguousCalls)
    await run(creators(pipeline))
    const merged = await first<Merged>(connection, SUMMARY)
    await run(FORGET.map((table) => `DROP TABLE ${table}`))
    await giveBack()
    await connection.run('COMMIT')
    return merged!
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => undefined)
    throw error
  }
}

const EARLIEST = 'SELECT epoch_ms(min(observed_at)) AS since FROM staged_answers'

const SUMMARY = `
SELECT
  (SELECT count(*) FROM new_answers) AS "newProfiles",
  (SELECT count(*) FROM next_creators WHERE NOT is_known AND staged_no IS NOT NULL) AS "newCreators",
  (SELECT count(DISTINCT user_id) FROM version_changes) AS "changedCreators"`
