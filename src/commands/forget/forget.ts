import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Settings } from '../../config/settings.js'
import { pathExists } from '../../core/absent.js'
import { commandText } from '../../core/commandText.js'
import type { Effects } from '../../core/effects.js'
import { LocalError, UsageError } from '../../core/errors.js'
import { Resources } from '../../core/resources.js'
import { runIdAt } from '../../core/time.js'
import { isOurs, workbooksOf } from '../../dataFolder/files.js'
import { layoutOf, type Layout } from '../../dataFolder/layout.js'
import { takeLock, type Lock } from '../../dataFolder/lock.js'
import { warnOfRoot } from '../../dataFolder/warnOfRoot.js'
import { checkFolders, foldersOf, sharedFoldersOf } from '../../dataFolder/preflight.js'
import { tightenFolders } from '../../dataFolder/tighten.js'
import { answerReader, type AnswerReader } from '../../flatten/compile.js'
import { asLocalError } from '../../load/warehouse.js'
import type { Pipeline } from '../../model/pipeline.js'
import { beginErasure, readErasures, withoutIdsInPaths, writeErasures } from '../../privacy/erasures.js'
import { IdFinder } from '../../privacy/idFinder.js'
import {
  removeTombstones,
  addTombstones,
  isUnfinished,
  markErased,
  readTombstones,
  substitutes,
  tombstoneState,
  writeTombstones,
} from '../../privacy/tombstones.js'
import { withoutPeople } from '../../privacy/withoutPeople.js'
import { readIncluded } from '../../publish/includedFolder.js'
import { publish } from '../../publish/publish.js'
import { removeRebuilt, replaceWarehouse, rebuildWarehouse } from '../../run/rebuild.js'
import { refreshMetrics } from '../../run/refreshMetrics.js'
import { eraseBase } from './eraseBase.js'
import { eraseHeadless } from './eraseJournal.js'
import { eraseRaw, paidFor, rawFilesOf, type RawFiles } from './eraseRaw.js'
import { withoutIds, type ForgetReport } from './forgetReport.js'
import { closedReceipts, lacksReceipt, touchedBy, touchedIn } from './receipts.js'
import { removeCopies, removeFindings } from './removeCopies.js'
import { sealEverything } from './sealEverything.js'
import { searchFolder, otherFiles, type Finding } from './searchFolder.js'

/** What one erasure works on. */
export interface ErasureWork {
  readonly lock: Lock
  readonly layout: Layout
  readonly reader: AnswerReader
  readonly finder: IdFinder
  readonly settings: Settings
  readonly effects: Effects
}

/**
 * Erases people from everything under the data folder, and leaves a tombstone for each, so that no input and no answer
 * brings them back. May be killed and started again at any point.
 * @param ids as the pipeline's `parseId` gives them
 * @throws RunError with its exit code
 */
export async function forget(
  ids: readonly string[],
  settings: Settings,
  pipeline: Pipeline,
  effects: Effects,
): Promise<ForgetReport> {
  return inFolder(ids, settings, pipeline, effects, async (erasure) => {
    const { layout, reader, finder, effects } = erasure
    // Afterwards every answer, list and receipt is in raw/.
    await sealEverything(erasure)

    const found = new Set<string>()
    effects.log('info', `looking for ${people(ids.length)} in every file of ${layout.data}`, 'erasure_search')
    const findings = await searchFolder(layout, finder, found)
    const before = await readTombstones(layout.forgotten)
    const receipts = await readErasures(layout.erasures)
    const again = ids.filter((id) => tombstoneState(before, id) === 'erased').length
    const counts = { people: ids.length, found: found.size, already_forgotten: again }
    const included = await readIncluded(layout)
    const report = {
      ...NOTHING,
      ...counts,
      data: layout.data,
      ...(included === undefined ? {} : { included: included.data }),
      ...otherFiles(findings, layout),
    }

    // Once the tombstones are written, no run brings these people back, whatever happens.
    const files = rawFilesOf(findings, layout)
    const tombstones = addTombstones(before, await paidFor(ids, files, reader), effects.now())
    if (!findings.some(({ path }) => isOurs(path, layout))) {
      if (again < ids.length) await writeTombstones(layout.forgotten, markErased(tombstones, ids))
      if (ids.some((id) => lacksReceipt(id, before, receipts)))
        await writeErasures(layout.erasures, closedReceipts(receipts, ids, [], report, erasure))
      return { ...report, receipts: layout.erasures }
    }
    // After an erasure that was cut off, raw/ is changed in part and can be rebuilt only when this one is complete.
    if (!isUnfinished(before)) await rehearse(erasure, files)
    await writeTombstones(layout.forgotten, tombstones)
    const begun = touchedBy(
      findings.map(({ path }) => path).filter((path) => isOurs(path, layout)),
      'rewritten',
      erasure,
    )
    const open = beginErasure(withoutIdsInPaths(receipts, finder), ids, begun, effects.now())
    await writeErasures(layout.erasures, open)
    const gone = await erase(erasure, findings, substitutes(tombstones))
    await writeErasures(
      layout.erasures,
      closedReceipts(open, ids, touchedIn(gone, erasure), { ...report, ...gone }, erasure),
    )
    await writeTombstones(layout.forgotten, markErased(await readTombstones(layout.forgotten), ids))
    await refreshMetrics(layout, pipeline, effects)
    return { ...report, ...gone, receipts: layout.erasures }
  })
}

