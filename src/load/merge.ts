import { first, type Connection } from '../database.js'
import type { Pipeline } from '../pipeline.js'
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
  createRunEnds,
  dropRepeatedCalls,
  endOfIds,
  insertRuns,
  replaceFailures,
  replaceRunCodes,
  replaceRunEnds,
} from './sql/calls.sql.js'
import { creators } from './sql/creators.sql.js'
import { history } from './sql/history.sql.js'
import { isSliced } from './sql/names.js'

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
  'first_versions',
  'attempts',
  'next_creators',
]

/** Staged profiles that are copied in one statement; between two, freed memory is given back. */
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
  const { answers, since } = (await first<StagedAnswers>(connection, STAGED))!
  const run = async (statements: readonly string[]): Promise<void> => {
    for (const statement of statements) {
      if (isSliced(statement)) {
        for (let from = 1; from <= answers; from += SLICE) {
          await connection.run(statement, { from, upto: from + SLICE - 1 })
          await giveBack()
        }
      } else await connection.run(statement)
    }
  }
  await connection.run('BEGIN')
  try {
    await run([dropRepeatedCalls, insertRuns, ...replaceRunCodes])
    await run([endOfIds, ...replaceFailures, createRunEnds, ...replaceRunEnds])
    await run([newAnswers(since), newestAnswers, appendCounters(pipeline), appendAnomalies, ...mergeDrift])
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

interface StagedAnswers {
  readonly answers: number
  /** Instant of the earliest, milliseconds since 1970; null if there are none. */
  readonly since: number | null
}

const STAGED = 'SELECT count(*) AS answers, epoch_ms(min(observed_at)) AS since FROM staged_answers'

const SUMMARY = `
SELECT
  (SELECT count(*) FROM new_answers) AS "newProfiles",
  (SELECT count(*) FROM next_creators WHERE NOT is_known AND staged_no IS NOT NULL) AS "newCreators",
  (SELECT count(DISTINCT user_id) FROM version_changes) AS "changedCreators"`
