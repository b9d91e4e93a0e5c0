import { LocalError } from '../core/errors.js'
import { SCHEMA, type FleetDatabase, type FleetQuery } from './database.js'
import { migrateEngine } from './engine.js'
import { fleetMigrations } from './migrations/all.js'

/** So that two programs do not migrate at once. */
const LOCK = `pg_advisory_xact_lock(hashtext('creator_enrich migrations'))`

/**
 * Creates or updates the schemas: ours and the engine's. A database that is up to date is left alone.
 * @throws LocalError when a newer creator-enrich made the schema, or the database cannot be used
 */
export async function migrateFleet(database: FleetDatabase): Promise<void> {
  if ((await schemaVersion(database)) === fleetMigrations.length) return
  await migrateEngine(database)
  await database.transaction(async (query) => {
    await query(`SELECT ${LOCK}`)
    await query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`)
    await query('CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL)')
    const from = (await versionIn(query)) ?? 0
    for (const sql of fleetMigrations.slice(from)) await query(sql)
    await query('DELETE FROM schema_version')
    await query('INSERT INTO schema_version VALUES ($1)', [fleetMigrations.length])
  })
}

/** Whether the database holds a fleet. The tables of an older version are brought up to date. @throws LocalError as `migrateFleet` */
export async function findFleet(database: FleetDatabase): Promise<boolean> {
  if ((await schemaVersion(database)) === undefined) return false
  await migrateFleet(database)
  return true
}

/**
 * Whether the database holds a fleet, for commands that only read: they leave tables of an older version alone, for the sake of
 * workers of that version.
 * @throws LocalError when another version of creator-enrich made the tables
 */
export async function findReadableFleet(database: FleetDatabase): Promise<boolean> {
  const version = await schemaVersion(database)
  if (version !== undefined && version < fleetMigrations.length)
    throw new LocalError(
      `PostgreSQL ${database.shown}: an older creator-enrich made the schema ${SCHEMA} (${version}, this one reads ${fleetMigrations.length}): use the version of the workers here too; \`enqueue\`, \`worker\` and \`collect\` of this one bring it up to date`,
    )
  return version !== undefined
}

/** The version of the tables; undefined without any. @throws LocalError when a newer creator-enrich made them */
export async function schemaVersion(database: FleetDatabase): Promise<number | undefined> {
  const [found] = await database.query<{ there: boolean }>(
    `SELECT to_regclass('${SCHEMA}.schema_version') IS NOT NULL AS there`,
  )
  const version = found!.there ? await versionIn(database.query) : undefined
  if (version !== undefined && version > fleetMigrations.length)
    throw new LocalError(
      `PostgreSQL ${database.shown}: a newer creator-enrich made the schema ${SCHEMA} (${version}, this one knows ${fleetMigrations.length}): use the newer one here too`,
    )
  return version
}

async function versionIn(query: FleetQuery): Promise<number | undefined> {
  const [row] = await query<{ version: number }>('SELECT version FROM schema_version')
  return row?.version
}
