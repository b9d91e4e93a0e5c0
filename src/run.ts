import { layoutOf } from './layout.js'
import { asLocalError } from './load/warehouse.js'
import { plan } from './plan/plan.js'
import type { Receipt } from './receipt.js'
import { Resources } from './resources.js'
import { fetchDue } from './run/fetchDue.js'
import { openHouse } from './run/house.js'
import type { Job, World } from './run/job.js'
import { loadFetched } from './run/loadFetched.js'
import { openInputs, spill } from './run/openInputs.js'
import { publishRun } from './run/publishRun.js'
import { recover } from './run/recover.js'
import { settleRun } from './run/settleRun.js'

/**
 * One run, from lists of ids to published files: docs/architecture.md tells it in words.
 * @returns the receipt, also when the run was stopped and the rest is parked
 * @throws RunError with its exit code when it could not come to an orderly end; what was paid is in the journal
 */
export async function run(job: Job, world: World): Promise<Receipt> {
  const open = new Resources()
  try {
    // What is wrong with the inputs at first sight shows before anything is touched.
    const inputs = await openInputs(job, world, open)

    // One run at a time owns the data folder.
    const house = await openHouse(job, world, open)

    // What earlier runs paid for and could not load comes first.
    const recovered = await recover(job, house, world)

    // The whole input is read and checked before the first call.
    const rowsRead = await spill(inputs, house)

    // Every id gets its verdict: due, or known.
    const planned = await plan(house.warehouse.connection, {
      startedAt: house.run.startedAt,
      maxAgeMs: job.settings.maxAge,
      retryFailed: job.settings.retryFailed ?? false,
      onAmbiguous: job.settings.onAmbiguous,
    })

    // Only what is due is asked; each call is durable in the journal before its slot is given on.
    const fetched = await fetchDue(job, planned, house, world)

    // The journal's segment, not the fetch, is what is loaded.
    await loadFetched(fetched, house)

    // Every row gets its status, and the receipt must add up.
    const receipt = await settleRun(job, { inputs, rowsRead, recovered, planned, fetched }, house, world)

    // What analysts open is put in place, whole or not at all.
    return await publishRun(job, receipt, inputs, house, world)
  } catch (error) {
    throw asLocalError(error, layoutOf(job.settings.data).warehouse)
  } finally {
    await open.close()
  }
}
