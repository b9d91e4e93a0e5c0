import { BusyError, exitCodeOf, LocalError, RunError } from '../core/errors.js'
import { Resources } from '../core/resources.js'
import { layoutOf } from '../dataFolder/layout.js'
import { asLocalError, DamagedWarehouse } from '../load/warehouse.js'
import type { Receipt } from '../model/receipt.js'
import { plan } from '../plan/plan.js'
import { sealLoaded } from '../raw/sealLoaded.js'
import { type Job, type World, planOptionsOf } from './context.js'
import { fetchDue } from './fetchDue.js'
import { loadFetched, recover } from './loadJournal.js'
import { writeMetrics } from './metricsFile.js'
import { openInputs, loadMembers } from './openInputs.js'
import { openRun, type OpenRun } from './openRun.js'
import { publishRun } from './publishRun.js'
import { setAside } from './rebuild.js'
import { recordFailure } from './recordFailure.js'
import { reportRun } from './reportRun.js'
import { settleRun } from './settleRun.js'
import { StatusFile } from './statusFile.js'
import { trackedInputs } from './trackedInputs.js'

/**
 * One run, from lists of ids to published files: docs/architecture.md tells it in words.
 * @returns the receipt, also when the run was stopped and the rest is parked
 * @throws RunError with its exit code when it could not come to an orderly end; what was paid is in the journal
 */
export async function run(job: Job, world: World): Promise<Receipt> {
  const layout = layoutOf(job.settings.data)
  const open = new Resources()
  const status = new StatusFile(layout.status, () => world.effects.now())
  let house: OpenRun | undefined
  try {
    // What is wrong with the inputs at first sight shows before anything is touched.
    const given = await openInputs(job, world, open)

    // One run at a time owns the data folder.
    house = await openRun(job, world, open, status)

    // What earlier runs paid for and could not load comes first.
    await house.enter('recovering')
    const recovered = await recover(job, house, world)

    // The whole input is read and checked before the first call.
    const { connection } = house.warehouse
    const inputs = job.settings.tracked ? await trackedInputs(connection, job.pipeline, layout.data) : given
    status.name(inputs.map(({ name }) => name))
    await house.enter('reading')
    const rowsRead = await loadMembers(inputs, { connection, pipeline: job.pipeline, forgotten: house.forgotten })

    // Every id gets its verdict: due, or known.
    await house.enter('planning')
    const planned = await plan(connection, planOptionsOf(job.settings, house.run.startedAt))

    // Only what is due is asked; each call is durable in the journal before its slot is given on.
    await house.enter('fetching')
    const fetched = await fetchDue(job, planned, house, world)

    // The journal's segment, not the fetch, is what is loaded.
    await house.enter('loading')
    await loadFetched(fetched, house)

    // Every row gets its status, and the receipt must add up.
    await house.enter('settling')
    const receipt = await settleRun(job, { inputs, rowsRead, recovered, planned, fetched }, house, world)

    // What analysts open is put in place, whole or not at all.
    await house.enter('publishing')
    const published = await publishRun(job, receipt, inputs, house, world)

    // What it was made from moves to raw/, where any engine reads it and nothing is changed any more.
    await house.enter('sealing')
    const sealed = await orUnsealed(published, house, world, () => sealLoaded(layout, world.effects))

    // What people look at first is made from what is published; nothing depends on it.
    await house.enter('reporting')
    const reported = await reportRun(job, sealed, house, world)
    await writeMetrics(layout, reported.exit_code, reported, world.effects)
    status.finish(reported.exit_code)
    return reported
  } catch (error) {
    const told = await setAsideDamaged(asLocalError(await reasonOf(error, house), layout.warehouse), house)
    // Where another run holds the folder, its end is the one to tell.
    if (!(told instanceof BusyError)) await writeMetrics(layout, exitCodeOf(told), undefined, world.effects)
    status.finish(exitCodeOf(told))
    throw told
  } finally {
    await open.close()
  }
}

/** What is published stands, and people get its receipt, when only `raw/` cannot be written: the journal keeps what is not there yet. */
async function orUnsealed(
  published: Receipt,
  house: OpenRun,
  { effects }: World,
  work: () => Promise<void>,
): Promise<Receipt> {
  try {
    await recordFailure(house, 'done', work)
    return published
  } catch (error) {
    const told = asLocalError(error, house.layout.raw)
    if (!(told instanceof LocalError) || told instanceof DamagedWarehouse) throw error
    effects.log('error', told.message)
    return { ...published, exit_code: told.exitCode }
  }
}

/** A working database whose damage shows when it is used is in nobody's way afterwards: the next run builds another. */
async function setAsideDamaged(told: unknown, house: OpenRun | undefined): Promise<unknown> {
  if (!(told instanceof DamagedWarehouse) || !house) return told
  await house.warehouse.close().catch(() => undefined)
  const kept = await setAside(house, house.warehouse.path)
  return new LocalError(
    `${told.message}; it is kept as ${kept}. Run the same command again: it is rebuilt with no call, what was paid is safe`,
    { cause: told },
  )
}

/** Where the data folder is gone, that is the reason of whatever could not be found in it. */
async function reasonOf(error: unknown, house: OpenRun | undefined): Promise<unknown> {
  if (!house || (error instanceof RunError && !isMissing(error.cause))) return error
  return house.check().then(
    () => error,
    (gone: unknown) => gone,
  )
}

function isMissing(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
}
