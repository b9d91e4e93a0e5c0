import type { Settings } from '../../config/options.js'
import { LocalError, messageOf } from '../../core/errors.js'
import { readFleetFile } from '../../dataFolder/fleetFile.js'
import type { Layout } from '../../dataFolder/layout.js'
import { openFleetDatabase } from '../../fleet/database.js'
import { eraseFromFleet, type FleetErasure } from '../../fleet/eraseFleet.js'
import { checkOwner } from '../../fleet/fleet.js'
import { isFleet } from '../../fleet/migrate.js'
import { answerReader } from '../../flatten/compile.js'
import type { Pipeline } from '../../model/pipeline.js'
import { IdFinder } from '../../privacy/idFinder.js'

/**
 * Erases people from the fleet of a data folder.
 * @returns undefined for a folder that is in no fleet; what could not be reached is in `unreached`
 */
export async function eraseFleetRows(
  ids: readonly string[],
  { databaseUrl }: Settings,
  layout: Layout,
  pipeline: Pipeline,
): Promise<FleetErasure | undefined> {
  const unreached = (why: string): FleetErasure => ({ rows: 0, redacted: 0, unreached: [why] })
  if (!(await readFleetFile(layout))) return undefined
  if (databaseUrl === undefined)
    return unreached('the queue and the landed answers of its fleet: give --database-url, then the same ids again')
  const database = await openFleetDatabase(databaseUrl)
  try {
    if (!(await isFleet(database))) return undefined
    await checkOwner(database, layout)
    return await eraseFromFleet(database, ids, IdFinder.of(ids), answerReader(pipeline).interpret)
  } catch (error) {
    if (!(error instanceof LocalError)) throw error
    return unreached(`the queue and the landed answers: ${messageOf(error)}`)
  } finally {
    await database.close()
  }
}
