import { pathExists } from '../core/absent.js'
import { ActiveClock } from '../core/activeClock.js'
import { exitCodeOf, LocalError, RunError } from '../core/errors.js'
import { Resources } from '../core/resources.js'
import { layoutOf } from '../dataFolder/layout.js'
import { StatusFile } from '../dataFolder/runStatus.js'
import { asLocalError, DamagedWarehouse, type Warehouse } from '../load/warehouse.js'
import type { Receipt } from '../model/receipt.js'
import { plan, planOptionsOf } from '../plan/plan.js'
import { sealLoaded, writeLoaded, type WrittenCalls } from '../raw/seal.js'
import type { NamedInput } from '../read/readInput.js'
import type { CallSource } from './callSource.js'
import { checkLists } from './checkLists.js'
import { confirmPrice } from './confirmPrice.js'
import type { RunContext } from './context.js'
import { completeErasure, eraseFormer } from './eraseFormer.js'
import { fetchDue, type Fetched } from './fetchDue.js'
import { foreignLists } from './foreignLists.js'
import { loadFetched, recoverCalls, type RecoveredCalls } from './loadJournal.js'
import { applyHeld, applyKnown, applyLeftOver, unresolvedInputs } from '../load/resolvedIds.js'
import { couldNotStart } from './lastStart.js'
import { writeMetrics } from './metricsFile.js'
import { loadMembers, openInputs } from './openInputs.js'
import { openRun, type OpenRun } from './openRun.js'
import { publishRun, reportRun } from './publishRun.js'
import { setAside, withCurrentWarehouse } from './rebuild.js'
import { recordFailure } from './recordFailure.js'
import { settleRun } from './settleRun.js'
import { storedInputs, trackedInputs } from './storedInputs.js'
import { surviveDamage } from './surviveDamage.js'
import { tidyRaw } from './tidyRaw.js'

/**
 * How far a run came. When a later step fails, its row in table `runs` must be corrected. When the steps are repeated,
 * nothing is fetched again.
 */
interface Progress {
  settled?: true
  published?: true
  /** Results that stay valid when the working database is rebuilt during the run. */
  recovered?: RecoveredCalls
  fetched?: Fetched
  /** The API's clock has changed the plan, or the receipt is sealed already: the same steps would do something else. */
  unrepeatable?: true
}

/**
 * One run, from lists of ids to published files; docs/architecture.md describes the steps.
 * @param source where the answers come from; absent: from the API
 * @returns the receipt, also when the run was stopped and the rest is parked
 * @throws RunError with its exit code when the run did not end in order; every paid answer is in the journal
 */
export async function run(context: RunContext, source?: CallSource): Promise<Receipt> {
  const { settings, effects } = context
  const layout = layoutOf(settings.data)
  const activeClock = new ActiveClock(effects)
  const status = new StatusFile(layout.status, () => effects.now(), activeClock)
  const resources = new Resources()
  activeClock.start()
  resources.add(() => activeClock.stop())
  const progress: Progress = {}
  let opened: OpenRun | undefined
  try {
    // An unusable input is reported before the data folder is touched.
    const given = source?.lists ? [] : await openInputs(context, resources)

    // One run at a time owns the data folder.
    const current = (opened = await openRun(context, activeClock, status, resources, source === undefined))

    // An erasure that was cut off comes first: until it is complete, raw/ and the tables differ.
    await completeErasure(current)
    await source?.prepare?.(current)

    // The steps up to the published files use the working database. If it turns out damaged, it is rebuilt once.
    const { published, written } = await surviveDamage(current, progress, () =>
      loadAndPublish(current, { given, source }, progress),
    )
    progress.published = true
    await source?.published?.(current)

    // Calls whose Parquet files are in raw/ leave the journal; lists and receipts follow them.
    current.enter('sealing')
    const sealed = await seal(current, published, written)
    await tidyRaw(current, sealed, progress.fetched)

    // With --keep-people, those who left their last list long ago are erased.
    const kept = await eraseFormer(current, sealed, progress.fetched)

    // The report is made from the published file; nothing depends on it.
    current.enter('reporting')
    const reported = await reportRun(current, kept)
    await writeMetrics(current, { exitCode: reported.exit_code, receipt: reported })
    status.finish(reported.exit_code)
    return reported
  } catch (error) {
    const last = status.current()
    const failure = await handleFailure(error, layout.warehouse, progress, opened)
    const exitCode = exitCodeOf(failure)
    if (opened && !couldNotStart(exitCode, last)) await writeMetrics(opened, { exitCode })
    status.finish(exitCode)
    context.onFailure?.(last)
    throw failure
  } finally {
    await resources.close()
  }
}

/** What a run reads, and where its answers come from. */
interface Work {
  readonly given: readonly NamedInput[]
  readonly source: CallSource | undefined
}

