import { SCHEMA, type FleetDatabase } from './database.js'
import { ENGINE_SCHEMA, loadEngine } from './engine.js'
import { fleetMigrations } from './migrations/all.js'
import { schemaVersion } from './migrate.js'

/** What a fleet needs of its database. */
export interface FleetHealth {
  readonly server: string
  /** Whether the server is too old. */
  readonly isOld: boolean
  /** Of our tables; undefined: there are none yet, or the role may not look. */
  readonly schema: number | undefined
  readonly newestSchema: number
  /** What the role may not do, as a person reads it. */
  readonly missing: readonly string[]
  /** Whether the connection is readable on its way between machines. */
  readonly isPlain: boolean
  /** How far the clock of the database is ahead of the own one, milliseconds. */
  readonly aheadMs: number
}

/** Ranges of numbers, by which collected answers are known, came with it. */
const OLDEST_SERVER = 14

/**
 * Looks at the database of a fleet and changes nothing.
 * @throws LocalError when it cannot be reached, or a newer creator-enrich made the tables
 */
export async function readFleetHealth(database: FleetDatabase, now: () => number): Promise<FleetHealth> {
  await loadEngine()
  const before = now()
  const [row] = await database.query<{
    server: string
    is_there: boolean
    may_create: boolean
    may_use: boolean
    not_own: string
    is_plain: boolean
    now: number
  }>(HEALTH)
  const { server, is_there, may_create, may_use, not_own, is_plain } = row!
  const aheadMs = Math.round(row!.now - (before + now()) / 2)
  const missing: string[] = []
  if (!is_there && !may_create) missing.push('create a schema')
  if (!may_use) missing.push(`use and change the schemas ${SCHEMA} and ${ENGINE_SCHEMA}`)
  if (Number(not_own) > 0) missing.push(`own ${not_own} of their tables, so that partitions can be made and dropped`)
  return {
    server,
    isOld: Number.parseInt(server) < OLDEST_SERVER,
    schema: missing.length === 0 ? await schemaVersion(database) : undefined,
    newestSchema: fleetMigrations.length,
    ...{ missing, aheadMs, isPlain: is_plain },
  }
}

const SCHEMAS = `('${SCHEMA}', '${ENGINE_SCHEMA}')`

const HEALTH = `
SELECT current_setting('server_version') AS server, to_regnamespace('${SCHEMA}') IS NOT NULL AS is_there,
  has_database_privilege(current_database(), 'CREATE') AS may_create,
  coalesce((
    SELECT bool_and(has_schema_privilege(oid, 'USAGE') AND has_schema_privilege(oid, 'CREATE'))
    FROM pg_namespace WHERE nspname IN ${SCHEMAS}
  ), TRUE) AS may_use,
  (
    SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND NOT pg_has_role(relowner, 'USAGE')
      AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ${SCHEMAS})
  ) AS not_own,
  coalesce((SELECT NOT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), TRUE)
    AND coalesce(NOT (inet_client_addr() <<= '127.0.0.0/8' OR inet_client_addr() = '::1'), FALSE) AS is_plain,
  (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`
