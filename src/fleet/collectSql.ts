import type { Effects } from '../core/effects.js'
import type { NoAnswer } from '../model/call.js'
import type { FleetDatabase } from './database.js'
import { dropPartitions } from './partitions.js'

/** A call as it landed. Without a kind, its end is not known. */
export interface LandedCall {
  readonly session_no: string
  readonly seq: string
  readonly user_id: string
  readonly last_answer: 'profile' | 'empty' | null
  /** Whether no later call for the id is in this collection. */
  readonly is_last: boolean
  readonly attempt: number
  readonly sent_at: string
  readonly kind: 'answer' | 'no_answer' | null
  readonly received_at: string | null
  readonly ms: number | null
  readonly status: number | null
  readonly content_type: string | null
  readonly retry_after: string | null
  readonly fault: NoAnswer['fault'] | null
  readonly detail: string | null
  readonly body: Buffer | null
}

/** Calls of one query: with the largest bodies they must fit into memory. */
const PAGE = 500

/** The end of an intent is known, or will not come from its worker any more: its batch has changed hands, or is complete. */
const READY = `(
  EXISTS (SELECT 1 FROM ends WHERE ends.session_no = i.session_no AND ends.seq = i.seq)
  OR EXISTS (SELECT 1 FROM late_answers AS late WHERE late.session_no = i.session_no AND late.seq = i.seq)
  OR NOT EXISTS (
    SELECT 1 FROM batches AS b JOIN sessions AS s ON s.session_no = b.session_no
    WHERE b.batch_no = i.batch_no AND b.fence = i.fence AND s.ended_at IS NULL
  )
)`

/** The enqueues with calls that can be collected, oldest first. */
export async function collectableEnqueues({
  query,
}: FleetDatabase): Promise<{ enqueue_no: string; started_at: string; lists: string[] }[]> {
  return query(
    `SELECT enqueue_no, started_at, lists FROM enqueues AS e
     WHERE EXISTS (SELECT 1 FROM intents AS i WHERE i.enqueue_no = e.enqueue_no AND collected_by IS NULL AND ${READY})
       OR EXISTS (SELECT 1 FROM late_answers AS late WHERE late.enqueue_no = e.enqueue_no AND collected_by IS NULL)
       OR EXISTS (SELECT 1 FROM collections AS c WHERE c.enqueue_no = e.enqueue_no)
       OR e.enqueue_no = (SELECT max(enqueue_no) FROM enqueues)
         AND EXISTS (SELECT 1 FROM late_answers WHERE enqueue_no IS NULL AND collected_by IS NULL)
     ORDER BY enqueue_no`,
  )
}

/** Assigns every call that is ready to this collection. */
export async function markCollection(database: FleetDatabase, runId: string, enqueueNo: string): Promise<void> {
  await database.longTransaction(async (query) => {
    await query('INSERT INTO collections (run_id, enqueue_no) VALUES ($1, $2)', [runId, enqueueNo])
    await query(
      `UPDATE intents AS i SET collected_by = $1 WHERE enqueue_no = $2 AND collected_by IS NULL AND ${READY}`,
      [runId, enqueueNo],
    )
    // Those whose intent was collected before come after it, as calls of their own.
    await query(
      `UPDATE late_answers SET collected_by = $1
       WHERE collected_by IS NULL AND (enqueue_no = $2 OR enqueue_no IS NULL)`,
      [runId, enqueueNo],
    )
  })
}

/** The calls of a collection in the order in which they were sent, whichever session sent them. */
export async function* pagesOf(
  { query }: FleetDatabase,
  runId: string,
  enqueueNo: string,
): AsyncGenerator<LandedCall[]> {
  let after: readonly [sentAt: string, session: string, seq: string] = ['-1', '0', '0']
  for (;;) {
    const page = await query<LandedCall>(CALLS, [runId, enqueueNo, ...after, PAGE])
    if (page.length > 0) yield page
    if (page.length < PAGE) return
    const { sent_at, session_no, seq } = page.at(-1)!
    after = [sent_at, session_no, seq]
  }
}

const END = 'kind, received_at, ms, status, content_type, retry_after, fault, detail, body'

