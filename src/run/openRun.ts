import type { ActiveClock } from '../core/activeClock.js'
import { LocalError } from '../core/errors.js'
import type { Resources } from '../core/resources.js'
import { runIdAt } from '../core/time.js'
import { version } from '../core/version.js'
import { layoutOf, type Layout } from '../dataFolder/layout.js'
import { takeLock, type Lock } from '../dataFolder/lock.js'
import { warnOfRoot } from '../dataFolder/warnOfRoot.js'
import { keepConfig, lostCaps, lostConfig } from '../dataFolder/lostConfig.js'
import { checkAddressSpace, checkFolders, checkOpenFiles, foldersOf, sharedFoldersOf } from '../dataFolder/preflight.js'
import { sweepLeftovers } from '../dataFolder/leftovers.js'
import { sweepSpill } from '../dataFolder/spill.js'
import { tightenFolders } from '../dataFolder/tighten.js'
import type { Phase, StatusFile } from '../dataFolder/runStatus.js'
import { answerReader, type AnswerReader } from '../flatten/compile.js'
import type { RunHeader } from '../model/call.js'
import type { IdFinder } from '../privacy/idFinder.js'
import { openTombstones } from '../privacy/tombstones.js'
import { chooseIncluded, keepIncluded } from '../publish/includedFolder.js'
import type { RunContext } from './context.js'
import { CutOffRun } from './cutOffRun.js'

/** A run that owns its data folder. */
export interface OpenRun extends RunContext {
  readonly header: RunHeader
  readonly lock: Lock
  readonly layout: Layout
  /** Reads answers: at fetch, load and recovery alike. */
  readonly reader: AnswerReader
  readonly status: StatusFile
  /** Leaves out the time in which this process stood still. */
  readonly activeClock: ActiveClock
  /** Milliseconds since the run started, by the monotonic clock. */
  elapsed(): number
  /** The last run, if it was cut off. */
  readonly cutOff: CutOffRun | undefined
  /** Finds forgotten people; undefined if there are none. */
  readonly forgotten: IdFinder | undefined
  /** @throws LocalError if the data folder was deleted or moved since the run took its lock */
  check(): void
  /** Does the same check, then begins the next phase of the run. */
  enter(phase: Phase): void
}

/**
 * Takes the data folder for one run, and checks that the folder can be used.
 * @param makesCalls a run that makes none needs no caps
 * @throws BusyError if another run holds the folder, LocalError if it cannot be used, UsageError if its config file is gone
 */
export async function openRun(
  context: RunContext,
  activeClock: ActiveClock,
  status: StatusFile,
  open: Resources,
  makesCalls: boolean,
): Promise<OpenRun> {
  const { settings, configFile, pipeline, api, effects, logger } = context
  const layout = layoutOf(settings.data)
  checkAddressSpace()
  // With the built-in simulator, this process also holds the other end of each connection.
  await checkOpenFiles(settings.concurrency * (api.base ? 1 : 2))
  const lock = await lockFolder(layout)
  open.add(() => lock.release())
  warnOfRoot(layout, effects)
  const lost =
    lostConfig(layout, settings, configFile) ?? (makesCalls ? lostCaps(layout, settings, configFile) : undefined)
  if (lost) throw lost
  const included = await chooseIncluded(layout, settings, api.simulated)
  const header = headerOf(context)
  const startedElapsed = effects.elapsed()
  await sweepSpill(layout)
  const cutOff = CutOffRun.find(layout, context)
  // If this run fails before it has loaded that run's calls.
  open.add(() => cutOff?.report())
  status.open(header)
  const { runId, host, simulated } = header
  const started = { data: layout.data, pipeline: pipeline.name, host, simulated, version }
  logger.record('info', `run ${runId} of ${layout.data}`, 'run_started', started)
  open.add(() => status.close())
  open.add(() => logger.show(''))
  await checkFolders(foldersOf(layout), sharedFoldersOf(layout))
  await sweepLeftovers(layout)
  await tightenFolders(layout, effects)
  await keepConfig(layout, settings, configFile)
  await keepIncluded(layout, included)
  return {
    ...context,
    header,
    lock,
    layout,
    reader: answerReader(pipeline),
    status,
    activeClock,
    elapsed: () => effects.elapsed() - startedElapsed,
    cutOff,
    forgotten: await openTombstones(layout, effects),
    check: () => lock.check(),
    enter(phase) {
      lock.check()
      status.enter(phase)
      logger.doing(phase)
    },
  }
}

async function lockFolder(layout: Layout): Promise<Lock> {
  try {
    return await takeLock(layout, 'nothing was sent')
  } catch (error) {
    // A folder that cannot be used explains the failure better than the lock inside it.
    if (error instanceof LocalError) await checkFolders([layout.data, layout.state], sharedFoldersOf(layout))
    throw error
  }
}

function headerOf({ pipeline, api, effects, start }: RunContext): RunHeader {
  const startedAt = effects.now()
  const runId = start?.runId ?? runIdAt(startedAt, effects.random())
  return { runId, startedAt, pipeline: pipeline.name, simulated: api.simulated, host: api.host }
}
