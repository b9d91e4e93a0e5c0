import type { Interpret } from '../model/outcome.js'
import type { CallEnd } from '../model/call.js'
import { eraseFrom } from '../privacy/eraseCall.js'
import type { IdFinder } from '../privacy/idFinder.js'
import type { FleetDatabase } from './database.js'
import { bodiesThatMayName, BODY_TABLES, type BodyTable } from './namedBodies.js'

/** What an erasure did in the database of a fleet. */
export interface FleetErasure {
  /** Rows of the people: in the queue, of calls, and of answers. */
  readonly rows: number
  /** Answers of others that named them. */
  readonly redacted: number
  /** Workers that may keep an answer for one of them in their own folder, as a person reads it. */
  readonly unreached: readonly string[]
}

/**
 * Erases people from the queue, from landed and from late answers. What a worker still ships for them later is not collected.
 * @throws LocalError when the database cannot be reached: what was not erased is still there
 */
export async function eraseFromFleet(
  database: FleetDatabase,
  ids: readonly string[],
  finder: IdFinder,
  interpret: Interpret,
): Promise<FleetErasure> {
  const open = await database.query<{ worker: string; folder: string }>(
    `SELECT DISTINCT worker, folder FROM intents AS i JOIN sessions USING (session_no)
     WHERE user_id = ANY ($1)
       AND NOT EXISTS (SELECT 1 FROM ends WHERE ends.session_no = i.session_no AND ends.seq = i.seq)
       AND NOT EXISTS (SELECT 1 FROM late_answers AS late WHERE late.session_no = i.session_no AND late.seq = i.seq)
     ORDER BY worker`,
    [ids],
  )
  const rows = await database.longTransaction(async (query) => {
    // First of all: a worker that holds one of them in memory sends no further call for it, and its intents are visible below.
    const queued = await query('DELETE FROM ids WHERE user_id = ANY ($1) RETURNING 1', [ids])
    const erased = await query<{ rows: string }>(
      `WITH
         called AS (DELETE FROM intents WHERE user_id = ANY ($1) RETURNING session_no, seq, enqueue_no),
         answered AS (
           DELETE FROM ends USING called
           WHERE ends.session_no = called.session_no AND ends.seq = called.seq AND ends.enqueue_no = called.enqueue_no RETURNING 1
         ),
         late AS (DELETE FROM late_answers WHERE user_id = ANY ($1) RETURNING 1)
       SELECT (SELECT count(*) FROM called) + (SELECT count(*) FROM answered)
         + (SELECT count(*) FROM late) AS rows`,
      [ids],
    )
    return queued.length + Number(erased[0]!.rows)
  })
  let redacted = 0
  for (const table of BODY_TABLES)
    redacted += await redactBodies(database, table, ids, (end) => eraseFrom(end, finder, interpret))
  return {
    rows,
    redacted,
    unreached: open.map(({ worker, folder }) => `${worker} (its folder ${folder})`),
  }
}

/** Takes people out of answers for others. */
async function redactBodies(
  database: FleetDatabase,
  table: BodyTable,
  ids: readonly string[],
  erase: (end: CallEnd) => CallEnd,
): Promise<number> {
  let redacted = 0
  for await (const { session_no, seq, user_id: id, kind, body } of bodiesThatMayName(database, table, ids)) {
    const call = { seq: Number(seq), id, attempt: 1, sentAt: 0, receivedAt: 0, ms: 0 }
    const end: CallEnd =
      kind === 'answer'
        ? { ...call, kind, status: 200, contentType: null, retryAfter: null, body }
        : { ...call, kind, fault: 'broken', detail: '', part: body }
    const erased = erase(end)
    if (erased === end) continue
    const bytes = erased.kind === 'answer' ? erased.body : (erased.part ?? new Uint8Array())
    const values = [session_no, seq, Buffer.from(bytes)]
    await database.query(`UPDATE ${table} SET body = $3 WHERE session_no = $1 AND seq = $2`, values)
    redacted += 1
  }
  return redacted
}
