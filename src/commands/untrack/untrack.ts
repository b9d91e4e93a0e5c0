import { join } from 'node:path'
import { pathExists } from '../../core/absent.js'
import type { Settings } from '../../config/options.js'
import { all, type Connection } from '../../core/duckdb.js'
import type { Effects } from '../../core/effects.js'
import { UsageError } from '../../core/errors.js'
import { Resources } from '../../core/resources.js'
import { runIdAt } from '../../core/time.js'
import { layoutOf, type Layout } from '../../dataFolder/layout.js'
import { takeLock } from '../../dataFolder/lock.js'
import { answerReader } from '../../flatten/compile.js'
import { asLocalError } from '../../load/warehouse.js'
import type { Pipeline } from '../../model/pipeline.js'
import { publishCopy } from '../../publish/publishedCopy.js'
import { rawFiles, rawRuns } from '../../raw/files.js'
import { rewriteSealed } from '../../raw/rewriteRuns.js'
import { sealRuns } from '../../raw/seal.js'
import { withCurrentWarehouse } from '../../run/rebuild.js'

/**
 * Makes `run --tracked` leave a list out. Changes the receipt that a rebuild reads, the working database, and the published
 * file. If the command is cut off in between, the same command completes the change.
 * @throws UsageError naming the lists, when no list has this name
 * @throws BusyError while a run holds the folder
 */
export async function untrack(
  list: string,
  settings: Settings,
  pipeline: Pipeline,
  effects: Effects,
): Promise<{ wasTracked: boolean }> {
  const layout = layoutOf(settings.data)
  const open = new Resources()
  try {
    if (!pathExists(layout.state) && !pathExists(layout.raw)) {
      throw new UsageError(`${layout.data} holds no lists: give another folder with --data`)
    }
    const lock = await takeLock(layout)
    open.add(() => lock.release())
    const folder = { lock, reader: answerReader(pipeline), effects }
    const wasTracked = await withCurrentWarehouse(folder, ({ connection }) => untrackStored(list, layout, connection))
    await publishCopy(layout, runIdAt(effects.now(), effects.random()))
    return { wasTracked }
  } catch (error) {
    throw asLocalError(error, layout.warehouse)
  } finally {
    await open.close()
  }
}

/** @returns whether the list was tracked */
async function untrackStored(list: string, layout: Layout, connection: Connection): Promise<boolean> {
  const lists = await all<{ list: string; tracked: boolean }>(
    connection,
    'SELECT list, tracked FROM lists ORDER BY list',
  )
  const found = lists.find((each) => each.list === list)
  if (!found) throw unknownList(list, layout.data, lists)
  await sealRuns(connection, layout.raw)
  await untrackSealed(list, layout)
  await connection.run('UPDATE lists SET tracked = false WHERE list = $list', { list })
  return found.tracked
}

function unknownList(list: string, data: string, lists: readonly { readonly list: string }[]): UsageError {
  const names = lists.map(({ list: name }) => name).join(', ')
  return new UsageError(
    `${data} has no list ${list}: ${names === '' ? 'no list was read yet' : `its lists are ${names}`}; nothing was changed`,
  )
}

/** A list in a sealed receipt. */
interface SealedList {
  readonly list: string
  readonly tracked: boolean
}

/** Rewrites the last receipt that has this list, so that a rebuild does not track it again. */
async function untrackSealed(list: string, { raw, temp }: Layout): Promise<void> {
  for (const runId of (await rawRuns(raw, 'receipts')).reverse()) {
    const names: string[] = []
    for (const file of await rawFiles(raw, 'receipts', runId)) {
      await rewriteSealed(
        file,
        ({ lists }) => {
          const sealed = JSON.parse(lists ?? '[]') as SealedList[]
          const found = sealed.find((each) => each.list === list)
          names.push(...sealed.map((each) => each.list))
          if (!found?.tracked) return undefined
          return { lists: JSON.stringify(sealed.map((each) => (each === found ? { ...each, tracked: false } : each))) }
        },
        join(temp, 'untrack'),
      )
    }
    if (names.includes(list)) return
  }
}