const NOTHING = {
  exit_code: 0,
  allowed: false,
  erased: { answers: 0, calls: 0, rows: 0 },
  redacted: 0,
  raw_files: 0,
  removed: [] as string[],
  others: [] as string[],
  unsearched: [] as ForgetReport['unsearched'],
  files: undefined,
  receipts: undefined,
} as const

/**
 * Tries what the erasure does after `raw/` has changed: its folders must be writable, and all tables must follow from `raw/`.
 * @throws LocalError when the erasure could not be completed: nothing was changed
 */
export async function rehearse({ lock, layout, reader }: ErasureWork, files: RawFiles): Promise<void> {
  try {
    await checkFolders(
      [...new Set(Object.values(files).flat().map(dirname)), ...foldersOf(layout)],
      sharedFoldersOf(layout),
    )
    await rebuildWarehouse({ lock, reader })
  } catch (cause) {
    const error = asLocalError(cause, layout.warehouse)
    if (!(error instanceof LocalError)) throw error
    throw new LocalError(`nothing was erased: ${error.message}`, { cause })
  } finally {
    await removeRebuilt(layout)
  }
}

/** Rewrites `raw/`, rebuilds all other files from it, removes older copies, and searches every file again. */
export async function erase(
  { layout, lock, reader, finder, settings, effects }: ErasureWork,
  findings: readonly Finding[],
  substitute: (written: string) => string,
): Promise<Partial<ForgetReport>> {
  const workbooks = await workbooksOf(layout)
  for (const path of workbooks) await rm(path, { force: true })
  const gone = await eraseRaw(rawFilesOf(findings, layout), finder, substitute, reader, layout)
  const folder = runIdAt(effects.now(), effects.random())
  const tables = await eraseBase(findings, finder, reader.pipeline, layout, folder)
  const emptied = await eraseHeadless(findings, finder, reader, layout, gone, effects)
  await replaceWarehouse(lock, await rebuildWarehouse({ lock, reader }))
  const runId = runIdAt(effects.now(), effects.random())
  const options = { runId, bom: !settings.noBom, lang: settings.lang, excel: new Set(workbooks) }
  const published = await publish(layout, reader.pipeline, options, effects)
  const copies = await removeCopies(layout)
  const left = await searchFolder(layout, finder)
  const removed = await removeFindings(left, layout)
  const { answers, calls, rows, redacted, files } = gone
  return {
    erased: { answers, calls, rows },
    redacted,
    raw_files: files + tables,
    removed: [...emptied, ...copies, ...removed],
    ...otherFiles(left, layout),
    files: published,
  }
}

/** Removes the tombstones of people: the next run that reads their ids fetches them again. */
export async function allowAgain(
  ids: readonly string[],
  settings: Settings,
  pipeline: Pipeline,
  effects: Effects,
): Promise<ForgetReport> {
  return inFolder(ids, settings, pipeline, effects, async ({ layout }) => {
    const before = await readTombstones(layout.forgotten)
    const states = ids.map((id) => tombstoneState(before, id))
    if (states.includes('erasing')) {
      throw new UsageError(
        `an erasure was cut off: run \`${commandText(['forget', '<id>', '--data', layout.data])}\` with the same ids and without --allow first, which completes it`,
      )
    }
    const known = states.filter((state) => state === 'erased').length
    if (known > 0) await writeTombstones(layout.forgotten, removeTombstones(before, ids))
    const report = { ...NOTHING, allowed: true, data: layout.data, people: ids.length, found: 0 }
    return { ...report, already_forgotten: known }
  })
}

/** Does the work with the folder locked, and keeps the ids out of log messages, report and errors. */
async function inFolder(
  ids: readonly string[],
  settings: Settings,
  pipeline: Pipeline,
  effects: Effects,
  work: (erasure: ErasureWork) => Promise<ForgetReport>,
): Promise<ForgetReport> {
  const layout = layoutOf(settings.data)
  const finder = IdFinder.of(ids)
  const open = new Resources()
  try {
    if (!pathExists(layout.state) && !pathExists(layout.raw)) throw nothingIn(layout)
    const lock = await takeLock(layout)
    open.add(() => lock.release())
    warnOfRoot(layout, effects)
    await tightenFolders(layout, effects)
    const discreet = withoutPeople(effects, finder)
    const report = await work({ lock, layout, reader: answerReader(pipeline), finder, settings, effects: discreet })
    return withoutIds(report, finder)
  } catch (cause) {
    const error = asLocalError(cause, layout.warehouse)
    if (error instanceof Error) {
      error.message = finder.takeOut(error.message)
      error.stack = finder.takeOut(error.stack ?? '')
    }
    throw error
  } finally {
    await open.close()
  }
}

function people(count: number): string {
  return count === 1 ? '1 person' : `${count} people`
}

export function nothingIn({ data }: Layout): UsageError {
  return new UsageError(`${data} is not a data folder: it has neither raw/ nor state/; give another one with --data`)
}
