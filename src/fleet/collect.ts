import { join } from 'node:path'
import { BusyError } from '../core/errors.js'
import { plural } from '../core/text.js'
import type { Connection } from '../core/duckdb.js'
import { changeFleetFile, openFleetFile } from '../dataFolder/fleetFile.js'
import { UselessAnswers } from '../fetch/limits/uselessAnswers.js'
import { openJournal } from '../journal/journal.js'
import { landedFolder, placeLanded } from '../journal/placeLanded.js'
import { claimKind } from '../load/schema/schema.js'
import type { CallEnd, Intent } from '../model/call.js'
import { recountPlan } from '../plan/plan.js'
import { eraseFrom } from '../privacy/eraseCall.js'
import type { CallSource } from '../run/callSource.js'
import { segmentHeader } from '../run/callSession.js'
import { NOTHING_FETCHED } from '../run/fetchDue.js'
import type { OpenRun } from '../run/openRun.js'
import {
  releaseCollection,
  completeCollection,
  markCollection,
  pagesOf,
  openCollections,
  type LandedCall,
} from './collectSql.js'
import type { FleetDatabase } from './database.js'
import { dropFinishedMarks } from './enqueueMarks.js'
import { followQueue, openIds } from './followQueue.js'

/** An enqueue whose answers are collected. */
export interface CollectedEnqueue {
  readonly enqueueNo: string
  readonly startedAt: number
  readonly lists: readonly string[]
}

/**
 * In place of calls, the landed answers of one enqueue become the journal segment of this run: each call once, whatever is
 * killed when. All later steps are those of a run.
 * @param onCollected receives the number of calls that were sent
 */
export function collectSource(
  database: FleetDatabase,
  enqueue: CollectedEnqueue,
  onCollected: (calls: number) => void,
): CallSource {
  return {
    lists: enqueue.lists,
    prepare: (run) => completeEarlier(database, run),
    async fetch(run, { connection }, _planned, lists) {
      const { layout, header, api } = run
      await claimKind(connection, layout.data, api.simulated)
      await markCollection(database, header.runId, enqueue.enqueueNo)
      const landed = await writeSegment(database, enqueue, run, connection, lists)
      // From here on, the database may forget the calls.
      await changeFleetFile(layout, { stored: header.runId })
      await placeLanded(layout)
      const open = await openIds(database)
      const calls = { ids: landed.asked, open }
      await followQueue(connection, calls)
      await completeCollection(database, header.runId, enqueue.enqueueNo, run.effects)
      await dropFinishedMarks(database, layout)
      run.effects.log('info', `${plural(landed.sent, 'call')} collected from ${database.shown}`, 'collected', {
        calls: landed.sent,
      })
      onCollected(landed.sent)
      return {
        ...NOTHING_FETCHED,
        calls: landed.sent,
        askedIds: landed.asked.size,
        useless: landed.useless,
        unfinished: new Set([...landed.asked].filter((id) => open.has(id))),
        seconds: landed.seconds,
        segment: join(layout.journal, `${header.runId}.journal`),
        isQueued: true,
        planned: await recountPlan(connection),
        askedAt: enqueue.startedAt,
      }
    },
  }
}

interface Landed {
  readonly calls: number
  /** Without those that were withdrawn before they were sent. */
  readonly sent: number
  readonly asked: ReadonlySet<string>
  readonly useless: boolean
  readonly seconds: number
}

/** Writes the landed calls to a new segment outside of the journal. */
async function writeSegment(
  database: FleetDatabase,
  { enqueueNo }: CollectedEnqueue,
  run: OpenRun,
  connection: Connection,
  lists: readonly string[],
): Promise<Landed> {
  const { layout, header, reader, forgotten } = run
  const useless = new UselessAnswers()
  const asked = new Set<string>()
  let calls = 0
  let sent = 0
  let first = Infinity
  let last = -Infinity
  const journal = await openJournal(landedFolder(layout), await segmentHeader(run, connection, lists))
  try {
    for await (const page of pagesOf(database, header.runId, enqueueNo)) {
      // What a worker has shipped for somebody who was forgotten meanwhile is dropped.
      const kept = page.filter(({ user_id }) => !forgotten?.isIn(user_id))
      const writes = kept.map((call) => {
        calls += 1
        const intent: Intent = { seq: calls, id: call.user_id, attempt: call.attempt, sentAt: Number(call.sent_at) }
        asked.add(intent.id)
        first = Math.min(first, intent.sentAt)
        last = Math.max(last, Number(call.received_at ?? call.sent_at))
        const received = endOf(intent, call)
        if (!received) {
          sent += 1
          return journal.intent(intent)
        }
        const end = forgotten ? eraseFrom(received, forgotten, reader.interpret) : received
        if (end.kind === 'answer' || end.fault !== 'withdrawn') sent += 1
        const outcome = reader.interpret(end)
        const due = call.last_answer === null ? intent : { id: intent.id, last: call.last_answer }
        useless.ended(end, outcome, due)
        if (outcome.kind === 'missing' && call.is_last) useless.missing(due)
        return journal.end(end)
      })
      await Promise.all(writes)
    }
    useless.judgeFew()
  } finally {
    await journal.close()
  }
  return {
    calls,
    sent,
    asked,
    useless: useless.isUseless,
    seconds: calls === 0 ? 0 : Math.max(0.001, (last - first) / 1000),
  }
}

/** Undefined for a call whose end is not known. */
function endOf(intent: Intent, call: LandedCall): CallEnd | undefined {
  if (call.kind === null) return undefined
  const ended = { ...intent, receivedAt: Number(call.received_at), ms: call.ms! }
  if (call.kind === 'answer')
    return {
      ...ended,
      kind: 'answer',
      status: call.status!,
      contentType: call.content_type,
      retryAfter: call.retry_after,
      body: call.body ?? new Uint8Array(),
    }
  const part = call.body === null ? {} : { part: call.body }
  return { ...ended, kind: 'no_answer', fault: call.fault!, detail: call.detail ?? '', ...part }
}

/**
 * Completes a collection that was cut off. If its segment is whole here, the database may forget its calls; else the calls are
 * free again for the next collection.
 */
async function completeEarlier(database: FleetDatabase, { layout, effects }: OpenRun): Promise<void> {
  const { stored } = await openFleetFile(layout)
  await placeLanded(layout)
  for (const { run_id, enqueue_no } of await openCollections(database)) {
    if (run_id === stored) await completeCollection(database, run_id, enqueue_no, effects)
    else await releaseCollection(database, run_id)
  }
}

/** @throws BusyError when another program collects from this database */
export async function withCollectLock<T>(database: FleetDatabase, work: () => Promise<T>): Promise<T> {
  const connection = await database.pool.connect()
  try {
    const { rows } = await connection.query<{ is_mine: boolean }>(
      `SELECT pg_try_advisory_lock(hashtext('creator_enrich collect')) AS is_mine`,
    )
    if (!rows[0]!.is_mine)
      throw new BusyError(`another program collects from ${database.shown}: nothing was changed, wait until it is done`)
    return await work()
  } finally {
    // The lock ends with the connection.
    connection.release(true)
  }
}
