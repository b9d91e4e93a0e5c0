import { completeReceipts } from '../../raw/completeReceipts.js'
import { sealLoaded, writeLoaded } from '../../raw/seal.js'
import { sealRuns } from '../../raw/sealRuns.js'
import { sweepRaw } from '../../raw/sweepRaw.js'
import { loadLeftSegments } from '../../run/loadJournal.js'
import { withCurrentWarehouse, type LockedFolder } from '../../run/rebuild.js'

/**
 * Seals everything that earlier runs left, receipts included. Afterwards the journal is empty, except for segments with an
 * unreadable head.
 * @throws LocalError when something cannot be read or written; calling it again completes the work
 */
export async function sealEverything(folder: LockedFolder): Promise<void> {
  const { lock, reader, effects } = folder
  const { layout } = lock
  await withCurrentWarehouse(folder, async (warehouse) => {
    await loadLeftSegments({ layout, reader, effects }, warehouse)
    await sealRuns(warehouse.connection, layout.raw)
    await completeReceipts(warehouse.connection, layout.raw)
  })
  await sealLoaded(layout, await writeLoaded(layout, effects))
  await sweepRaw(layout.raw)
}
