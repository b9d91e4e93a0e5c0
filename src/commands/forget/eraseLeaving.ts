import { isOurs } from '../../dataFolder/files.js'
import { beginErasure, readErasures, withoutIdsInPaths, writeErasures } from '../../privacy/erasures.js'
import {
  addTombstones,
  isUnfinished,
  leavingFinder,
  readTombstones,
  removeLeaving,
  substitutes,
  writeTombstones,
  type PaidCalls,
} from '../../privacy/tombstones.js'
import { withoutPeople } from '../../privacy/withoutPeople.js'
import type { HeldFolder } from '../../run/context.js'
import { paidFor, rawFilesOf } from './eraseRaw.js'
import { erase, rehearse, type ErasureWork } from './forget.js'
import { closedReceipts, touchedBy, touchedIn } from './receipts.js'
import { sealEverything } from './sealEverything.js'
import { otherFiles, searchFolder } from './searchFolder.js'

/**
 * Erases people who left their last list from everything under the data folder, as `forget` does, but leaves no tombstone: a
 * list that names them again brings them back. May be killed at any point: `raw/forgotten.json` marks them by then, and
 * another call completes the erasure, with other ids or none.
 * @throws RunError with its exit code
 */
export async function eraseLeaving(ids: readonly string[], held: HeldFolder): Promise<void> {
  const { layout, reader } = held
  const before = await readTombstones(layout.forgotten)
  const named = new Map(ids.map((id) => [id, {}]))
  const finder = leavingFinder(addTombstones(before, named, held.effects.now(), true))
  const effects = withoutPeople(held.effects, finder)
  const erasure: ErasureWork = { ...held, finder, effects }
  await sealEverything(erasure)
  const findings = await searchFolder(layout, finder)
  const files = rawFilesOf(findings, layout)
  // Those of an erasure that was cut off have their counts in the file.
  const paid = ids.length === 0 ? new Map<string, PaidCalls>() : await paidFor(ids, files, reader)
  const tombstones = addTombstones(before, paid, effects.now(), true)
  // After an erasure that was cut off, raw/ is changed in part and can be rebuilt only when this one is complete.
  if (!isUnfinished(before)) await rehearse(erasure, files)
  await writeTombstones(layout.forgotten, tombstones)
  const ours = findings.map(({ path }) => path).filter((path) => isOurs(path, layout))
  const receipts = withoutIdsInPaths(await readErasures(layout.erasures), finder)
  const open = beginErasure(receipts, ids, touchedBy(ours, 'rewritten', erasure), effects.now(), true)
  await writeErasures(layout.erasures, open)
  const gone = await erase(erasure, findings, substitutes(tombstones))
  const result = { ...otherFiles(findings, layout), ...gone }
  await writeErasures(layout.erasures, closedReceipts(open, ids, touchedIn(gone, erasure), result, erasure, true))
  await writeTombstones(layout.forgotten, removeLeaving(await readTombstones(layout.forgotten)))
}
