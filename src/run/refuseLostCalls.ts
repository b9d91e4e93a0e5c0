import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { first } from '../core/duckdb.js'
import { UsageError } from '../core/errors.js'
import { plural } from '../core/text.js'
import { hasReadableSegments } from '../journal/repairJournal.js'
import type { Warehouse } from '../load/warehouse.js'
import type { OpenRun } from './openRun.js'
import { hasAnswers } from './rebuild.js'

/**
 * Stops a run that would not notice a loss: calls that only published files know would be paid again, and calls that only
 * the working database knows could no longer be replayed.
 * @throws UsageError, before anything is sent
 */
export async function refuseLostCalls(run: OpenRun, { connection }: Warehouse): Promise<void> {
  const found = await first<{ runs: number; called: number }>(
    connection,
    'SELECT count(*) AS runs, count(*) FILTER (billed_calls > 0) AS called FROM runs',
  )
  if (found!.runs === 0) refuseToPayAgain(run)
  else if (found!.called > 0) await refuseWithoutRaw(run, found!.called)
}

function refuseToPayAgain({ layout }: OpenRun): void {
  const traces = [layout.database, join(layout.exports, 'creators.csv')]
  // A link that leads nowhere is a trace as well.
  const trace = traces.find((path) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false)
  if (trace === undefined) return
  throw new UsageError(
    `${layout.state} and ${layout.raw} are gone, but ${trace} shows that calls were paid: put them back, or give --new to start again and pay again`,
  )
}

/** Calls leave the journal only when they are in `raw/`, so a run with calls has them in one of the two. */
async function refuseWithoutRaw({ layout, lock }: OpenRun, runs: number): Promise<void> {
  if ((await hasAnswers(lock)) || (await hasReadableSegments(layout.journal))) return
  throw new UsageError(
    `${layout.raw} is empty, but ${layout.warehouse} knows ${plural(runs, 'run')} whose answers were kept there; nothing was sent: mount it, or put it back from a backup; or give --new to go on without these answers, which no replay can bring back then`,
  )
}
