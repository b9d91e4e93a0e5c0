import type { Settings } from '../../config/settings.js'
import { LocalError, messageOf } from '../../core/errors.js'
import { readFleetFile } from '../../dataFolder/fleetFile.js'
import type { Layout } from '../../dataFolder/layout.js'
import { openFleetDatabase, type FleetDatabase } from '../../fleet/database.js'
import { checkOwner } from '../../fleet/fleet.js'
import { findFleet, findReadableFleet } from '../../fleet/migrate.js'

/**
 * Does the work with the database of the fleet whose answers go to this folder.
 * @param isReader the work changes nothing, not even tables of an older version
 * @param unreached says what could not be reached, and why
 * @returns undefined for a folder that is in no fleet
 */
export async function withOwnFleet<T>(
  { databaseUrl }: Pick<Settings, 'databaseUrl'>,
  layout: Layout,
  work: (database: FleetDatabase) => Promise<T>,
  unreached: (what: string) => T,
  isReader = false,
): Promise<T | undefined> {
  if (!(await readFleetFile(layout))) return undefined
  if (databaseUrl === undefined)
    return unreached('the queue and the landed answers of its fleet: give --database-url, then the same ids again')
  const database = await openFleetDatabase(databaseUrl)
  try {
    if (!(await (isReader ? findReadableFleet : findFleet)(database)))
      return unreached(
        `the queue and the landed answers: PostgreSQL ${database.shown} holds no fleet; give that of this folder`,
      )
    await checkOwner(database, layout)
    return await work(database)
  } catch (error) {
    if (!(error instanceof LocalError)) throw error
    return unreached(`the queue and the landed answers: ${messageOf(error)}`)
  } finally {
    await database.close()
  }
}
