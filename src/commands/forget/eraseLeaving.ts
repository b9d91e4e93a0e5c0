import { IdFinder } from '../../privacy/idFinder.js'
import {
  addTombstones,
  isUnfinished,
  readTombstones,
  removeLeaving,
  substitutes,
  writeTombstones,
} from '../../privacy/tombstones.js'
import type { HeldFolder } from '../../run/context.js'
import { paidFor, rawFilesOf } from './eraseRaw.js'
import { erase, rehearse, type Erasure } from './forget.js'
import { sealEverything } from './sealEverything.js'
import { searchFolder } from './searchFolder.js'

/**
 * Erases people who left their last list from everything under the data folder, as `forget` does, but leaves no tombstone: a
 * list that names them again brings them back. May be killed at any point: then `raw/forgotten.json` says so, and the next
 * run calls it again with those of the ids that are still known.
 * @throws RunError with its exit code
 */
export async function eraseLeaving(ids: readonly string[], held: HeldFolder): Promise<void> {
  const finder = IdFinder.of(ids)
  const log: HeldFolder['effects']['log'] = (level, message) => held.effects.log(level, finder.takeOut(message))
  const erasure: Erasure = { ...held, finder, effects: { ...held.effects, log } }
  const { layout, reader, effects } = erasure
  await sealEverything(erasure)
  const findings = await searchFolder(layout, finder)
  const files = rawFilesOf(findings, layout)
  const before = await readTombstones(layout.forgotten)
  const tombstones = addTombstones(before, await paidFor(ids, files, reader), effects.now(), true)
  // After an erasure that was cut off, raw/ is changed in part and can be rebuilt only when this one is complete.
  if (!isUnfinished(before)) await rehearse(erasure, files)
  await writeTombstones(layout.forgotten, tombstones)
  await erase(erasure, findings, substitutes(tombstones))
  await writeTombstones(layout.forgotten, removeLeaving(await readTombstones(layout.forgotten)))
}
