import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../../config/options.js'
import { all } from '../../core/duckdb.js'
import type { Effects } from '../../core/effects.js'
import { UsageError } from '../../core/errors.js'
import { Resources } from '../../core/resources.js'
import { runIdAt } from '../../core/time.js'
import { layoutOf, type Layout } from '../../dataFolder/layout.js'
import { takeLock } from '../../dataFolder/lock.js'
import { answerReader } from '../../flatten/answerReader.js'
import { asLocalError } from '../../load/warehouse.js'
import type { Pipeline } from '../../model/pipeline.js'
import { publishCopy } from '../../publish/publishedCopy.js'
import { rawFiles, rawRuns } from '../../raw/files.js'
import { rewriteSealed } from '../../raw/rewriteRuns.js'
import { sealRuns } from '../../raw/sealRuns.js'
import { openOrRebuild } from '../../run/rebuild.js'

/**
 * Makes `run --tracked` leave a list out: in the receipt that a rebuild reads it from, in the working database, and in the
 * file that people open. Cut off between two of them, the same command completes it.
 * @throws UsageError naming the lists, when there is none of this name
 * @throws BusyError when a run is on
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
    if (!existsSync(layout.state) && !existsSync(layout.raw)) {
      throw new UsageError(`${layout.data} holds no list: give another folder with --data`)
    }
    const lock = await takeLock(layout)
    open.add(() => lock.release())
    const warehouse = await openOrRebuild(lock, answerReader(pipeline), effects, { lossy: false })
    open.add(() => warehouse.close())
    const lists = await all<{ list: string; tracked: boolean }>(
      warehouse.connection,
      'SELECT list, tracked FROM lists ORDER BY list',
    )
    const found = lists.find((each) => each.list === list)
    if (!found) throw unknownList(list, layout.data, lists)
    await sealRuns(warehouse.connection, layout.raw)
    await untrackSealed(list, layout)
    await warehouse.connection.run('UPDATE lists SET tracked = false WHERE list = $list', { list })
    await warehouse.close()
    await publishCopy(layout, runIdAt(effects.now(), effects.random()))
    return { wasTracked: found.tracked }
  } catch (error) {
    throw asLocalError(error, layout.warehouse)
  } finally {
    await open.close()
  }
}

function unknownList(list: string, data: string, lists: readonly { readonly list: string }[]): UsageError {
  const names = lists.map(({ list: name }) => name).join(', ')
  return new UsageError(
    `${data} has no list ${list}: ${names === '' ? 'no list was read yet' : `its lists are ${names}`}; nothing was changed`,
  )
}

/** A row of table `lists` as a receipt keeps it. */
interface SealedList {
  readonly list: string
  readonly tracked: boolean
}

/** Writes the last receipt that has this list anew, so that a rebuild does not bring its tracking back. */
export async function untrackSealed(list: string, { raw, temp }: Layout): Promise<void> {
  for (const runId of (await rawRuns(raw, 'receipts')).reverse()) {
    const names: string[] = []
    for (const file of await rawFiles(raw, 'receipts', runId)) {
      await rewriteSealed(
        file,
        ({ lists }) => {
          const sealed = JSON.parse(lists ?? '[]') as SealedList[]
          const own = sealed.find((each) => each.list === list)
          names.push(...sealed.map((each) => each.list))
          if (!own?.tracked) return undefined
          return { lists: JSON.stringify(sealed.map((each) => (each === own ? { ...each, tracked: false } : each))) }
        },
        join(temp, 'untrack'),
      )
    }
    if (names.includes(list)) return
  }
}
