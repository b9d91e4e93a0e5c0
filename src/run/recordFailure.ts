import { pathExists } from '../core/absent.js'
import { plainCommands } from '../core/commandText.js'
import { openDatabase } from '../core/duckdb.js'
import { exitCodeOf, messageOf } from '../core/errors.js'
import { resealRun } from '../raw/sealRuns.js'
import type { OpenRun } from './openRun.js'

/**
 * Corrects the row of a run that failed after its receipt was recorded in table `runs`, so that the next published file
 * shows the failure. A receipt that is in `raw/` already is corrected, too: a replay must show the same. The working database must be closed. Never fails: a disk error that failed the run may fail this too.
 */
export async function recordFailure(
  { layout, header, check }: Pick<OpenRun, 'layout' | 'header' | 'check'>,
  status: 'interrupted' | 'done',
  failure: unknown,
): Promise<void> {
  const end = { status, exitCode: exitCodeOf(failure), message: plainCommands(messageOf(failure)), runId: header.runId }
  try {
    // Opening would create an empty database.
    if (!pathExists(layout.warehouse)) return
    // In a folder that was moved or replaced, another run may hold the database.
    check()
    const database = await openDatabase(layout.warehouse)
    try {
      await database.connection.run(CORRECT_RUN, end)
      await resealRun(database.connection, layout.raw, header.runId)
    } finally {
      await database.close()
    }
  } catch {
    // The run reports its own failure.
  }
}

const CORRECT_RUN = `
UPDATE runs SET status = $status, exit_code = $exitCode, exit_reason = NULL, stop_message = $message WHERE run_id = $runId`