/** The steps from the recovery of earlier runs to the published files. */
async function loadAndPublish(
  current: OpenRun,
  work: Work,
  progress: Progress,
): Promise<{ published: Receipt; written: Written }> {
  const lossy = current.settings.new ?? false
  const { runId } = current.header
  const { receipt, inputs } = await withCurrentWarehouse(
    current,
    (warehouse) => enrich(current, warehouse, work, progress),
    // This run's calls are loaded after its plan, as if nothing had happened.
    { lossy, without: runId },
  )

  // If the clock was ahead in an earlier run, the tables are made again with corrected times.
  if (receipt.corrected_runs > 0) {
    progress.unrepeatable = true
    await withCurrentWarehouse(current, () => Promise.resolve(), { lossy })
  }

  // The files that analysts open are put in place, each whole or not at all. Meanwhile the loaded calls are written to raw/.
  current.enter('publishing')
  const writing = Promise.allSettled([writeLoaded(current.layout, current.effects)])
  const published = await publishRun(current, receipt, inputs).finally(() => writing)
  return { published, written: (await writing)[0] }
}

/** The steps that need the working database to be open. */
async function enrich(
  current: OpenRun,
  warehouse: Warehouse,
  { given, source }: Work,
  progress: Progress,
): Promise<{ receipt: Receipt; inputs: readonly NamedInput[] }> {
  const { settings, pipeline, layout, status, forgotten, header } = current
  const { connection } = warehouse

  // Calls that earlier runs paid for and did not load come first.
  current.enter('recovering')
  const recovered = (progress.recovered ??= await recoverCalls(current, warehouse))
  await current.cutOff?.reportFrom(connection)

  // The whole input is read and checked before the first call.
  const inputs = source?.lists
    ? await storedInputs(connection, pipeline, source.lists)
    : settings.tracked
      ? await trackedInputs(connection, pipeline, layout.data)
      : given
  status.name(inputs.map(({ name }) => name))
  current.enter('reading')
  const rowsRead = await loadMembers(inputs, { connection, pipeline, forgotten })
  // Links and names that lead to an id have it from now on; the API is asked for the others with --resolve only.
  await applyKnown(connection, pipeline)
  const { due, held } = await unresolvedInputs(connection, pipeline, settings)
  await applyHeld(connection, pipeline, held)
  const unresolved = !source && settings.resolve ? due : []
  if (unresolved.length === 0) await applyLeftOver(connection, pipeline, due)
  const foreign = await foreignLists(connection, pipeline)
  if (!progress.fetched) await checkLists(current, connection, inputs)

  // The plan decides for every id whether it is due or known.
  current.enter('planning')
  const planned = await plan(connection, planOptionsOf(settings, pipeline, header.startedAt))
  if (!progress.fetched && !source?.lists) await confirmPrice(current, connection, planned, unresolved)

  // Only due ids are fetched; each call is durable in the journal before its slot is free again.
  current.enter('fetching')
  const fetched = (progress.fetched ??= await fetchFrom(source)(
    current,
    warehouse,
    planned,
    inputs.map(({ name }) => name),
    unresolved,
  ))
  if (fetched.planned !== planned) progress.unrepeatable = true

  // The calls were staged as soon as they were durable; one merge takes them all.
  current.enter('loading')
  await loadFetched(current, warehouse, fetched)

  // Every row gets its status, and the receipt must add up.
  current.enter('settling')
  const results = { inputs, rowsRead, foreign, recovered, fetched, heldInputs: held.length }
  const receipt = await settleRun(current, warehouse, results)
  progress.settled = true
  return { receipt, inputs }
}

/** The API, unless the run has another source. */
function fetchFrom(source: CallSource | undefined): CallSource['fetch'] {
  return source ? (...step) => source.fetch(...step) : fetchDue
}

type Written = PromiseSettledResult<WrittenCalls>

/** When only `raw/` cannot be written, the published files and the receipt are valid, and the journal keeps the calls. */
async function seal(current: OpenRun, published: Receipt, written: Written): Promise<Receipt> {
  const { layout, effects } = current
  try {
    if (written.status === 'rejected') throw written.reason
    await sealLoaded(layout, written.value)
    return published
  } catch (error) {
    const failure = asLocalError(error, layout.raw)
    if (!(failure instanceof LocalError) || failure instanceof DamagedWarehouse) throw error
    await recordFailure(current, 'done', failure)
    effects.log('error', failure.message, 'error')
    return { ...published, exit_code: failure.exitCode, exit_reason: null }
  }
}

/** Finds the reason of a failure, corrects the row of the run in table `runs`, and moves a damaged working database aside. */
async function handleFailure(
  error: unknown,
  warehouse: string,
  progress: Progress,
  current: OpenRun | undefined,
): Promise<unknown> {
  if (!current) return asLocalError(error, warehouse)
  const failure = asLocalError(reasonOf(error, current), warehouse)
  if (progress.settled) await recordFailure(current, progress.published ? 'done' : 'interrupted', failure)
  // A damaged file beside the working database is one that is being rebuilt: the next run builds it again.
  if (!(failure instanceof DamagedWarehouse) || failure.path !== warehouse || !pathExists(warehouse)) return failure
  const kept = await setAside(current.lock, warehouse)
  return new LocalError(
    `${failure.message}; it is kept as ${kept}. Run the same command again: it is rebuilt with no call, and every paid answer is safe`,
    { cause: failure },
  )
}

/** A file may be missing because the whole data folder is gone: then that is the reason. */
function reasonOf(error: unknown, current: OpenRun): unknown {
  if (error instanceof RunError && !isMissing(error.cause)) return error
  try {
    current.check()
    return error
  } catch (gone) {
    return gone
  }
}

function isMissing(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
}
