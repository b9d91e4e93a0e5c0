import { exportAll, type ExportedFiles } from '../export/exportAll.js'
import { checkKeys } from '../load/checkKeys.js'
import { publish } from '../load/publish.js'
import { openDatabase } from '../database.js'
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
  const lists = inputs.map(({ name, columns }) => ({ name, columns }))
  const exporting = exportAll({ connection: finished.connection, layout, lists, bom: !settings.noBom })
  const exported = await exporting.finally(() => finished.close())
  const { movedAside } = await publish(layout, run.runId)
  for (const path of movedAside) effects.log('warn', `a file stood in the way of ${layout.database}; it is now ${path}`)
  const finishedAt = effects.now()
  return {
    ...receipt,
    finished_at: new Date(finishedAt).toISOString(),
    seconds: (finishedAt - run.startedAt) / 1000,
    files: { database: layout.database, exports: pathsOf(exported) },
  }
}

function pathsOf({ lists, creatorsCsv, creatorsParquet, failures }: ExportedFiles): string[] {
  const ofLists = lists.flatMap(({ enriched, rejects }) => [enriched, rejects])
  return [...ofLists, creatorsCsv, creatorsParquet, failures].map(({ path }) => path)
}
