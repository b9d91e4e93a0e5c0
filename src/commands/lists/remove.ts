import type { Settings } from '../../config/settings.js'
import { all, transaction, type Connection } from '../../core/duckdb.js'
import type { Effects } from '../../core/effects.js'
import { plural } from '../../core/text.js'
import { zonedTime } from '../../core/time.js'
import type { Layout } from '../../dataFolder/layout.js'
import { LIST_OUTPUTS } from '../../export/exportAll.js'
import { fileNames } from '../../export/exportedFile.js'
import { removeListFiles } from '../../export/removeListFiles.js'
import { recordRemoval } from '../../load/formerMembers.js'
import { requireNoRebuild, requireRebuild } from '../../load/schema/schema.js'
import type { Pipeline } from '../../model/pipeline.js'
import { editSealedList } from '../../raw/sealedLists.js'
import { listReportNames } from '../../report/listReportNames.js'
import { changeLists } from './changeLists.js'
import { unknownList } from '../../model/unknownList.js'
import { noneTracked } from './noneTracked.js'

/** What `lists remove` did; `--json` prints it. */
export interface RemovedList {
  readonly list: string
  /** When the list was removed, ISO 8601, UTC; earlier than this command if it was gone already. */
  readonly removed_at: string
  /** False if the list was gone already. */
  readonly removed: boolean
  readonly was_tracked: boolean
  /** Lists that are tracked now: without one `run --tracked` is refused. */
  readonly tracked_lists: number
  readonly rows: number
  readonly ids: number
  /** The removed files, absolute. */
  readonly exports: readonly string[]
  /** The removed reports of the list, absolute. */
  readonly reports: readonly string[]
}

interface StoredList {
  readonly list: string
  readonly tracked: boolean
  readonly rows: number
  readonly ids: number
}

/**
 * Removes a list: its rows, its exports, its report, and its mark for `run --tracked`. The people in it stay, with their history. The
 * last receipt with the list says so, so that no rebuild brings it back; a later run may read the list again.
 * If the command is cut off once the receipt is written, the next run leaves the list out; the same command completes the rest.
 * @throws UsageError naming the lists that may be meant, when no list has or had this name
 * @throws BusyError while a run holds the folder
 */
export async function removeList(
  list: string,
  settings: Settings,
  pipeline: Pipeline,
  effects: Effects,
): Promise<RemovedList> {
  const now = new Date(effects.now()).toISOString()
  return changeLists(settings, pipeline, effects, (connection, layout) => removeStored(list, now, layout, connection))
}

async function removeStored(list: string, now: string, layout: Layout, connection: Connection): Promise<RemovedList> {
  const lists = await all<StoredList>(
    connection,
    'SELECT list, tracked, rows, ids FROM lists ORDER BY first_read_at, list',
  )
  const names = lists.map((each) => each.list)
  const found = lists.find((each) => each.list === list)
  // If this is cut off, the next command rebuilds the tables from the receipts: with the new one, no list comes back.
  if (found) await requireRebuild(connection, 'list')
  const sealed = await editSealedList(connection, layout, list, (each) =>
    found && each.removed_at === undefined ? { ...each, removed_at: now } : undefined,
  )
  if (!found && sealed?.removed_at === undefined) throw unknownList(list, layout.data, names)
  const known = found ? names : [...names, list]
  const files = LIST_OUTPUTS.map(({ file }) => file)
  const exports = await removeListFiles({ folder: layout.exports, files, names: fileNames }, known, list)
  const reports = await removeListFiles(
    { folder: layout.reports, files: ['*.html'], names: listReportNames },
    known,
    list,
  )
  const removed_at = sealed?.removed_at ?? now
  if (found) await deleteRows(connection, list, removed_at)
  const { tracked: was_tracked = false, rows = 0, ids = 0 } = found ?? {}
  const tracked_lists = lists.filter((each) => each.tracked && each.list !== list).length
  return { list, removed_at, removed: found !== undefined, was_tracked, tracked_lists, rows, ids, exports, reports }
}

async function deleteRows(connection: Connection, list: string, removedAt: string): Promise<void> {
  await transaction(connection, async () => {
    await recordRemoval(connection, list, removedAt)
    for (const table of ['list_members', 'rejects', 'lists'])
      await connection.run(`DELETE FROM ${table} WHERE list = $list`, { list })
    await requireNoRebuild(connection)
  })
}

/** The result as text for people. */
export function removedText(result: RemovedList, timeZone: string): string {
  const { list, removed, removed_at, was_tracked, tracked_lists, rows, exports, reports } = result
  if (!removed)
    return `${list} was removed before, at ${zonedTime(timeZone, Date.parse(removed_at))}; nothing is left to remove\n`
  return ''.concat(
    `${list} is removed: ${plural(rows, 'row')}, ${plural(exports.length, 'export')}${reports.length > 0 ? `, ${plural(reports.length, 'report')}` : ''}\n`,
    was_tracked ? `it is not tracked any more\n${noneTracked(tracked_lists)}` : '',
    'its people stay, with their profiles and their history; a run that reads the list again brings it back\n',
  )
}
