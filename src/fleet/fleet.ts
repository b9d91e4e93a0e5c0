import { UsageError } from '../core/errors.js'
import type { Pipeline } from '../model/pipeline.js'
import { openFleetFile, readFleetFile } from '../dataFolder/fleetFile.js'
import type { Layout } from '../dataFolder/layout.js'
import type { FleetDatabase } from './database.js'

/** What all programs of a fleet have in common. */
export interface FleetKind {
  readonly pipeline: Pick<Pipeline, 'name' | 'timeZone'>
  readonly simulated: boolean
  readonly host: string
}

export interface FleetRow {
  readonly folder: string
  readonly pipeline: string
  readonly simulated: boolean
  readonly host: string
}

/**
 * Checks that this program works for the fleet, and founds the fleet if there is none.
 * @param folder the data folder that the answers go to; absent for a worker
 * @param adopts the folder takes the place of another one, whose state is lost
 * @throws UsageError when the database belongs to another folder, pipeline or kind of API
 */
export async function claimFleet(
  { query, shown }: FleetDatabase,
  kind: FleetKind,
  folder?: string,
  adopts = false,
): Promise<void> {
  const { pipeline, simulated, host } = kind
  await query(
    `INSERT INTO fleet (folder, pipeline, simulated, host, time_zone) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [folder ?? '', pipeline.name, simulated, host, pipeline.timeZone],
  )
  if (folder !== undefined)
    await query(`UPDATE fleet SET folder = $1 WHERE (folder = '' OR $2) AND pipeline = $3 AND simulated = $4`, [
      ...[folder, adopts, pipeline.name, simulated],
    ])
  const [fleet] = await query<FleetRow>('SELECT folder, pipeline, simulated, host FROM fleet')
  const other = (what: string): UsageError => new UsageError(`PostgreSQL ${shown} ${what}; nothing was done`)
  if (fleet!.pipeline !== pipeline.name)
    throw other(
      `belongs to the pipeline ${fleet!.pipeline}, not to ${pipeline.name}: give that one with --pipeline, or another database`,
    )
  if (fleet!.simulated !== simulated)
    throw other(
      `holds ${fleet!.simulated ? 'simulated' : 'real'} data, and ${simulated ? 'simulated' : 'real'} data do not belong there: give another database, or the same --api everywhere`,
    )
  if (folder !== undefined && fleet!.folder !== folder)
    throw other(
      'belongs to another data folder, which alone knows what is fresh: work beside that folder, or give another database. If this is that folder, and its state/ was lost, --new makes it the owner',
    )
}

/** The kind of a fleet that is there. */
export async function readFleet({ query }: FleetDatabase): Promise<FleetRow> {
  const [fleet] = await query<FleetRow>('SELECT folder, pipeline, simulated, host FROM fleet')
  return fleet!
}

/**
 * Checks that the answers of the fleet go to this folder.
 * @param adopts the folder takes the place of another one, whose state is lost
 * @throws UsageError if they go to another one
 */
export async function checkOwner(database: FleetDatabase, layout: Layout, adopts = false): Promise<void> {
  const own = await readFleetFile(layout)
  const { folder } = await readFleet(database)
  if (own?.folder === folder) return
  if (folder === '')
    throw new UsageError(
      `PostgreSQL ${database.shown} has no data folder yet; nothing was done: the first \`enqueue\` makes its data folder the owner`,
    )
  if (!adopts)
    throw new UsageError(
      `PostgreSQL ${database.shown} belongs to another data folder than ${layout.data}; nothing was done: give that one with --data. If its state/ was lost, --new makes this folder the owner`,
    )
  const { folder: adopted } = await openFleetFile(layout)
  await database.query('UPDATE fleet SET folder = $1', [adopted])
}
