import { first, transaction, type Connection } from '../core/duckdb.js'
import type { Pipeline } from '../model/pipeline.js'
import { cutHistory, historyStart } from './sql/cutHistory.sql.js'

/** The runs after whose exit code older data may be dropped: done, and too many ids failed. */
const SUCCESSFUL: readonly number[] = [0, 3]

/**
 * Whether a run may drop what is older than the operator wants to keep: it came to its end, and the API has confirmed the
 * clock, because a clock that is ahead would make everything old.
 */
export function mayDrop(run: { readonly exitCode: number; readonly isClockConfirmed: boolean }): boolean {
  return SUCCESSFUL.includes(run.exitCode) && run.isClockConfirmed
}

/**
 * Drops the history that the runs in table `runs` have dropped: again after every run and at the end of a rebuild, so that
 * both leave the same rows.
 */
export async function dropHistory(connection: Connection, pipeline: Pipeline): Promise<void> {
  const { start } = (await first<{ start: string | null }>(connection, historyStart))!
  if (start === null) return
  await transaction(connection, async () => {
    for (const statement of cutHistory(pipeline, start)) await connection.run(statement)
  })
}
