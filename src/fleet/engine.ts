import type { Effects } from '../core/effects.js'
import { loadPeer, type FleetDatabase } from './database.js'

/** The schema of graphile-worker's tables. */
export const ENGINE_SCHEMA = 'creator_enrich_jobs'
const TASK = 'batch'

/** SQL that adds the job of a batch. Run in the transaction that makes the batch. */
export function addJobSql(batchNo: string): string {
  return `${ENGINE_SCHEMA}.add_job('${TASK}', json_build_object('batch_no', ${batchNo}), job_key := 'batch-' || ${batchNo})`
}

export interface Engine {
  /** Takes no further job; resolves when the jobs in progress have ended. */
  stop(): Promise<void>
}

/** @throws UsageError when the engine is not installed */
export function loadEngine(): Promise<typeof import('graphile-worker')> {
  return loadPeer('graphile-worker', import('graphile-worker'))
}

export async function migrateEngine({ pool }: FleetDatabase): Promise<void> {
  const { runMigrations, Logger } = await loadEngine()
  await runMigrations({ pgPool: pool, schema: ENGINE_SCHEMA, logger: new Logger(() => () => undefined) })
}

/**
 * Starts to take jobs.
 * @param take does the work of a batch; a job whose work rejects is delivered again
 * @param jobs how many batches at once
 */
export async function startEngine(
  { pool }: FleetDatabase,
  jobs: number,
  { log }: Pick<Effects, 'log'>,
  take: (batchNo: string) => Promise<void>,
): Promise<Engine> {
  const { run, Logger } = await loadEngine()
  const runner = await run({
    pgPool: pool,
    schema: ENGINE_SCHEMA,
    concurrency: jobs,
    noHandleSignals: true,
    // Where a notification is lost, the queue is looked at this often.
    pollInterval: 1_000,
    logger: new Logger(() => (level, message) => {
      if (['error', 'warning'].includes(level)) log('debug', `engine: ${message}`)
    }),
    taskList: { [TASK]: (payload) => take(String((payload as { batch_no: number | string }).batch_no)) },
  })
  // How it ended is told by `stop`.
  runner.promise.catch(() => undefined)
  return { stop: () => runner.stop().catch(() => undefined) }
}

/**
 * Makes jobs available again that wait without need: of workers that are gone, of batches whose work was given back, and
 * of batches whose job is lost.
 * @param query in a transaction
 * @param leaseMs a job that is locked for longer, although nobody holds its batch, has lost its worker
 */
export function repairJobsSql(leaseMs: number): readonly string[] {
  const jobs = `${ENGINE_SCHEMA}.jobs`
  return [
    `SELECT ${ENGINE_SCHEMA}.force_unlock_workers(workers) FROM (
       SELECT array_agg(DISTINCT locked_by) AS workers FROM ${jobs} AS job JOIN batches ON job.key = 'batch-' || batch_no
       WHERE locked_at < clock_timestamp() - interval '${leaseMs} milliseconds' AND session_no IS NULL
     ) AS lost WHERE workers IS NOT NULL`,
    `SELECT ${ENGINE_SCHEMA}.reschedule_jobs(ids, run_at := now(), attempts := 0) FROM (
       SELECT array_agg(id) AS ids FROM ${jobs} WHERE locked_at IS NULL AND attempts > 0
     ) AS waiting WHERE ids IS NOT NULL`,
    `SELECT ${addJobSql('batch_no')} FROM batches
     WHERE NOT is_done AND NOT EXISTS (SELECT 1 FROM ${jobs} AS job WHERE job.key = 'batch-' || batch_no)`,
  ]
}
