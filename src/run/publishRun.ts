import { openDatabase } from '../database.js'
import { messageOf, RunError } from '../errors.js'
import type { Warehouse } from '../load/warehouse.js'
import type { Receipt } from '../receipt.js'
import type { House } from './house.js'
import type { Job, World } from './job.js'
import type { NamedInput } from './openInputs.js'
import { publishFolder } from './publishFolder.js'
import { sealLoaded } from './sealLoaded.js'

/**
 * Puts the files that analysts open in place, then moves what they were made from to `raw/`. The working database is
 * closed after it.
 * @returns the receipt with its files and its end
 * @throws LocalError when something cannot be written: what is in place is whole, and the run is recorded as interrupted
 */
export async function publishRun(
  { settings }: Job,
  receipt: Receipt,
  inputs: readonly NamedInput[],
  { run, layout, warehouse }: House,
  { effects }: World,
): Promise<Receipt> {
  const lists = inputs.map(({ name, columns }) => ({ name, columns }))
  const options = { runId: run.runId, lists, bom: !settings.noBom }
  let exported: string[]
  try {
    exported = await publishFolder(warehouse, layout, options, effects)
    await sealLoaded(layout)
  } catch (error) {
    await recordUnfinished(warehouse, run.runId, error)
    throw error
  }
  const finishedAt = effects.now()
  return {
    ...receipt,
    finished_at: new Date(finishedAt).toISOString(),
    seconds: (finishedAt - run.startedAt) / 1000,
    files: { database: layout.database, exports: exported },
  }
}

/** The receipt said how the run would end; what came instead must not pass for that in the next published file. */
async function recordUnfinished(warehouse: Warehouse, runId: string, error: unknown): Promise<void> {
  const exitCode = error instanceof RunError ? error.exitCode : 1
  try {
    await warehouse.close()
    const database = await openDatabase(warehouse.path)
    const sql = `UPDATE runs SET status = 'interrupted', exit_code = $exitCode, stop_message = $message WHERE run_id = $runId`
    const recording = database.connection.run(sql, { exitCode, message: messageOf(error), runId })
    await recording.finally(() => database.close())
  } catch {
    // The disk that failed the export fails this, too; the error that is thrown tells.
  }
}
