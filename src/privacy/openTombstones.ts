import type { Effects } from '../core/effects.js'
import type { IdFinder } from './idFinder.js'
import type { Layout } from '../dataFolder/layout.js'
import { forgottenFinder, isUnfinished, readTombstones } from './tombstones.js'

/**
 * Who must not come back; says so when an erasure was cut off, for only who knows whom it was for can complete it.
 * @returns undefined where nobody was forgotten
 * @throws LocalError when the file cannot be read
 */
export async function openTombstones({ data, forgotten }: Layout, effects: Effects): Promise<IdFinder | undefined> {
  const tombstones = await readTombstones(forgotten)
  if (isUnfinished(tombstones)) {
    effects.log(
      'warn',
      `an erasure in ${data} was cut off: give the same ids to \`creator-enrich forget\` once more, which completes it; until then files may still name them`,
    )
  }
  return forgottenFinder(tombstones)
}
