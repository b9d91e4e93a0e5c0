import { LocalError } from '../core/errors.js'
import type { CallEnd, Intent } from '../model/call.js'
import type { Interpret, OutcomeKind } from '../model/outcome.js'
import type { FleetQuery } from './database.js'

export interface HeldIntent {
  readonly intent: Intent
  readonly batchNo: string
  readonly fence: number
}

export interface LandedEnd {
  readonly end: CallEnd
  /** Whether no further call follows for the id. */
  readonly isFinal: boolean
  /** Whether the call was free, so that the budget of the day has it back. */
  readonly isFree: boolean
}

/** What a worker's clock may differ: as much as a statement takes on its way. */
const CLOCK_TOLERANCE_MS = 2_000

/** Another worker has this batch now: this one was silent for too long. */
export class LeaseLost extends LocalError {}

/** After these no retry changes anything. */
const FINAL: readonly OutcomeKind[] = ['profile', 'empty', 'misdelivered', 'unreadable', 'invalid', 'refused']

export function endLanding(end: CallEnd, interpret: Interpret): LandedEnd {
  const { kind, billed } = interpret(end)
  // A call that was withdrawn had no permit.
  const hadPermit = end.kind === 'answer' || end.fault !== 'withdrawn'
  return { end, isFinal: FINAL.includes(kind), isFree: billed === 'no' && hadPermit }
}

/**
 * What is to be added to times of a worker, in milliseconds: how far its clock is from that of the database, where the two
 * differ. A worker knows the difference from the start of its session, and its clock may be set since.
 * @param now the time of the worker when it asked; NULL: its times are as good as they will be
 */
function corrected(now: string): string {
  const offset = `(extract(epoch FROM statement_timestamp()) * 1000)::bigint - ${now}::bigint`
  return `(CASE WHEN abs(${offset}) > ${CLOCK_TOLERANCE_MS} THEN ${offset} ELSE 0 END)`
}

/**
 * The rows of the given arrays whose batch this session still holds, and whose id is still in the queue: `forget` takes ids
 * out. The locks keep both so meanwhile.
 */
const INTENTS = `
INSERT INTO intents (enqueue_no, session_no, seq, batch_no, fence, user_id, attempt, sent_at)
SELECT held.enqueue_no, $1, given.seq, held.batch_no, held.fence, given.user_id, given.attempt, given.sent_at + ${corrected('$8')}
FROM unnest($2::bigint[], $3::bigint[], $4::integer[], $5::text[], $6::integer[], $7::bigint[])
  AS given(seq, batch_no, fence, user_id, attempt, sent_at)
JOIN (SELECT * FROM batches WHERE session_no = $1 AND batch_no = ANY ($3) ORDER BY batch_no FOR SHARE) AS held
  ON held.batch_no = given.batch_no AND held.fence = given.fence
JOIN (SELECT user_id, batch_no FROM ids WHERE user_id = ANY ($5) ORDER BY user_id FOR KEY SHARE) AS queued
  ON queued.user_id = given.user_id AND queued.batch_no = given.batch_no
ON CONFLICT DO NOTHING
RETURNING seq`

/**
 * Commits intents.
 * @param now the time by the clock that has dated them, which is corrected
 * @returns the intents that are refused
 */
export async function landIntents(
  query: FleetQuery,
  sessionNo: string,
  held: readonly HeldIntent[],
  now?: number,
): Promise<ReadonlyMap<Intent, Error>> {
  const rows = await query<{ seq: string }>(INTENTS, [
    sessionNo,
    held.map(({ intent }) => intent.seq),
    held.map(({ batchNo }) => batchNo),
    held.map(({ fence }) => fence),
    held.map(({ intent }) => intent.id),
    held.map(({ intent }) => intent.attempt),
    held.map(({ intent }) => Math.round(intent.sentAt)),
    rounded(now),
  ])
  const landed = new Set(rows.map(({ seq }) => Number(seq)))
  const refused = held.filter(({ intent }) => !landed.has(intent.seq))
  return new Map(
    refused.map(({ intent, batchNo }) => [
      intent,
      new LeaseLost(
        `another worker has batch ${batchNo}, because this one was silent for too long, or an id of the batch has left the queue`,
      ),
    ]),
  )
}

/**
 * Ends of a batch that the session holds go beside their intents. All others are late: they are kept, and never replace a
 * newer answer. An end without an intent belongs to a call that was never sent, unless its batch is complete already. A final
 * end finishes its id, whoever holds the batch. A free call returns to the budget of the day once, when its end is inserted.
 * An end that was collected is there no more, and is known by its number. A collection keeps the numbers before it removes the
 * rows, so this statement sees the one or the other: it waits for whoever changes the row of the session.
 */
