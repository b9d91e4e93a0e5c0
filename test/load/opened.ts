import { onTestFinished } from 'vitest'
import { all, type ReadCell } from '../../src/core/duckdb.js'
import { layoutOf, type Layout } from '../../src/dataFolder/layout.js'
import { takeLock, type Lock } from '../../src/dataFolder/lock.js'
import { loadSegments, type LoadSummary } from '../../src/load/loadCalls.js'
import type { AnswerSource } from '../../src/load/stage.js'
import type { Pipeline } from '../../src/model/pipeline.js'
import { placeEmptyWarehouse } from '../support/emptyWarehouse.js'
import { temporaryFolder } from '../support/folder.js'
import { openWarehouse, type HeldWarehouse } from '../support/warehouse.js'
import { people, reader } from './people.js'

export interface Opened {
  readonly layout: Layout
  readonly lock: Lock
  readonly warehouse: HeldWarehouse
  readonly load: (...sources: AnswerSource[]) => Promise<LoadSummary>
  readonly rows: (sql: string) => Promise<Record<string, ReadCell>[]>
}

/** A working database in its own folder, closed after the test. */
export async function opened(
  layout = layoutOf(temporaryFolder()),
  pipeline: Pipeline = people,
  held?: Lock,
): Promise<Opened> {
  if (!held) await placeEmptyWarehouse(layout.data, pipeline)
  const lock = held ?? (await takeLock(layout))
  onTestFinished(() => lock.release())
  const warehouse = await openWarehouse(lock, pipeline)
  return {
    layout,
    lock,
    warehouse,
    load: (...sources) => loadSegments(warehouse, sources, { ...reader, pipeline }),
    rows: (sql) => all(warehouse.connection, sql),
  }
}

const ORDER: Record<string, string> = {
  creators: 'user_id',
  person_tags: 'user_id, position',
  creator_counters: 'user_id, observed_at',
  creator_days: 'user_id, observed_day',
  creator_recent: 'user_id',
  creator_versions: 'user_id, valid_from',
  creator_changes: 'user_id, changed_at, column_name',
  anomalies: 'ALL',
  schema_drift: 'ALL',
  ambiguous_calls: 'run_id, seq',
  failures: 'run_id, user_id',
  runs: 'run_id',
  run_codes: 'run_id, code',
  resolved_ids: 'kind, input',
}

/** The content of the tables that a load fills, ordered by key. */
export async function contents(
  { rows }: Pick<Opened, 'rows'>,
  tables = Object.keys(ORDER),
): Promise<Record<string, Record<string, ReadCell>[]>> {
  const found: Record<string, Record<string, ReadCell>[]> = {}
  for (const table of tables) found[table] = await rows(`SELECT * FROM ${table} ORDER BY ${ORDER[table]!}`)
  return found
}
