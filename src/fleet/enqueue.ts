import { count, plural } from '../core/text.js'
import { claimKind } from '../load/schema/schema.js'
import { dueIds } from '../plan/plan.js'
import type { CallSource } from '../run/callSource.js'
import { NOTHING_FETCHED } from '../run/fetchDue.js'
import { openFleetFile } from '../dataFolder/fleetFile.js'
import type { FleetDatabase, FleetQuery } from './database.js'
import { addJobSql } from './engine.js'
import { coveredMarks, markEnqueue, removeMarks } from './enqueueMarks.js'
import { claimFleet } from './fleet.js'

export interface Queued {
  /** Ids that this command put into the queue. */
  readonly ids: number
  readonly batches: number
  /** Due ids that are in the queue already, or whose answers are not yet collected. */
  readonly known: number
}

/** Ids of one statement. */
const PAGE = 5_000

/**
 * In place of calls, due ids go into the queue as batches, all of them in one transaction: each id once, until its answers
 * are collected.
 * @param onQueued receives what was put there
 */
export function enqueueSource(
  database: FleetDatabase,
  batchSize: number,
  onQueued: (queued: Queued) => void,
): CallSource {
  let settled: readonly string[] = []
  return {
    async fetch(run, { connection }, planned, lists) {
      const { layout, pipeline, api, header, settings, effects } = run
      const { folder } = await openFleetFile(layout)
      await claimFleet(database, { pipeline, simulated: api.simulated, host: api.host }, folder, settings.new)
      const due = planned.byDecision.due.ids
      if (due > 0) await claimKind(connection, layout.data, api.simulated)
      const queued = await database.longTransaction(async (query) => {
        await query('CREATE TEMP TABLE given (place bigint, user_id text, last_answer text) ON COMMIT DROP')
        let page: { id: string; last?: string }[] = []
        let place = 0
        const flush = async (): Promise<void> => {
          await query(
            'INSERT INTO given SELECT $1 + ord, user_id, last_answer FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS page(user_id, last_answer, ord)',
            [place, page.map(({ id }) => id), page.map(({ last }) => last ?? null)],
          )
          place += page.length
          page = []
        }
        for await (const id of dueIds(connection)) {
          page.push(id)
          if (page.length === PAGE) await flush()
        }
        if (page.length > 0) await flush()
        // Two programs that enqueue at once would wait for each other's ids.
        await query(`SELECT pg_advisory_xact_lock(hashtext('creator_enrich enqueue'))`)
        const covered = await coveredMarks(query, layout)
        settled = [header.runId, ...covered]
        // Before the commit: whatever happens to this process, a run knows that the ids may be in the queue.
        await markEnqueue(query, layout, header.runId)
        return putBatches(query, { runId: header.runId, startedAt: header.startedAt, lists, batchSize })
      })
      effects.log(
        'info',
        `${plural(queued.ids, 'id')} in ${plural(queued.batches, 'batch', 'batches')} put into the queue of ${database.shown}${queued.known === 0 ? '' : `; ${count(queued.known)} of the due ids are there already`}`,
        'queued',
        { ...queued },
      )
      onQueued(queued)
      return { ...NOTHING_FETCHED, planned, ...(due > 0 ? { isQueued: true as const } : {}) }
    },
    published: ({ layout }) => removeMarks(layout, settled),
  }
}

interface Enqueue {
  readonly runId: string
  readonly startedAt: number
  readonly lists: readonly string[]
  readonly batchSize: number
}

/** Puts the ids of the TEMP table `given` into batches, without those that are in the queue. */
async function putBatches(query: FleetQuery, { runId, startedAt, lists, batchSize }: Enqueue): Promise<Queued> {
  const [counts] = await query<{ given: string; known: string }>(
    'SELECT count(*) AS given, count(ids.user_id) AS known FROM given LEFT JOIN ids USING (user_id)',
  )
  const known = Number(counts!.known)
  const fresh = Number(counts!.given) - known
  if (fresh === 0) return { ids: 0, batches: 0, known }
  const [enqueue] = await query<{ enqueue_no: string }>(
    'INSERT INTO enqueues (run_id, started_at, lists, ids) VALUES ($1, $2, $3, $4) RETURNING enqueue_no',
    [runId, Math.round(startedAt), JSON.stringify(lists), fresh],
  )
  const no = enqueue!.enqueue_no
  for (const table of ['intents', 'ends'])
    await query(`CREATE TABLE ${table}_${no} PARTITION OF ${table} FOR VALUES IN (${no})`)
  const batches = Math.ceil(fresh / batchSize)
  const [first] = await query<{ first: string }>(
    `WITH made AS (
       INSERT INTO batches (enqueue_no) SELECT $1 FROM generate_series(1, $2) RETURNING batch_no
     ) SELECT min(batch_no) AS first FROM made`,
    [no, batches],
  )
  await query(
    `INSERT INTO ids (user_id, batch_no, place, last_answer)
     SELECT user_id, $1 + (place - 1) / $2, place, last_answer FROM (
       SELECT user_id, last_answer, row_number() OVER (ORDER BY place) AS place
       FROM given WHERE NOT EXISTS (SELECT 1 FROM ids WHERE ids.user_id = given.user_id)
     ) AS fresh`,
    [first!.first, batchSize],
  )
  await query(`SELECT ${addJobSql('batch_no')} FROM batches WHERE enqueue_no = $1 ORDER BY batch_no`, [no])
  return { ids: fresh, batches, known }
}
