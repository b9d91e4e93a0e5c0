import { LocalError } from '../../core/errors.js'
import { openFleetDatabase } from '../../fleet/database.js'
import { readFleetHealth } from '../../fleet/fleetHealth.js'
import { timeIn } from '../../terminal/progress.js'
import { ok, warn, type CheckResult } from './check.js'

/** A clock that differs by less is not worth a word. */
const CLOCK_MS = 2_000

/** Whether the database of a fleet can be used: reached, its tables, the rights of the role, its clock. Nothing is changed. */
export async function checkFleet(url: string, now: () => number): Promise<CheckResult> {
  const database = await openFleetDatabase(url)
  try {
    const { server, isOld, schema, newestSchema, missing, isPlain, aheadMs } = await readFleetHealth(database, now)
    if (isOld) throw new LocalError(`PostgreSQL ${database.shown} has version ${server}: 14 or newer is needed`)
    if (missing.length > 0)
      throw new LocalError(
        `PostgreSQL ${database.shown}: the role may not ${missing.join(', nor ')}: give it a database of its own, or grant that`,
      )
    const tables =
      schema === undefined
        ? 'no fleet yet'
        : schema < newestSchema
          ? `schema ${schema}, which the next command brings to ${newestSchema}`
          : `schema ${schema}`
    const said = `${database.shown} (PostgreSQL ${server}), ${tables}`
    if (Math.abs(aheadMs) > CLOCK_MS)
      return warn(
        `${said}; its clock is ${timeIn(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} that of this machine, and counts: set both (\`timedatectl set-ntp true\`)`,
      )
    return isPlain
      ? warn(`${said}; without TLS, answers are readable on their way: add ?sslmode=verify-full`)
      : ok(said)
  } finally {
    await database.close()
  }
}
