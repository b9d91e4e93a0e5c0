import type { Settings } from '../../config/settings.js'
import type { Layout } from '../../dataFolder/layout.js'
import { eraseFromFleet, type FleetErasure } from '../../fleet/eraseFleet.js'
import { answerReader } from '../../flatten/compile.js'
import type { Pipeline } from '../../model/pipeline.js'
import { IdFinder } from '../../privacy/idFinder.js'
import { withOwnFleet } from './withOwnFleet.js'

/**
 * Erases people from the fleet of a data folder.
 * @returns undefined for a folder that is in no fleet; what could not be reached is in `unreached`
 */
export async function eraseFleetRows(
  ids: readonly string[],
  settings: Settings,
  layout: Layout,
  pipeline: Pipeline,
): Promise<FleetErasure | undefined> {
  return withOwnFleet(
    settings,
    layout,
    (database) => eraseFromFleet(database, ids, IdFinder.of(ids), answerReader(pipeline).interpret),
    (what): FleetErasure => ({ rows: 0, redacted: 0, unreached: [what] }),
  )
}
