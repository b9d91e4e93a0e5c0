import { rm } from 'node:fs/promises'
import { pathExists, requireReadable } from '../../core/absent.js'
import type { Settings } from '../../config/settings.js'
import { openDatabase } from '../../core/duckdb.js'
import type { Effects } from '../../core/effects.js'
import { EXIT, messageOf, UsageError } from '../../core/errors.js'
import { Resources } from '../../core/resources.js'
import { runIdAt } from '../../core/time.js'
import { layoutOf, type Layout } from '../../dataFolder/layout.js'
import { takeLock, type Lock } from '../../dataFolder/lock.js'
import { warnOfRoot } from '../../dataFolder/warnOfRoot.js'
import { answerReader } from '../../flatten/compile.js'
import { repairJournal } from '../../journal/repairJournal.js'
import { OutdatedWarehouse } from '../../load/schema/schema.js'
import { asLocalError, DamagedWarehouse, withWarehouse } from '../../load/warehouse.js'
import type { Pipeline } from '../../model/pipeline.js'
import { countLeaving, leavingText, openTombstones, readTombstones } from '../../privacy/tombstones.js'
import { publish } from '../../publish/publish.js'
import { sealLoaded, writeLoaded } from '../../raw/seal.js'
import { sealRuns } from '../../raw/sealRuns.js'
import { replaceWarehouse, hasAnswers, rebuildWarehouse, setAside } from '../../run/rebuild.js'
import { refreshMetrics } from '../../run/refreshMetrics.js'
import { compareWith } from './compare.js'
import type { ReplayReport } from './replayReport.js'

/**
 * Rebuilds all tables from `raw/` and the journal, without any call, and compares them with the published file. Without
 * `check`, the rebuilt database then takes the place of the working one and is published.
 * @throws RunError with its exit code; until the new database is in its place nothing has changed
 */
export async function replay(settings: Settings, pipeline: Pipeline, effects: Effects): Promise<ReplayReport> {
  const layout = layoutOf(settings.data)
  const open = new Resources()
  const startedAt = effects.now()
  try {
    if (!pathExists(layout.state) && !pathExists(layout.raw)) throw nothingIn(layout)
    const lock = await takeLock(layout)
    open.add(() => lock.release())
    warnOfRoot(layout, effects)
    await openTombstones(layout, effects)
    await warnOfLeaving(layout, effects)
    await sealKnown(lock, pipeline, effects)
    if (!(await hasAnswers(lock)) && (await repairJournal(layout.journal)).segments.length === 0)
      throw nothingIn(layout)
    const rebuilt = await rebuildWarehouse({ lock, reader: answerReader(pipeline) })
    open.add(() => rm(rebuilt.path, { force: true }))
    const differences = await compare(rebuilt.path, pipeline, layout, effects)
    const { runs, answers, calls } = rebuilt
    const report = { data: layout.data, compared_with: layout.database, runs, answers, calls, differences }
    const differs = differences === undefined || differences.length > 0
    if (settings.check) return { ...report, exit_code: differs ? EXIT.differs : EXIT.done, files: undefined }
    await replaceWarehouse(lock, rebuilt)
    const { noBom, excel = false, lang } = settings
    const runId = runIdAt(startedAt, effects.random())
    const files = await publish(layout, pipeline, { runId, bom: !noBom, excel, lang }, effects)
    await sealLoaded(layout, await writeLoaded(layout, effects))
    await refreshMetrics(layout, pipeline, effects)
    return { ...report, exit_code: EXIT.done, files }
  } catch (error) {
    throw asLocalError(error, layout.warehouse)
  } finally {
    await open.close()
  }
}

function nothingIn({ data }: Layout): UsageError {
  return new UsageError(
    `${data} holds nothing to replay: there is nothing in raw/ or state/journal/; give another folder with --data`,
  )
}

/** Only a run completes such an erasure. Until then what is rebuilt and what is published may differ. */
async function warnOfLeaving({ data, forgotten }: Layout, effects: Effects): Promise<void> {
  const tombstones = await readTombstones(forgotten)
  if (countLeaving(tombstones) === 0) return
  effects.log(
    'warn',
    `an erasure in ${data} is not complete: ${leavingText(tombstones)}; until then files may still name them, and \`--check\` may find differences`,
    'erasure_unfinished',
  )
}

/** Seals the lists and receipts that are in the working database only, because a run was cut off. */
async function sealKnown(lock: Lock, pipeline: Pipeline, effects: Effects): Promise<void> {
  const { warehouse: path, raw, temp } = lock.layout
  if (!pathExists(path)) return
  try {
    await withWarehouse({ lock, pipeline }, ({ connection }) => sealRuns(connection, raw))
  } catch (error) {
    const damage = asLocalError(error, path)
    if (damage instanceof DamagedWarehouse) {
      effects.log(
        'warn',
        `${damage.message}; it is kept as ${await setAside(lock, path)}, its last run may come back without its lists`,
        'database_damaged',
      )
    } else if (error instanceof OutdatedWarehouse) {
      const outdated = await openDatabase(path, { tempDirectory: temp })
      await sealRuns(outdated.connection, raw).finally(() => outdated.close())
    } else {
      throw error
    }
  }
}

/** @returns undefined when there is no published file, or it cannot be read */
async function compare(
  path: string,
  pipeline: Pipeline,
  layout: Layout,
  effects: Effects,
): Promise<ReplayReport['differences']> {
  if (!pathExists(layout.database)) return undefined
  await requireReadable(layout.database)
  const rebuilt = await openDatabase(path, { readOnly: true, tempDirectory: layout.temp })
  try {
    return await compareWith(rebuilt.connection, pipeline, layout.database)
  } catch (error) {
    effects.log('warn', `${layout.database} cannot be compared: ${messageOf(error).split('\n')[0]}`, 'not_compared')
    return undefined
  } finally {
    await rebuilt.close()
  }
}
