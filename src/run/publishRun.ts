import { exportAll, type ExportedFiles } from '../export/exportAll.js'
import { checkKeys } from '../load/checkKeys.js'
import { publish } from '../load/publish.js'
import { openDatabase } from '../database.js'
import { exitCodeOf, messageOf } from '../errors.js'
import type { Receipt } from '../receipt.js'
import type { House } from './house.js'
import type { Job, World } from './job.js'
import type { NamedInput } from './openInputs.js'

/**
 * Writes the exports, closes the working database and publishes its copy.
 * @throws LocalError naming the file that could not be written
 */
export async function publishRun(
  { settings }: Job,
  receipt: Receipt,
  inputs: readonly NamedInput[],
  { run, layout, warehouse }: House,
  { effects }: World,
): Promise<Receipt> {
  await checkKeys(warehouse.connection, warehouse.pipeline)
  await warehouse.close()
  // A database opened anew starts without the memory that the merge has scattered.
  const finished = await openDatabase(warehouse.path, { readOnly: true, tempDirectory: layout.temp })
  let exported: ExportedFiles
  let movedAside: readonly string[]
  try {
    const lists = inputs.map(({ name, columns }) => ({ name, columns }))
    const exporting = exportAll({ connection: finished.connection, layout, lists, bom: !settings.noBom })
    exported = await exporting.finally(() => finished.close())
    ;({ movedAside } = await publish(layout, run.runId))
  } catch (error) {
    await recordUnpublished(warehouse.path, run.runId, error)
    throw error
  }
  for (const path of movedAside) effects.log('warn', `a file stood in the way of ${layout.database}; it is now ${path}`)
  const finishedAt = effects.now()
  return {
    ...receipt,
    finished_at: new Date(finishedAt).toISOString(),
    seconds: (finishedAt - run.startedAt) / 1000,
    files: { database: layout.database, exports: pathsOf(exported) },
  }
}

/** The receipt said how the run would end; what came instead must not pass for that in the next published file. */
async function recordUnpublished(path: string, runId: string, error: unknown): Promise<void> {
  try {
    const database = await openDatabase(path)
    const sql = `UPDATE runs SET status = 'interrupted', exit_code = $exitCode, stop_message = $message WHERE run_id = $runId`
    const recording = database.connection.run(sql, { exitCode: exitCodeOf(error), message: messageOf(error), runId })
    await recording.finally(() => database.close())
  } catch {
    // The disk that failed the export fails this, too; the error that is thrown tells.
  }
}

function pathsOf({ lists, creatorsCsv, creatorsParquet, failures }: ExportedFiles): string[] {
  const ofLists = lists.flatMap(({ enriched, rejects }) => [enriched, rejects])
  return [...ofLists, creatorsCsv, creatorsParquet, failures].map(({ path }) => path)
}
