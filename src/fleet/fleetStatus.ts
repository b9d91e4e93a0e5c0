import type { FleetDatabase } from './database.js'
import { ENGINE_SCHEMA } from './engine.js'

/** The state of a fleet; times are ISO 8601, UTC. */
export interface FleetStatus {
  readonly database: string
  /** Of the days of budgets. */
  readonly time_zone: string
  readonly stopped_at: string | null
  /** Ids in the queue: not fetched, and fetched but not yet collected. */
  readonly ids: { readonly open: number; readonly to_collect: number }
  readonly batches: { readonly waiting: number; readonly held: number }
  /** Calls that `collect` has not taken, and those of them without a known end whose worker is at it. */
  readonly calls: { readonly to_collect: number; readonly in_flight: number; readonly late: number }
  readonly workers: readonly {
    readonly worker: string
    readonly account: string
    readonly folder: string
    readonly seen_seconds_ago: number
  }[]
  /** Sessions of the last day that ended by silence. */
  readonly lost_workers: number
  readonly accounts: readonly {
    readonly account: string
    readonly per_second: number | null
    readonly day_calls: number | null
    readonly taken_today: number
    readonly stop: { readonly code: string; readonly message: string; readonly resumes_at: string | null } | null
  }[]
  readonly oldest_enqueue_at: string | null
  /** Jobs of the engine that failed and wait for their next delivery. */
  readonly jobs: number
}

/** Reads the state of a fleet. Holds no lock that others wait for. */
export async function readFleetStatus({ query, shown }: FleetDatabase): Promise<FleetStatus> {
  const [counts] = await query<Record<string, string | null>>(`
SELECT
  (SELECT time_zone FROM fleet) AS time_zone,
  (SELECT to_json(stopped_at) #>> '{}' FROM fleet) AS stopped_at,
  (SELECT count(*) FROM ids WHERE NOT is_done) AS open_ids,
  (SELECT count(*) FROM ids WHERE is_done) AS done_ids,
  (SELECT count(*) FROM batches WHERE NOT is_done AND session_no IS NULL) AS waiting,
  (SELECT count(*) FROM batches WHERE NOT is_done AND session_no IS NOT NULL) AS held,
  (SELECT count(*) FROM intents WHERE collected_by IS NULL) AS calls,
  (SELECT count(*) FROM intents AS i JOIN batches AS b ON b.batch_no = i.batch_no AND b.fence = i.fence
   WHERE collected_by IS NULL AND b.session_no = i.session_no
     AND NOT EXISTS (SELECT 1 FROM ends WHERE ends.session_no = i.session_no AND ends.seq = i.seq)) AS in_flight,
  (SELECT count(*) FROM late_answers) AS late,
  (SELECT count(*) FROM sessions WHERE is_lost AND ended_at > clock_timestamp() - interval '1 day') AS lost,
  (SELECT min(started_at) FROM enqueues WHERE finished_at IS NULL) AS oldest,
  (SELECT count(*) FROM ${ENGINE_SCHEMA}.jobs) AS jobs`)
  const number = (name: string): number => Number(counts![name] ?? 0)
  const workers = await query<FleetStatus['workers'][number]>(`
SELECT worker, account, folder, extract(epoch FROM clock_timestamp() - seen_at)::float8 AS seen_seconds_ago
FROM sessions WHERE ended_at IS NULL ORDER BY session_no`)
  const accounts = await query<{
    account: string
    per_second: number | null
    day_calls: string | null
    taken: string
    stop_code: string | null
    stop_message: string
    resumes_at: string | null
  }>(`
SELECT account, per_second, day_calls,
  CASE WHEN day = (clock_timestamp() AT TIME ZONE fleet.time_zone)::date THEN taken ELSE 0 END AS taken,
  CASE WHEN accounts.stopped_at IS NOT NULL AND (resumes_at IS NULL OR resumes_at > clock_timestamp()) THEN stop_code END AS stop_code,
  stop_message, to_json(resumes_at) #>> '{}' AS resumes_at
FROM accounts, fleet ORDER BY account`)
  const iso = (text: string | null): string | null => (text === null ? null : new Date(text).toISOString())
  return {
    database: shown,
    time_zone: counts!['time_zone'] ?? 'UTC',
    stopped_at: iso(counts!['stopped_at'] ?? null),
    ids: { open: number('open_ids'), to_collect: number('done_ids') },
    batches: { waiting: number('waiting'), held: number('held') },
    calls: { to_collect: number('calls') - number('in_flight'), in_flight: number('in_flight'), late: number('late') },
    workers,
    lost_workers: number('lost'),
    accounts: accounts.map(({ account, per_second, day_calls, taken, stop_code, stop_message, resumes_at }) => ({
      ...{ account, per_second, day_calls: day_calls === null ? null : Number(day_calls), taken_today: Number(taken) },
      stop: stop_code === null ? null : { code: stop_code, message: stop_message, resumes_at: iso(resumes_at) },
    })),
    oldest_enqueue_at: (counts!['oldest'] ?? null) === null ? null : new Date(number('oldest')).toISOString(),
    jobs: number('jobs'),
  }
}
