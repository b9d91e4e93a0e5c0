import type { RunHeader } from '../call.js'
import { layoutOf, type Layout } from '../layout.js'
import { takeLock } from '../load/lock.js'
import { checkKind } from '../load/schema.js'
import type { Reader } from '../load/stage.js'
import type { Warehouse } from '../load/warehouse.js'
import type { Resources } from '../resources.js'
import { runIdAt } from '../time.js'
import type { Job, World } from './job.js'
import { readerOf } from './reader.js'
import { openOrRebuild } from './rebuild.js'

/** The data folder, owned by one run. */
export interface House {
  readonly run: RunHeader
  readonly layout: Layout
  readonly warehouse: Warehouse
  /** How answers are read, at fetch, load and recovery alike. */
  readonly reader: Reader
}

/**
 * Takes the data folder for one run and opens its working database.
 * @throws BusyError if another run holds it, UsageError if it is of another kind, LocalError if it cannot be used
 */
export async function openHouse({ settings, pipeline, api }: Job, { effects }: World, open: Resources): Promise<House> {
  const layout = layoutOf(settings.data)
  const startedAt = effects.now()
  const lock = await takeLock(layout)
  open.add(() => lock.release())
  const reader = readerOf(pipeline)
  const warehouse = await openOrRebuild(lock, reader, effects)
  open.add(() => warehouse.close())
  await checkKind(warehouse.connection, layout.data, api.simulated)
  return {
    run: {
      runId: runIdAt(startedAt, effects.random()),
      startedAt,
      pipeline: pipeline.name,
      simulated: api.simulated,
      host: api.host,
    },
    layout,
    warehouse,
    reader,
  }
}
