import type { Settings } from '../../config/settings.js'
import { all, transaction, type Connection } from '../../core/duckdb.js'
import type { Effects } from '../../core/effects.js'
import type { Layout } from '../../dataFolder/layout.js'
import { requireNoRebuild, requireRebuild } from '../../load/schema/schema.js'
import type { Pipeline } from '../../model/pipeline.js'
import { editSealedList } from '../../raw/sealedLists.js'
import { changeLists } from '../lists/changeLists.js'
import { unknownList } from '../../model/unknownList.js'

/** What `untrack` did. */
export interface Untracked {
  readonly wasTracked: boolean
  /** Lists that are tracked now: without one `run --tracked` is refused. */
  readonly trackedLists: number
}

/**
 * Makes `run --tracked` leave a list out. Changes the receipt that a rebuild reads, the working database, and the published
 * file. If the command is cut off once the receipt is written, the next run leaves the list out.
 * @throws UsageError naming the lists, when no list has this name
 * @throws BusyError while a run holds the folder
 */
export async function untrack(
  list: string,
  settings: Settings,
  pipeline: Pipeline,
  effects: Effects,
): Promise<Untracked> {
  return changeLists(settings, pipeline, effects, (connection, layout) => untrackStored(list, layout, connection))
}

async function untrackStored(list: string, layout: Layout, connection: Connection): Promise<Untracked> {
  const lists = await all<{ list: string; tracked: boolean }>(
    connection,
    'SELECT list, tracked FROM lists ORDER BY list',
  )
  const found = lists.find((each) => each.list === list)
  if (!found) {
    const names = lists.map(({ list: name }) => name)
    throw unknownList(list, layout.data, names)
  }
  // If this is cut off, the next command rebuilds the tables from the receipts.
  await requireRebuild(connection, 'list')
  await editSealedList(connection, layout, list, (sealed) =>
    sealed.tracked ? { ...sealed, tracked: false } : undefined,
  )
  await transaction(connection, async () => {
    await connection.run('UPDATE lists SET tracked = false WHERE list = $list', { list })
    await requireNoRebuild(connection)
  })
  const trackedLists = lists.filter((each) => each.tracked && each !== found).length
  return { wasTracked: found.tracked, trackedLists }
}
