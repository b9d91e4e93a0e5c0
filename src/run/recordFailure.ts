import { existsSync } from 'node:fs'
import { openDatabase } from '../core/duckdb.js'
import { exitCodeOf, messageOf } from '../core/errors.js'
import type { OpenRun } from './openRun.js'

/**
 * Does what is left to do once the receipt is written. The receipt said how the run would end; should it end otherwise, that
 * must not pass for it in the next published file.
 * @param status of the run, should the work fail
 * @throws what the work throws
 */
export async function recordFailure<T>(
  { warehouse, run }: OpenRun,
  status: 'interrupted' | 'done',
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    try {
      await warehouse.close()
      // Opening would make an empty one, which knows of no run.
      if (!existsSync(warehouse.path)) throw error
      const database = await openDatabase(warehouse.path)
      const ended = { status, exitCode: exitCodeOf(error), message: messageOf(error), runId: run.runId }
      await database.connection.run(UNFINISHED, ended).finally(() => database.close())
    } catch {
      // The disk that failed the work fails this, too; the error that is thrown tells.
    }
    throw error
  }
}

const UNFINISHED = `
UPDATE runs SET status = $status, exit_code = $exitCode, stop_message = $message WHERE run_id = $runId`
