import { namesOfColumns, first, type Connection } from '../core/duckdb.js'
import { AHEAD_RUNS_JSON, CLOCK_TOLERANCE_MS } from '../model/clock.js'

/** SQL for what is known of earlier runs. */
export interface StoredRuns {
  /** The answers without a profile. */
  readonly misses: string
  /** Whether a row of `runs` was judged useless. */
  readonly isUseless: string
  /** Whether the last run with calls was. */
  readonly afterUseless: boolean
  /** When the ids of a row of `runs` were asked for: ages count from then. */
  readonly askedAt: string
  /** A query of the runs whose clock was ahead. */
  readonly aheadRuns: string
  /** A query of all runs, with what `cameBefore` needs. */
  readonly orderedRuns: string
}

const CLOCKS = {
  aheadRuns: `
SELECT unnest(from_json(ahead_runs, '${AHEAD_RUNS_JSON}')).run_id FROM runs WHERE ahead_runs IS NOT NULL`,
  orderedRuns: 'SELECT run_id, earlier_runs FROM runs',
}

const NO_CLOCKS = {
  aheadRuns: 'SELECT NULL WHERE FALSE',
  orderedRuns: 'SELECT run_id, NULL::VARCHAR AS earlier_runs FROM runs',
}

/** A file that an older version published has no such rows. */
export async function readStoredRuns(connection: Connection, startedAt: number): Promise<StoredRuns> {
  const columns = await namesOfColumns(connection, 'runs')
  if (!columns.has('useless')) {
    const misses = `(SELECT NULL::VARCHAR AS user_id, NULL::VARCHAR AS run_id, NULL::VARCHAR AS outcome, NULL::TIMESTAMPTZ AS observed_at WHERE FALSE)`
    return { misses, isUseless: 'FALSE', afterUseless: false, askedAt: 'started_at', ...NO_CLOCKS }
  }
  const last = await first<{ useless: boolean | null }>(
    connection,
    `SELECT useless FROM runs WHERE calls > 0
     ORDER BY epoch_ms(started_at) > $startedAt + ${CLOCK_TOLERANCE_MS}, started_at DESC, run_id DESC LIMIT 1`,
    { startedAt: BigInt(Math.round(startedAt)) },
  )
  return {
    misses: 'answers_without_profile',
    isUseless: 'coalesce(useless, FALSE)',
    afterUseless: last?.useless ?? false,
    ...(columns.has('ahead_runs') ? CLOCKS : NO_CLOCKS),
    askedAt: columns.has('asked_at') ? 'coalesce(asked_at, started_at)' : 'started_at',
  }
}