const ENDS = `
WITH given AS (
  SELECT seq, user_id, attempt, sent_at + ${corrected('$18')} AS sent_at, kind, received_at + ${corrected('$18')} AS received_at, ms,
    status, content_type, retry_after, fault, detail, body, is_final, is_free
  FROM unnest(
    $2::bigint[], $3::text[], $4::integer[], $5::bigint[], $6::text[], $7::bigint[], $8::double precision[], $9::integer[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::bytea[], $15::boolean[], $16::boolean[]
  ) AS given(seq, user_id, attempt, sent_at, kind, received_at, ms, status, content_type, retry_after, fault, detail, body, is_final, is_free)
),
sender AS (SELECT collected FROM sessions WHERE session_no = $1 FOR SHARE),
known AS (
  SELECT given.*, intents.enqueue_no, intents.batch_no, intents.fence
  FROM given LEFT JOIN intents ON intents.session_no = $1 AND intents.seq = given.seq
  WHERE NOT EXISTS (SELECT 1 FROM sender WHERE collected @> given.seq)
),
locked AS (
  SELECT batch_no, fence, session_no FROM batches
  WHERE batch_no IN (SELECT batch_no FROM known) ORDER BY batch_no FOR SHARE
),
held AS (SELECT batch_no, fence FROM locked WHERE session_no = $1),
landed AS (
  INSERT INTO ends
  SELECT enqueue_no, $1, seq, kind, received_at, ms, status, content_type, retry_after, fault, detail, body
  FROM known JOIN held USING (batch_no, fence)
  ON CONFLICT DO NOTHING
  RETURNING seq
),
late AS (
  INSERT INTO late_answers (session_no, seq, enqueue_no, user_id, attempt, sent_at, kind, received_at, ms, status,
    content_type, retry_after, fault, detail, body)
  SELECT $1, seq, enqueue_no, user_id, attempt, sent_at, kind, received_at, ms, status, content_type, retry_after, fault, detail, body
  FROM known
  WHERE NOT EXISTS (SELECT 1 FROM held WHERE held.batch_no = known.batch_no AND held.fence = known.fence)
    AND (enqueue_no IS NOT NULL OR fault IS DISTINCT FROM 'withdrawn')
    AND NOT EXISTS (SELECT 1 FROM ends WHERE ends.session_no = $1 AND ends.seq = known.seq)
  ON CONFLICT DO NOTHING
  RETURNING seq
),
freed AS (
  UPDATE accounts SET taken = greatest(0, taken - given.calls)
  FROM (
    SELECT count(*) AS calls, (to_timestamp(sent_at / 1000.0) AT TIME ZONE fleet.time_zone)::date AS day
    FROM known JOIN (SELECT seq FROM landed UNION ALL SELECT seq FROM late) AS inserted USING (seq), fleet
    WHERE is_free GROUP BY 2
  ) AS given
  WHERE account = $17 AND accounts.day = given.day AND day_calls IS NOT NULL
)
UPDATE ids SET is_done = TRUE
FROM known JOIN locked USING (batch_no)
WHERE known.is_final AND ids.user_id = known.user_id AND ids.batch_no = known.batch_no`

/**
 * Commits ends of a session. To land an end again changes nothing.
 * @param now as in `landIntents`
 */
export async function landEnds(
  query: FleetQuery,
  { sessionNo, account }: { readonly sessionNo: string; readonly account: string },
  ends: readonly LandedEnd[],
  now?: number,
): Promise<void> {
  const of = <T>(read: (end: CallEnd) => T): T[] => ends.map(({ end }) => read(end))
  await query(ENDS, [
    sessionNo,
    of(({ seq }) => seq),
    of(({ id }) => id),
    of(({ attempt }) => attempt),
    of(({ sentAt }) => Math.round(sentAt)),
    of(({ kind }) => kind),
    of(({ receivedAt }) => Math.round(receivedAt)),
    of(({ ms }) => ms),
    of((end) => (end.kind === 'answer' ? end.status : null)),
    of((end) => (end.kind === 'answer' ? end.contentType : null)),
    of((end) => (end.kind === 'answer' ? end.retryAfter : null)),
    of((end) => (end.kind === 'no_answer' ? end.fault : null)),
    of((end) => (end.kind === 'no_answer' ? end.detail : null)),
    of(bodyOf),
    ends.map(({ isFinal }) => isFinal),
    ends.map(({ isFree }) => isFree),
    account,
    rounded(now),
  ])
}

function rounded(now: number | undefined): number | null {
  return now === undefined ? null : Math.round(now)
}

function bodyOf(end: CallEnd): Buffer | null {
  const bytes = end.kind === 'answer' ? end.body : end.part
  return bytes === undefined ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
