import type { DueId } from '../model/call.js'
import type { FleetDatabase, FleetQuery } from './database.js'
import { repairJobsSql } from './engine.js'

/** A batch that a session holds, under a number that grows each time it changes hands. */
export interface Lease {
  readonly batchNo: string
  readonly fence: number
  readonly ids: readonly DueId[]
}

export interface SessionStart {
  readonly sessionId: string
  readonly account: string
  /** Host and process, for people. */
  readonly worker: string
  readonly folder: string
  /** After so long without a sign of the worker, others may take its batches. */
  readonly leaseMs: number
}

export async function startSession({ query }: FleetDatabase, start: SessionStart): Promise<string> {
  const { sessionId, account, worker, folder, leaseMs } = start
  const [row] = await query<{ session_no: string }>(
    'INSERT INTO sessions (session_id, account, worker, folder, lease_ms) VALUES ($1, $2, $3, $4, $5) RETURNING session_no',
    [sessionId, account, worker, folder, leaseMs],
  )
  return row!.session_no
}

/** @returns false if the session counts as lost: others have its batches */
export async function renewSession({ query }: FleetDatabase, sessionNo: string): Promise<boolean> {
  const rows = await query(
    'UPDATE sessions SET seen_at = clock_timestamp() WHERE session_no = $1 AND ended_at IS NULL RETURNING 1',
    [sessionNo],
  )
  return rows.length > 0
}

/** Ends a session, and gives its batches back. */
export async function endSession(database: FleetDatabase, sessionNo: string): Promise<void> {
  await database.transaction(async (query) => {
    await query('UPDATE batches SET session_no = NULL WHERE session_no = $1', [sessionNo])
    await query('UPDATE sessions SET ended_at = coalesce(ended_at, clock_timestamp()) WHERE session_no = $1', [
      sessionNo,
    ])
  })
}

/**
 * Takes a batch with the ids that are not done.
 * @param holdAmbiguous leave ids with a call that was sent and never answered
 * @returns undefined if nothing is left to do; `held` if another session has it
 */
export async function takeBatch(
  database: FleetDatabase,
  { sessionNo, batchNo, holdAmbiguous }: { sessionNo: string; batchNo: string; holdAmbiguous: boolean },
): Promise<Lease | 'held' | undefined> {
  return database.transaction(async (query) => {
    const [batch] = await query<{ is_done: boolean; fence: number; is_held: boolean }>(
      `SELECT is_done, fence, EXISTS (
         SELECT 1 FROM sessions WHERE sessions.session_no = batches.session_no AND ended_at IS NULL
       ) AS is_held
       FROM batches WHERE batch_no = $1 FOR UPDATE`,
      [batchNo],
    )
    if (!batch || batch.is_done) return undefined
    if (batch.is_held) return 'held'
    const fence = batch.fence + 1
    await query('UPDATE batches SET fence = $2, session_no = $3 WHERE batch_no = $1', [batchNo, fence, sessionNo])
    if (holdAmbiguous)
      await query(
        `UPDATE ids SET is_done = TRUE WHERE batch_no = $1 AND NOT is_done AND EXISTS (
           SELECT 1 FROM intents WHERE intents.user_id = ids.user_id AND intents.batch_no = $1
             AND NOT EXISTS (SELECT 1 FROM ends WHERE ends.session_no = intents.session_no AND ends.seq = intents.seq)
         )`,
        [batchNo],
      )
    const rows = await query<{ user_id: string; last_answer: 'profile' | 'empty' | null }>(
      'SELECT user_id, last_answer FROM ids WHERE batch_no = $1 AND NOT is_done ORDER BY place',
      [batchNo],
    )
    const ids = rows.map(({ user_id: id, last_answer: last }) => ({ id, ...(last === null ? {} : { last }) }))
    if (ids.length === 0) await finish(query, batchNo)
    return ids.length === 0 ? undefined : { batchNo, fence, ids }
  })
}

/** Ids whose outcome is final are done; a batch without other ids is complete. */
export async function finishIds(
  database: FleetDatabase,
  sessionNo: string,
  lease: Lease,
  ids: readonly string[],
): Promise<void> {
  const { batchNo, fence } = lease
  await database.transaction(async (query) => {
    const [held] = await query(
      'SELECT 1 FROM batches WHERE batch_no = $1 AND fence = $2 AND session_no = $3 FOR UPDATE',
      [batchNo, fence, sessionNo],
    )
    if (!held) return
    await query('UPDATE ids SET is_done = TRUE WHERE batch_no = $1 AND user_id = ANY ($2)', [batchNo, ids])
    const [open] = await query('SELECT 1 FROM ids WHERE batch_no = $1 AND NOT is_done LIMIT 1', [batchNo])
    if (!open) await finish(query, batchNo)
  })
}

async function finish(query: FleetQuery, batchNo: string): Promise<void> {
  await query('UPDATE batches SET is_done = TRUE, session_no = NULL WHERE batch_no = $1', [batchNo])
}

/**
 * Takes the batches of workers from them that were silent for longer than their lease, and repairs jobs. One worker at a time
 * does it; the others go on.
 * @param leaseMs the lease of this worker, for jobs
 * @param seenMs for how long this worker has seen the database without a break: while it is away, every worker is silent
 */
export async function reapSessions(database: FleetDatabase, leaseMs: number, seenMs: number): Promise<void> {
  await database.transaction(async (query) => {
    const [lock] = await query<{ is_mine: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtext('creator_enrich reaper')) AS is_mine`,
    )
    if (!lock!.is_mine) return
    await query(
      `WITH lost AS (
         UPDATE sessions SET ended_at = clock_timestamp(), is_lost = TRUE
         WHERE ended_at IS NULL AND seen_at < clock_timestamp() - lease_ms * interval '1 millisecond' AND lease_ms <= $1
         RETURNING session_no
       )
       UPDATE batches SET session_no = NULL FROM lost WHERE batches.session_no = lost.session_no`,
      [Math.floor(seenMs)],
    )
    for (const sql of repairJobsSql(leaseMs)) await query(sql)
  })
}

/** Whether any batch is not complete, whoever holds it. */
export async function hasOpenBatches({ query }: FleetDatabase): Promise<boolean> {
  return (await query('SELECT 1 FROM batches WHERE NOT is_done LIMIT 1')).length > 0
}
