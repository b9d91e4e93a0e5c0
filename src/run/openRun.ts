import type { Effects } from '../core/effects.js'
import { LocalError } from '../core/errors.js'
import type { Resources } from '../core/resources.js'
import { localTime, runIdAt } from '../core/time.js'
import { layoutOf, type Layout } from '../dataFolder/layout.js'
import { takeLock, type Lock } from '../dataFolder/lock.js'
import { checkFolders, checkOpenFiles, foldersOf } from '../dataFolder/preflight.js'
import { readStatus, type Phase } from '../dataFolder/runStatus.js'
import { answerReader, type AnswerReader } from '../flatten/answerReader.js'
import { checkKind } from '../load/schema/schema.js'
import type { Warehouse } from '../load/warehouse.js'
import type { RunHeader } from '../model/call.js'
import type { IdFinder } from '../privacy/idFinder.js'
import { openTombstones } from '../privacy/tombstones.js'
import type { Job, World } from './context.js'
import { openOrRebuild } from './rebuild.js'
import type { StatusFile } from './statusFile.js'

/** No process has this id. */
const NOBODY = -1

/** The data folder, owned by one run. */
export interface OpenRun {
  readonly run: RunHeader
  readonly layout: Layout
  readonly warehouse: Warehouse
  /** How answers are read, at fetch, load and recovery alike. */
  readonly reader: AnswerReader
  readonly status: StatusFile
  /** Finds those who must not come back; undefined where there are none. */
  readonly forgotten: IdFinder | undefined
  /** @throws LocalError if the data folder was deleted or moved since it was taken */
  check(): Promise<void>
  /** Begins the next phase of the run, after the same check. */
  enter(phase: Phase): Promise<void>
}

/**
 * Takes the data folder for one run and opens its working database.
 * @throws BusyError if another run holds it, UsageError if it is of another kind, LocalError if it cannot be used
 */
export async function openRun(job: Job, world: World, open: Resources, status: StatusFile): Promise<OpenRun> {
  const { settings, pipeline, api } = job
  const { effects } = world
  const layout = layoutOf(settings.data)
  const run = headerOf(job, effects)
  // Our own simulator is the other end of each connection.
  await checkOpenFiles(settings.concurrency * (api.base ? 1 : 2))
  const lock = await takeLockOf(layout)
  open.add(() => lock.release())
  tellOfInterrupted(layout, effects)
  status.open(run)
  open.add(() => status.close())
  open.add(() => world.logger.show(''))
  await checkFolders(foldersOf(layout))
  const forgotten = await openTombstones(layout, effects)
  const reader = answerReader(pipeline)
  const warehouse = await openOrRebuild(lock, reader, effects, { lossy: settings.new ?? false })
  open.add(() => warehouse.close())
  await checkKind(warehouse.connection, layout.data, api.simulated)
  return {
    run,
    layout,
    warehouse,
    reader,
    status,
    forgotten,
    check: () => lock.check(),
    async enter(phase) {
      await lock.check()
      status.enter(phase)
      world.logger.doing(phase)
    },
  }
}

async function takeLockOf(layout: Layout): Promise<Lock> {
  try {
    return await takeLock(layout)
  } catch (error) {
    // The folder's own trouble is said better than what it makes of the lock.
    if (error instanceof LocalError) await checkFolders([layout.data, layout.state])
    throw error
  }
}

function headerOf({ pipeline, api }: Job, effects: Effects): RunHeader {
  const startedAt = effects.now()
  const runId = runIdAt(startedAt, effects.random())
  return { runId, startedAt, pipeline: pipeline.name, simulated: api.simulated, host: api.host }
}

/** Who holds the lock knows that no other run is on, whatever the status says. */
function tellOfInterrupted({ status }: Layout, effects: Effects): void {
  const last = readStatus(status, NOBODY)
  if (last?.phase !== 'interrupted') return
  effects.log('info', `the last run (${last.run_id}) was cut off at ${localTime(Date.parse(last.updated_at))}`)
}
