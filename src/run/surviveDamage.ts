import { join } from 'node:path'
import { pathExists } from '../core/absent.js'
import { asLocalError, DamagedWarehouse } from '../load/warehouse.js'
import type { Fetched } from './fetchDue.js'
import type { OpenRun } from './openRun.js'
import { setAside } from './rebuild.js'

/**
 * Does the work. If the working database turns out damaged meanwhile, it is moved aside and the work is done once more:
 * the work rebuilds it, with no call.
 * @param done what is fetched already, and whether the work cannot be repeated
 * @throws the error of `work`
 */
export async function surviveDamage<T>(
  run: OpenRun,
  done: { readonly fetched?: Fetched; readonly unrepeatable?: true },
  work: () => Promise<T>,
): Promise<T> {
  const { lock, layout, header, effects } = run
  try {
    return await work()
  } catch (error) {
    const { warehouse, journal } = layout
    const damage = asLocalError(error, warehouse)
    if (!(damage instanceof DamagedWarehouse) || damage.path !== warehouse || !pathExists(warehouse)) throw error
    if (done.unrepeatable) throw error
    // A fetch that broke off has paid for calls, and the next run loads them first.
    if (!done.fetched && pathExists(join(journal, `${header.runId}.journal`))) throw error
    run.check()
    const kept = await setAside(lock, warehouse)
    effects.log(
      'warn',
      `${damage.message}; it is kept as ${kept} and rebuilt in this run, with no call made again`,
      'database_damaged',
    )
    return work()
  }
}
