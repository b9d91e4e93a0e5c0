import { pathExists } from '../../core/absent.js'
import { messageOf, UsageError } from '../../core/errors.js'
import { layoutOf } from '../../dataFolder/layout.js'
import { openFleetDatabase } from '../../fleet/database.js'
import { readFleetStatus, type FleetStatus } from '../../fleet/fleetStatus.js'
import { findReadableFleet } from '../../fleet/migrate.js'
import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { fleetText } from './fleetText.js'
import { readFolderStatus } from './status.js'
import { statusText } from './statusText.js'

/**
 * Prints the state of a data folder: the current run, the last runs, the parked ids, the age of the profiles; and with the
 * address of a database that of its fleet, also where there is no data folder.
 */
export async function statusFlow({ settings, logger }: Invocation): Promise<number> {
  const now = Date.now()
  const layout = layoutOf(settings.data)
  const { databaseUrl } = settings
  const hasFolder = databaseUrl === undefined || pathExists(layout.state) || pathExists(layout.database)
  const report = hasFolder ? await readFolderStatus(layout, { ...settings, now }) : undefined
  let fleet: FleetStatus | undefined
  if (databaseUrl !== undefined) {
    try {
      fleet = await fleetAt(databaseUrl)
    } catch (error) {
      if (!report) throw error
      logger.log('warn', `the fleet is not shown: ${messageOf(error)}`, 'database_away')
    }
  }
  print(settings, { ...report, ...(fleet ? { fleet } : {}) }, (columns) =>
    [report && statusText(report, now, columns), fleet && fleetText(fleet)].filter((part) => part).join('\n'),
  )
  return 0
}

async function fleetAt(url: string): Promise<FleetStatus> {
  const database = await openFleetDatabase(url)
  try {
    if (!(await findReadableFleet(database)))
      throw new UsageError(`PostgreSQL ${database.shown} holds no fleet: \`enqueue\` or a worker founds one`)
    return await readFleetStatus(database)
  } finally {
    await database.close()
  }
}
