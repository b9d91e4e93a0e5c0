import { expect, onTestFinished, test } from 'vitest'
import { checkFleet } from '../../src/commands/doctor/fleetCheck.js'
import { liveEffects } from '../../src/core/effects.js'
import { declareAccount } from '../../src/fleet/accounts.js'
import { completeCollection, markCollection, pagesOf } from '../../src/fleet/collectSql.js'
import { openFleetDatabase, type FleetDatabase } from '../../src/fleet/database.js'
import { claimFleet } from '../../src/fleet/fleet.js'
import { GrantClock } from '../../src/fleet/grantClock.js'
import { landEnds, landIntents, LeaseLost } from '../../src/fleet/landingSql.js'
import { endSession, reapSessions, startSession, takeBatch } from '../../src/fleet/leases.js'
import { migrateFleet } from '../../src/fleet/migrate.js'
import { fleetMigrations } from '../../src/fleet/migrations/all.js'
import { Permits } from '../../src/fleet/permits.js'
import type { CallEnd, Intent } from '../../src/model/call.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
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

test('permits whose grant was read late, because the process stood still, are given back and asked for anew', async ({
  skip,
}) => {
  if (noPostgres) skip(noPostgres)
  const url = await postgres.database()
  const database = await openFleetDatabase(url)
  onTestFinished(() => database.close())
  await migrateFleet(database)
  await claimFleet(database, { pipeline: { name: 'p', timeZone: 'UTC' }, simulated: true, host: 'h' })
  await declareAccount(database, { account: 'a', perSecond: 100, dayCalls: 50 })
  const start = { sessionId: 's', account: 'a', worker: 'w', folder: 'f', leaseMs: 300_000 }
  const sessionNo = await startSession(database, start)
  let asked = 0
  let stoodMs = 0
  let standstillMs = 0
  const late: FleetDatabase = {
    ...database,
    query: async <Row extends object>(sql: string, values?: readonly unknown[]) => {
      asked += 1
      const rows = await database.query<Row>(sql, values)
      stoodMs += standstillMs
      standstillMs = 0
      return rows
    },
  }
  const tally = { waitedMs: 0, late: 0 }
  const effects = { ...liveEffects(() => undefined), elapsed: () => performance.now() + stoodMs }
  const permits = new Permits(late, sessionNo, effects, new GrantClock(), tally, () => undefined)
  expect(await permits.take()).toBe(true)
  const before = { asked, late: tally.late }
  standstillMs = 5_000
  expect(await permits.take()).toBe(true)
  expect(asked).toBeGreaterThan(before.asked + 1)
  expect(tally.late).toBeGreaterThan(before.late)
  expect(tally.waitedMs).toBeGreaterThanOrEqual(5_000)

  // Nobody collects into a data folder before there is one.
  const collected = await commandHere(['collect', '--data', temporaryFolder(), '--database-url', url])
  expect(collected).toMatchObject({ code: 2 })
  expect(collected.stderr).toContain('has no data folder yet')
})

test('the clock of grants keeps the closest bounds, and follows a clock that was set', () => {
  const clock = new GrantClock()
  // A process that stood still for its first reply knows too little.
  clock.learn(1_000_000, 0, 1_500)
  expect(clock.timeOf(1_000_000)).toBeUndefined()
  clock.learn(1_002_000, 2_000, 2_040)
  expect(clock.timeOf(1_002_000)).toBe(2_040)
  clock.learn(1_003_000, 3_000, 3_400)
  expect(clock.timeOf(1_003_000)).toBe(3_040)
  clock.learn(1_064_000, 4_000, 4_010)
  expect(clock.timeOf(1_064_000)).toBe(4_010)
})

test('doctor looks at the database of a fleet: reached, schema, rights of the role, clock', async ({ skip }) => {
  if (noPostgres) skip(noPostgres)
  const url = await postgres.database()
  expect((await checkFleet(url, Date.now)).said).toMatch(/ \(PostgreSQL \d.*\), no fleet yet$/)
  const database = await openFleetDatabase(url)
  await migrateFleet(database).finally(() => database.close())
  const newest = fleetMigrations.length
  expect(await checkFleet(url, Date.now)).toMatchObject({
    verdict: 'ok',
    said: expect.stringMatching(`schema ${newest}$`) as string,
  })
  // The tables of an older version are brought up to date by the next command that writes; `status` only reads.
  await postgres.query(url, `UPDATE schema_version SET version = ${newest - 1}`)
  expect((await checkFleet(url, Date.now)).said).toContain(
    `schema ${newest - 1}, which the next command brings to ${newest}`,
  )
  const status = () => commandHere(['status', '--data', temporaryFolder(), '--database-url', url])
  expect(await status()).toMatchObject({
    code: 7,
    stderr: expect.stringContaining('an older creator-enrich') as string,
  })
  expect((await checkFleet(url, Date.now)).said).toContain(`schema ${newest - 1}`)
  expect((await commandHere(['worker', 'resume', '--database-url', url])).code).toBe(0)
  expect((await status()).code).toBe(0)
  expect((await checkFleet(url, Date.now)).said).toContain(`schema ${newest}`)
  const ahead = await checkFleet(url, () => Date.now() - 60_000)
  expect(ahead).toMatchObject({ verdict: 'warn', said: expect.stringContaining('60.0 s ahead of') as string })

  // A role that did not make the tables, and may not make any. A server that is not ours may ask for its password.
  if (postgres.crash) {
    await postgres.query(url, 'CREATE ROLE stranger LOGIN')
    const asStranger = new URL(url)
    asStranger.username = 'stranger'
    await expect(checkFleet(asStranger.href, Date.now)).rejects.toThrow(
      /the role may not use and change the schemas creator_enrich and creator_enrich_jobs, nor own \d+ of their tables/,
    )
    await postgres.query(url, 'DROP SCHEMA creator_enrich CASCADE')
    await postgres.query(url, 'DROP SCHEMA creator_enrich_jobs CASCADE')
    await expect(checkFleet(asStranger.href, Date.now)).rejects.toThrow('the role may not create a schema')
  }

  const args = ['doctor', '--api', 'simulated', '--data', temporaryFolder(), '--json']
  const ended = await commandHere([...args, '--database-url', 'postgres://nobody@127.0.0.1:1/none'])
  expect(ended.code).toBe(7)
  expect((JSON.parse(ended.stdout) as { checks: unknown[] }).checks).toContainEqual(
    expect.objectContaining({ name: 'fleet', verdict: 'fail', exit_code: 7 }),
  )
})
