import { changeFleetFile, openFleetFile, readFleetFile } from '../dataFolder/fleetFile.js'
import type { Layout } from '../dataFolder/layout.js'
import type { FleetDatabase, FleetQuery } from './database.js'

/**
 * Marks this folder: ids of this `enqueue` may be in the queue, until the rows of the lists say so. Marks of earlier ones stay
 * as long as their ids are in the queue.
 * @param query in the transaction that puts the ids there, which holds the lock of `enqueue`: no other one is about to commit
 */
export async function markEnqueue(query: FleetQuery, layout: Layout, runId: string): Promise<void> {
  const { enqueues } = await openFleetFile(layout)
  const open = await query<{ run_id: string }>(
    'SELECT run_id FROM enqueues WHERE run_id = ANY ($1) AND finished_at IS NULL',
    [enqueues],
  )
  await changeFleetFile(layout, { enqueues: [...open.map(({ run_id }) => run_id), runId] })
}

/**
 * The marks of enqueues whose ids in the queue are all in the TEMP table `given`: the rows that this run writes say so.
 * @param query as in `markEnqueue`
 */
export async function coveredMarks(query: FleetQuery, layout: Layout): Promise<readonly string[]> {
  const { enqueues } = await openFleetFile(layout)
  const rows = await query<{ run_id: string }>(
    `SELECT run_id FROM enqueues AS e WHERE run_id = ANY ($1) AND NOT EXISTS (
       SELECT 1 FROM ids JOIN batches USING (batch_no)
       WHERE batches.enqueue_no = e.enqueue_no AND NOT EXISTS (SELECT 1 FROM given WHERE given.user_id = ids.user_id)
     )`,
    [enqueues],
  )
  return rows.map(({ run_id }) => run_id)
}

/** Removes the marks of enqueues whose ids have all left the queue. */
export async function dropFinishedMarks({ query }: FleetDatabase, layout: Layout): Promise<void> {
  const marked = (await readFleetFile(layout))?.enqueues ?? []
  if (marked.length === 0) return
  const rows = await query<{ run_id: string }>(
    'SELECT run_id FROM enqueues WHERE run_id = ANY ($1) AND finished_at IS NOT NULL',
    [marked],
  )
  await removeMarks(
    layout,
    rows.map(({ run_id }) => run_id),
  )
}

/** Removes marks of enqueues whose ids no longer need one. */
export async function removeMarks(layout: Layout, runIds: readonly string[]): Promise<void> {
  if (runIds.length === 0) return
  const { enqueues } = await openFleetFile(layout)
  await changeFleetFile(layout, { enqueues: enqueues.filter((each) => !runIds.includes(each)) })
}
