import { fleetTables } from './0001-tables.js'
import { permitFunction } from './0002-permits.js'
import { leaseColumn } from './0003-leases.js'
import { collectedColumn } from './0004-collected.js'
import { permitClock } from './0005-permit-clock.js'

/** The migrations of the schema, forward only. A released one is never edited; a change is a new one at the end. */
export const fleetMigrations: readonly string[] = [
  fleetTables,
  permitFunction,
  leaseColumn,
  collectedColumn,
  permitClock,
]
