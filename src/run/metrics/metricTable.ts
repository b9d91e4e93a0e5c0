import type { MetricFamily, MetricType, Sample } from '../../core/prometheusText.js'

interface Metric {
  readonly type: MetricType
  readonly help: string
  /** Beside `folder` and `pipeline`, which each series has. */
  readonly labels: readonly string[]
  /**
   * `folder`: a fact of the data folder. `run`: a figure of the last run, absent after a run that failed before its receipt.
   * `worker`: of a worker of a fleet, in the file of its own folder.
   */
  readonly of: 'folder' | 'run' | 'worker'
}

function gauge(of: Metric['of'], help: string, ...labels: string[]): Metric {
  return { type: 'gauge', help, labels, of }
}

/** A figure of a worker; counters count since its start. */
function ofWorker(type: MetricType, help: string, ...labels: string[]): Metric {
  return { type, help, labels: ['account', ...labels], of: 'worker' }
}

/** Every metric, declared once, in the order of the file. docs/metrics.md has the same table. */
export const METRICS = {
  creator_enrich_last_run_timestamp_seconds: gauge('folder', 'When the last run ended.'),
  creator_enrich_last_run_exit_code: gauge('folder', 'Exit code of the last run.'),
  creator_enrich_last_success_timestamp_seconds: gauge('folder', 'When a run last ended with exit code 0.'),
  creator_enrich_last_start_exit_code: gauge('folder', 'Exit code of the last start; 0 if its run could start.'),
  creator_enrich_last_start_timestamp_seconds: gauge('folder', 'When a run last started, or could not start.'),
  creator_enrich_build_info: gauge('folder', 'Always 1; the label is the version that wrote the file.', 'version'),
  creator_enrich_simulated: gauge(
    'folder',
    '1 if the folder holds invented people, so that its calls cost nothing; else 0.',
  ),
  creator_enrich_ambiguous_calls: gauge('folder', 'Calls of all runs that may have been billed and got no answer.'),
  creator_enrich_creators: gauge('folder', 'Creators by status: active, empty, invalid or never_fetched.', 'status'),
  creator_enrich_spent_money: gauge(
    'folder',
    "Money of all runs in the day or month of the pipeline's zone in which this was written; kind is billed or maybe_billed.",
    'period',
    'kind',
    'currency',
  ),
  creator_enrich_spent_period_end_timestamp_seconds: gauge('folder', 'When that day or month ends.', 'period'),
  creator_enrich_list_ids: gauge('folder', 'Distinct ids of the list.', 'list'),
  creator_enrich_list_tracked: gauge('folder', '1 if run --tracked refreshes the list; else 0.', 'list'),
  creator_enrich_list_overdue_ids: gauge(
    'folder',
    'Ids of the list without an answer, or whose profile is older than --max-age of the last run, as of its start.',
    'list',
  ),
  creator_enrich_list_oldest_profile_timestamp_seconds: gauge(
    'folder',
    'When the oldest profile of the active creators of the list was received.',
    'list',
  ),
  creator_enrich_size_bytes: gauge('folder', 'Size of the files in state, raw, published or exports.', 'place'),
  creator_enrich_last_run_duration_seconds: gauge('run', 'Duration of the last run.'),
  creator_enrich_rows: gauge('run', 'Input rows of the last run by status.', 'status'),
  creator_enrich_ids: gauge('run', 'Distinct ids of the last run by status.', 'status'),
  creator_enrich_due_ids: gauge('run', 'Ids that the last run had to fetch, by its plan.'),
  creator_enrich_fetched_ids: gauge('run', 'Ids for which the last run sent a call.'),
  creator_enrich_failed_ids: gauge('run', 'Failed ids of the last run by code.', 'code'),
  creator_enrich_parked_ids: gauge('run', 'Parked ids of the last run: cap, quota, balance or stopped.', 'reason'),
  creator_enrich_calls: gauge('run', "HTTP calls of the last run by the upstream's code.", 'code'),
  creator_enrich_latency_seconds: gauge(
    'run',
    'Time until an answer of the last run had arrived: the median, the 95th percentile, and the longest (100).',
    'code',
    'percentile',
  ),
  creator_enrich_money: gauge('run', 'Money of the last run: billed or maybe_billed.', 'kind', 'currency'),
  creator_enrich_pace_calls_per_second: gauge('run', 'Calls a second of the last run; absent without a call.'),
  creator_enrich_pace_limit_calls_per_second: gauge(
    'run',
    'Calls a second that the API allowed; absent if the run did not meet that limit.',
  ),
  creator_enrich_pace_in_flight_limit: gauge(
    'run',
    'Calls in flight beyond which each call only takes longer; absent if the run did not meet that limit.',
  ),
  creator_enrich_worker_up: ofWorker('gauge', '1 while the worker runs, 0 after it has ended in order.'),
  creator_enrich_worker_seen_timestamp_seconds: ofWorker('gauge', 'When the worker wrote this; every 15 s.'),
  creator_enrich_worker_calls_total: ofWorker('counter', 'Calls that the worker has sent.'),
  creator_enrich_worker_charged_calls_total: ofWorker('counter', 'Calls that are billed or maybe_billed.', 'kind'),
  creator_enrich_worker_ids_total: ofWorker('counter', 'Ids with a final outcome: done or failed.', 'result'),
  creator_enrich_worker_in_flight_calls: ofWorker('gauge', 'Calls without an answer yet.'),
  creator_enrich_worker_pace_calls_per_second: ofWorker('gauge', 'Calls a second since the worker last wrote this.'),
  creator_enrich_worker_permit_wait_seconds_total: ofWorker(
    'counter',
    'Time for which calls have waited for their permits, summed over the calls.',
  ),
  creator_enrich_worker_late_permits_total: ofWorker(
    'counter',
    'Permits that the worker gave back, because it was too late for them or no call needed them any more.',
  ),
  creator_enrich_worker_waiting: ofWorker(
    'gauge',
    '1 while no call may go: the account or the fleet is stopped, or the budget of the day is spent; else 0.',
  ),
  creator_enrich_worker_database_away: ofWorker('gauge', '1 while the worker cannot use PostgreSQL; else 0.'),
} as const satisfies Readonly<Record<string, Metric>>

export type MetricName = keyof typeof METRICS

/** The samples of some metrics. */
export type Samples = Partial<Record<MetricName, readonly Sample[]>>

/** The samples with the declarations of their metrics, in the order of the table. */
export function familiesOf(...parts: readonly Samples[]): MetricFamily[] {
  const samples = parts.reduce<Samples>((all, part) => ({ ...all, ...part }), {})
  return Object.entries(METRICS).map(([name, { type, help }]) => {
    return { name, type, help, samples: samples[name as MetricName] ?? [] }
  })
}
