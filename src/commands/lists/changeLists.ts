import type { Settings } from '../../config/settings.js'
import { pathExists } from '../../core/absent.js'
import type { Connection } from '../../core/duckdb.js'
import type { Effects } from '../../core/effects.js'
import { UsageError } from '../../core/errors.js'
import { Resources } from '../../core/resources.js'
import { runIdAt } from '../../core/time.js'
import { layoutOf, type Layout } from '../../dataFolder/layout.js'
import { takeLock } from '../../dataFolder/lock.js'
import { warnOfRoot } from '../../dataFolder/warnOfRoot.js'
import { answerReader } from '../../flatten/compile.js'
import { asLocalError } from '../../load/warehouse.js'
import type { Pipeline } from '../../model/pipeline.js'
import { copyIncluded } from '../../publish/copyIncluded.js'
import { publishCopy } from '../../publish/publishedCopy.js'
import { sealRuns } from '../../raw/sealRuns.js'
import { withCurrentWarehouse } from '../../run/rebuild.js'
import { refreshMetrics } from '../../run/refreshMetrics.js'

/**
 * Changes the lists of a locked data folder outside of a run, and publishes the result. Every list and receipt is in `raw/`
 * when the work begins.
 * @param work over the working database
 * @throws BusyError while a run holds the folder
 * @throws the error of `work`: then nothing is published
 */
export async function changeLists<T>(
  { data }: Pick<Settings, 'data'>,
  pipeline: Pipeline,
  effects: Effects,
  work: (connection: Connection, layout: Layout) => Promise<T>,
): Promise<T> {
  const layout = layoutOf(data)
  const open = new Resources()
  try {
    if (!pathExists(layout.state) && !pathExists(layout.raw)) {
      throw new UsageError(`${layout.data} holds no lists: give another folder with --data`)
    }
    const lock = await takeLock(layout)
    open.add(() => lock.release())
    warnOfRoot(layout, effects)
    const result = await withCurrentWarehouse(
      { lock, reader: answerReader(pipeline), effects },
      async ({ connection }) => {
        await sealRuns(connection, layout.raw)
        return work(connection, layout)
      },
    )
    const runId = runIdAt(effects.now(), effects.random())
    await publishCopy(layout, runId, (copy) => copyIncluded(copy, layout, pipeline, effects))
    await refreshMetrics(layout, pipeline, effects)
    return result
  } catch (error) {
    throw asLocalError(error, layout.warehouse)
  } finally {
    await open.close()
  }
}
