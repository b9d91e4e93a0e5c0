import { join, resolve } from 'node:path'

/** Where everything lies under a data folder; all paths absolute. */
export interface Layout {
  readonly data: string
  /** The link that analysts open. */
  readonly database: string
  readonly published: string
  readonly exports: string
  /** Among the exports, where it is asked for. */
  readonly workbook: string
  readonly reports: string
  readonly metrics: string
  readonly raw: string
  /** Who was forgotten, as tombstones without ids. */
  readonly forgotten: string
  readonly state: string
  readonly journal: string
  readonly warehouse: string
  readonly lock: string
  readonly temp: string
  /** For readers while a run is on. */
  readonly status: string
  /** What calls have taught about the API's limits. */
  readonly learned: string
}

export function layoutOf(data: string): Layout {
  const root = resolve(data)
  const state = join(root, 'state')
  return {
    data: root,
    database: join(root, 'creators.duckdb'),
    published: join(root, 'published'),
    exports: join(root, 'exports'),
    workbook: join(root, 'exports', 'creators.xlsx'),
    reports: join(root, 'reports'),
    metrics: join(root, 'metrics'),
    raw: join(root, 'raw'),
    forgotten: join(root, 'raw', 'forgotten.json'),
    state,
    journal: join(state, 'journal'),
    warehouse: join(state, 'warehouse.duckdb'),
    lock: join(state, 'lock.duckdb'),
    temp: join(state, 'temp'),
    status: join(state, 'status.json'),
    learned: join(state, 'learned.json'),
  }
}
