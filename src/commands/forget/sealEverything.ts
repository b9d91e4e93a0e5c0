import { sealLoaded, sealRuns } from '../../raw/seal.js'
import { loadLeftSegments } from '../../run/loadJournal.js'
import { withCurrentWarehouse, type LockedFolder } from '../../run/rebuild.js'

/**
 * Brings everything that earlier runs left into `raw/`, receipts included. The journal is empty afterwards, except for
 * segments whose head cannot be read.
 * @throws LocalError when something cannot be read or written; calling it again completes the work
 */
export async function sealEverything(folder: LockedFolder): Promise<void> {
  const { lock, reader, effects } = folder
  const { layout } = lock
  await withCurrentWarehouse(folder, async (warehouse) => {
    await loadLeftSegments({ layout, reader, effects }, warehouse)
    await sealRuns(warehouse.connection, layout.raw)
  })
  await sealLoaded(layout, effects)
}
