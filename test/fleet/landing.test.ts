import { expect, onTestFinished, test } from 'vitest'
import { completeCollection, markCollection, pagesOf } from '../../src/fleet/collectSql.js'
import { openFleetDatabase } from '../../src/fleet/database.js'
import { landEnds, landIntents, LeaseLost } from '../../src/fleet/landingSql.js'
import { endSession, reapSessions, startSession, takeBatch } from '../../src/fleet/leases.js'
import type { CallEnd, Intent } from '../../src/model/call.js'
import { plainId } from '../support/lists.js'
import { noPostgres, postgresOfFile } from '../support/postgres.js'
import { openWorld } from './world.js'

const postgres = postgresOfFile()

test('leases, forgotten ids, late and repeated ends, and the order of a collection', async ({ skip }) => {
  if (noPostgres) skip(noPostgres)
  const world = await openWorld(postgres)
  await world.enqueue(world.list(3))
  const database = await openFleetDatabase(world.url)
  onTestFinished(() => database.close())
  await world.rows(
    `INSERT INTO accounts (account, day_calls, day, taken) SELECT 'a', 100, (clock_timestamp() AT TIME ZONE time_zone)::date, 10 FROM fleet`,
  )
  const session = (sessionId: string, leaseMs: number) =>
    startSession(database, { sessionId, account: 'a', worker: 'w', folder: 'f', leaseMs })
  const take = async (sessionNo: string) => {
    const lease = await takeBatch(database, { sessionNo, batchNo: '1', holdAmbiguous: false })
    if (!lease || lease === 'held') throw new Error('the batch is not free')
    return lease
  }
  const intent = (seq: number, id: number, sentAt: number): Intent => ({ seq, id: plainId(id), attempt: 1, sentAt })
  const now = Date.now()
  const first = await session('first', 300_000)
  const { fence } = await take(first)
  const held = { batchNo: '1', fence }

  // The lease of the session counts, not that of the worker that looks at it.
  await world.rows(`UPDATE sessions SET seen_at = clock_timestamp() - interval '1 minute'`)
  await reapSessions(database, 1_000, 1_000_000)
  expect(await world.rows('SELECT is_lost FROM sessions')).toEqual([{ is_lost: false }])

  // A forgotten id is refused, and no other.
  const [unanswered, paid, gone] = [intent(1, 1, now), intent(2, 2, now + 1), intent(3, 3, now + 2)]
  await world.rows('DELETE FROM ids WHERE user_id = $1', [plainId(3)])
  const refused = await landIntents(
    database.query,
    first,
    [unanswered, paid, gone].map((each) => ({ intent: each, ...held })),
  )
  expect([...refused].map(([each, error]) => [each.seq, error instanceof LeaseLost])).toEqual([[3, true]])

  // While the database is away from the worker that looks, nobody loses a batch.
  await world.rows(`UPDATE sessions SET seen_at = clock_timestamp() - interval '10 minutes'`)
  await reapSessions(database, 1_000, 299_000)
  expect(await world.rows('SELECT is_lost FROM sessions')).toEqual([{ is_lost: false }])
  await reapSessions(database, 1_000, 300_000)
  expect(await world.rows('SELECT is_lost FROM sessions')).toEqual([{ is_lost: true }])

  // A late final end finishes its id; shipped again, it returns the call to the budget once.
  const end: CallEnd = { ...paid, kind: 'no_answer', fault: 'unsent', detail: '', receivedAt: now + 50, ms: 49 }
  for (let n = 0; n < 2; n += 1)
    await landEnds(database.query, { sessionNo: first, account: 'a' }, [{ end, isFinal: true, isFree: true }])
  expect(
    await world.rows(
      `SELECT (SELECT taken::int FROM accounts WHERE account = 'a') AS taken, user_id, is_done FROM ids ORDER BY place`,
    ),
  ).toEqual([
    { taken: 9, user_id: plainId(1), is_done: false },
    { taken: 9, user_id: plainId(2), is_done: true },
  ])

  // Calls come in the order in which they were sent, also over sessions.
  const second = await session('second', 300_000)
  const lease = await take(second)
  expect(lease.ids.map(({ id }) => id)).toEqual([plainId(1)])
  const earlier = intent(1, 1, now - 5)
  await landIntents(database.query, second, [{ intent: earlier, batchNo: '1', fence: lease.fence }])
  await endSession(database, second)
  await markCollection(database, 'run', '1')
  const calls: unknown[] = []
  for await (const page of pagesOf(database, 'run', '1'))
    calls.push(...page.map(({ session_no, seq, is_last }) => [session_no === second, seq, is_last]))
  expect(calls).toEqual([
    [true, '1', false],
    [false, '1', true],
    [false, '2', true],
  ])

  // An end that is shipped again after its collection is not a new one; that of a call without one is.
  const late: CallEnd = { ...unanswered, kind: 'no_answer', fault: 'broken', detail: '', receivedAt: now + 60, ms: 60 }
  await completeCollection(database, 'run', '1', { log: () => undefined })
  for (const each of [end, late])
    await landEnds(database.query, { sessionNo: first, account: 'a' }, [{ end: each, isFinal: true, isFree: true }])
  expect(
    await world.rows(`SELECT seq, (SELECT taken::int FROM accounts WHERE account = 'a') AS taken FROM late_answers`),
  ).toEqual([{ seq: '1', taken: 8 }])
})
