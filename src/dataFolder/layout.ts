import { join, resolve } from 'node:path'
import { UsageError } from '../core/errors.js'

/** The paths in a data folder, all absolute. */
export interface Layout {
  readonly data: string
  /** The link to the current published database, which analysts open. */
  readonly database: string
  readonly published: string
  readonly exports: string
  readonly reports: string
  readonly metrics: string
  readonly raw: string
  /** The tombstones of forgotten people, without ids. */
  readonly forgotten: string
  /** The receipts of erasures, without ids. */
  readonly erasures: string
  /** What the config file of the folder set for the last run. */
  readonly keptConfig: string
  /** The other folder whose newest rows are published here, too. */
  readonly included: string
  readonly state: string
  readonly journal: string
  readonly warehouse: string
  readonly lock: string
  readonly temp: string
  /** What exceeds the memory of commands that only read. */
  readonly spill: string
  /** The progress of a run, for readers. */
  readonly status: string
  /** The last start that failed. */
  readonly start: string
  /** What the exports were made from. */
  readonly fingerprints: string
  /** How the folder takes part in a fleet. */
  readonly fleet: string
  /** The limits of the API that calls have shown. */
  readonly learned: string
}

/** @throws UsageError for a path in which DuckDB takes a part for the query of an address, and would look for its log elsewhere */
export function layoutOf(data: string): Layout {
  const root = resolve(data)
  if (root.includes('?')) {
    throw new UsageError(
      `${root}: DuckDB keeps no database in a folder with "?" in its path; give another one with --data`,
    )
  }
  const state = join(root, 'state')
  return {
    data: root,
    database: join(root, 'creators.duckdb'),
    published: join(root, 'published'),
    exports: join(root, 'exports'),
    reports: join(root, 'reports'),
    metrics: join(root, 'metrics'),
    raw: join(root, 'raw'),
    forgotten: join(root, 'raw', 'forgotten.json'),
    erasures: join(root, 'raw', 'erasures.json'),
    keptConfig: join(root, 'raw', 'config.json'),
    included: join(root, 'raw', 'included.json'),
    state,
    journal: join(state, 'journal'),
    warehouse: join(state, 'warehouse.duckdb'),
    lock: join(state, 'lock.duckdb'),
    temp: join(state, 'temp'),
    spill: join(state, 'spill'),
    status: join(state, 'status.json'),
    start: join(state, 'start.json'),
    fingerprints: join(state, 'exports.json'),
    fleet: join(state, 'fleet.json'),
    learned: join(state, 'learned.json'),
  }
}