const CALLS = `
WITH calls AS (
  (
    SELECT i.session_no, i.seq, i.user_id, i.attempt, i.sent_at, ${END}
    FROM intents AS i LEFT JOIN ends AS e ON e.enqueue_no = i.enqueue_no AND e.session_no = i.session_no AND e.seq = i.seq
    WHERE i.enqueue_no = $2 AND collected_by = $1 AND (i.sent_at, i.session_no, i.seq) > ($3, $4, $5)
      AND NOT EXISTS (
        SELECT 1 FROM late_answers AS late
        WHERE late.session_no = i.session_no AND late.seq = i.seq AND late.collected_by = $1
      )
    ORDER BY i.sent_at, i.session_no, i.seq LIMIT $6
  )
  UNION ALL
  (
    SELECT session_no, seq, user_id, attempt, sent_at, ${END} FROM late_answers
    WHERE collected_by = $1 AND (sent_at, session_no, seq) > ($3, $4, $5) ORDER BY sent_at, session_no, seq LIMIT $6
  )
)
SELECT calls.*, ids.last_answer, NOT EXISTS (
  SELECT 1 FROM intents AS later WHERE later.user_id = calls.user_id AND later.collected_by = $1
    AND (later.sent_at, later.session_no, later.seq) > (calls.sent_at, calls.session_no, calls.seq)
) AS is_last
FROM calls LEFT JOIN ids USING (user_id) ORDER BY sent_at, session_no, seq LIMIT $6`

/** Collections that were not completed. */
export async function openCollections({ query }: FleetDatabase): Promise<{ run_id: string; enqueue_no: string }[]> {
  return query('SELECT run_id, enqueue_no FROM collections ORDER BY begun_at')
}

/** The calls of a collection that was cut off before its segment was whole can be collected again. */
export async function releaseCollection(database: FleetDatabase, runId: string): Promise<void> {
  await database.longTransaction(async (query) => {
    await query('UPDATE intents SET collected_by = NULL WHERE collected_by = $1', [runId])
    await query('UPDATE late_answers SET collected_by = NULL WHERE collected_by = $1', [runId])
    await query('DELETE FROM collections WHERE run_id = $1', [runId])
  })
}

/**
 * The calls of a collection are durable in the data folder. Ids whose calls are all collected leave the queue; an enqueue
 * without ids leaves its partitions.
 */
export async function completeCollection(
  database: FleetDatabase,
  runId: string,
  enqueueNo: string,
  { log }: Pick<Effects, 'log'>,
): Promise<void> {
  // Before the rows go, and on its own: a worker waits for the row of its session only as long as that takes.
  await database.longTransaction((query) => query(KEEP_KEYS, [runId, enqueueNo]))
  const isDone = await database.longTransaction(async (query) => {
    await query('DELETE FROM late_answers WHERE collected_by = $1', [runId])
    await query('DELETE FROM collections WHERE run_id = $1', [runId])
    await query(
      `DELETE FROM ids USING batches AS b
       WHERE b.batch_no = ids.batch_no AND b.enqueue_no = $1 AND ids.is_done AND NOT EXISTS (
         SELECT 1 FROM intents AS i WHERE i.enqueue_no = $1 AND i.user_id = ids.user_id AND collected_by IS NULL
       )`,
      [enqueueNo],
    )
    const [left] = await query(
      `SELECT 1 FROM ids JOIN batches AS b USING (batch_no) WHERE b.enqueue_no = $1
       UNION ALL SELECT 1 FROM intents WHERE enqueue_no = $1 AND collected_by IS NULL LIMIT 1`,
      [enqueueNo],
    )
    if (left) return false
    await query('UPDATE batches SET is_done = TRUE WHERE enqueue_no = $1 AND NOT is_done', [enqueueNo])
    await query('UPDATE enqueues SET finished_at = coalesce(finished_at, clock_timestamp()) WHERE enqueue_no = $1', [
      enqueueNo,
    ])
    return true
  })
  if (isDone) await dropPartitions(database, enqueueNo, log)
}

/** Neighbouring numbers are one range, so a session needs as many ranges as it has calls without a collected end. */
const KEEP_KEYS = `
UPDATE sessions SET collected = collected + keys
FROM (
  SELECT session_no, range_agg(int8range(seq, seq, '[]')) AS keys FROM (
    SELECT i.session_no, i.seq FROM intents AS i JOIN ends USING (session_no, seq, enqueue_no)
    WHERE i.enqueue_no = $2 AND collected_by = $1
    UNION ALL
    SELECT session_no, seq FROM late_answers WHERE collected_by = $1
  ) AS ended GROUP BY session_no
) AS added
WHERE sessions.session_no = added.session_no`
