import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { noPostgres, postgresOfFile } from '../support/postgres.js'
import { published } from '../support/published.js'
import { eventually, openWorld, type World } from './world.js'

const postgres = postgresOfFile()

/** Number of landed answers. */
const LANDED = 'SELECT count(*)::int AS n FROM ends'

async function numberOf(world: World, sql: string): Promise<number> {
  const [row] = await world.rows(sql)
  return row!['n'] as number
}

/** Ends every session of the program in this database. */
const CUT = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'creator-enrich'`

/** Each id with a profile once in the published file, each charge explained by a call that the tables know. */
async function expectComplete(world: World, ids: number, maybeTwice: number): Promise<void> {
  const charges = new Map<string, number>()
  for (const { id, charged } of world.api.ledger.entries) if (charged) charges.set(id, (charges.get(id) ?? 0) + 1)
  expect(charges.size).toBe(ids)
  const twice = [...charges].filter(([, times]) => times > 1).map(([id]) => id)
  expect(twice.length).toBeLessThanOrEqual(maybeTwice)
  expect([...charges.values()].every((times) => times <= 2)).toBe(true)
  const [row] = await published(world.data, 'SELECT count(*)::INT AS n FROM creators WHERE status = $$active$$')
  expect(row).toEqual({ n: ids })
  // Whoever was charged twice is listed, or both answers are there.
  const known = await published<{ user_id: string }>(
    world.data,
    `SELECT DISTINCT user_id FROM ambiguous_calls
     UNION SELECT user_id FROM creator_counters GROUP BY user_id HAVING count(*) > 1`,
  )
  const listed = new Set(known.map(({ user_id }) => user_id))
  expect(twice.filter((id) => !listed.has(id))).toEqual([])
}

test('a killed worker loses at most its calls in flight, a frozen one keeps its paid answers as late ones', async ({
  skip,
}) => {
  if (noPostgres) skip(noPostgres)
  const world = await openWorld(postgres, { latencyMs: 300 })
  await world.enqueue(world.list(120))
  const killed = world.start('--concurrency', '8')
  const frozen = world.start('--concurrency', '8')
  const holders = (): Promise<number> => numberOf(world, 'SELECT count(DISTINCT session_no)::int AS n FROM intents')
  await eventually('both have sent', async () => (await holders()) >= 2 && (await numberOf(world, LANDED)) >= 16)
  killed.child.kill('SIGKILL')
  // Its calls in flight are answered while it stands still.
  frozen.child.kill('SIGSTOP')
  const third = world.work()
  expect((await third.ended).exit_code).toBe(0)
  expect(await numberOf(world, 'SELECT count(*)::int AS n FROM sessions WHERE is_lost')).toBe(2)
  const before = await world.collect()
  expect(before.code).toBe(0)
  frozen.child.kill('SIGCONT')
  expect((await frozen.ended).code).toBe(0)
  const late = await numberOf(world, `SELECT count(*)::int AS n FROM late_answers WHERE kind = 'answer'`)
  expect(late).toBeGreaterThan(0)
  const { receipts } = await world.collect()
  expect(receipts).toMatchObject([{ collected: late, calls: { billed: late } }])
  await expectComplete(world, 120, 16)
  const [open] = await published(world.data, 'SELECT count(*)::INT AS n FROM ambiguous_calls WHERE resolved_at IS NULL')
  expect(open).toEqual({ n: 0 })
})

test('cut connections, a crash of the server and a lost LISTEN lose no answer and pay none twice', async ({ skip }) => {
  if (noPostgres) skip(noPostgres)
  const world = await openWorld(postgres, { latencyMs: 200 })
  await world.enqueue(world.list(100))
  const workers = [
    world.work({ until: false }, '--concurrency', '4'),
    world.work({ until: false }, '--concurrency', '4'),
  ]
  await eventually('answers land', async () => (await numberOf(world, LANDED)) >= 10)
  await world.rows(CUT)
  await eventually('more land', async () => (await numberOf(world, LANDED)) >= 30)
  if (postgres.crash) {
    postgres.crash()
    const sent = world.api.ledger.summary().calls
    await eventually('calls in flight end', () => world.api.ledger.callsInFlight === 0)
    // Nothing new was sent while the database was away, but for the calls that had their intent already.
    expect(world.api.ledger.summary().calls).toBeLessThanOrEqual(sent + 8)
    postgres.start()
  }
  await eventually(
    'all land',
    async () => (await numberOf(world, `SELECT count(*)::int AS n FROM ids WHERE NOT is_done`)) === 0,
  )
  await world.rows(`${CUT} AND query ILIKE '%listen%'`)
  await world.enqueue(world.list(20, 500))
  await eventually(
    'the new ids land',
    async () => (await numberOf(world, `SELECT count(*)::int AS n FROM ids WHERE NOT is_done`)) === 0,
  )
  for (const { stop } of workers) stop()
  expect((await Promise.all(workers.map(({ ended }) => ended))).map(({ exit_code }) => exit_code)).toEqual([143, 143])
  const { receipts } = await world.collect()
  expect(receipts.map(({ calls }) => calls.billed).reduce((sum, each) => sum + each, 0)).toBe(
    world.api.ledger.summary().charged,
  )
  await expectComplete(world, 120, 8)
})

test('303 at one of ten workers stops all of them within their calls in flight, and the account goes on when it is let', async ({
  skip,
}) => {
  if (noPostgres) skip(noPostgres)
  const world = await openWorld(postgres, { latencyMs: 50, quota: 60 })
  await world.enqueue(world.list(200), '--batch', '5')
  const workers = Array.from({ length: 10 }, () => world.work({}, '--concurrency', '3'))
  const reports = await Promise.all(workers.map(({ ended }) => ended))
  expect(reports.map(({ exit_code }) => exit_code)).toEqual(Array<number>(10).fill(5))
  const { charged, codes } = world.api.ledger.summary()
  expect(charged).toBe(60)
  expect(codes['303']).toBeLessThanOrEqual(30)
  const status = await world.command('status', '--database-url', world.url, '--data', world.data, '--json')
  expect(JSON.parse(status.stdout)).toMatchObject({
    fleet: { ids: { open: 140, to_collect: 60 }, accounts: [{ account: 'default', stop: { code: '303' } }] },
  })
  // What has landed can be collected; the rest stays in the queue and is not put there again.
  expect((await world.collect()).receipts).toMatchObject([
    {
      ids: { enriched: 60, parked: 140 },
      reasons: expect.arrayContaining([{ status: 'parked', reason: 'queued', rows: 140, ids: 140 }]) as unknown,
    },
  ])
  expect((await world.enqueue(world.list(200))).queued).toEqual({ ids: 0, batches: 0, known: 140 })
  // Another account goes on at once; the first when a person lets it.
  world.api.change({ quota: null })
  const other = world.work({ account: 'other' }, '--concurrency', '3', '--budget-per-day', '9')
  expect(await other.ended).toMatchObject({ exit_code: 0, calls: 60, stop: { reason: 'cap' } })
  const resumed = await world.command('worker', 'resume', '--database-url', world.url)
  expect(resumed.stdout).toContain('default')
  expect(await world.work().ended).toMatchObject({ exit_code: 0, calls: 80 })
  await world.collect()
  await expectComplete(world, 200, 0)
})

test('a session of somebody else that is idle in a transaction only delays what needs its rows', async ({ skip }) => {
  if (noPostgres) skip(noPostgres)
  const world = await openWorld(postgres)
  await world.enqueue(world.list(40))
  await world.work({}, '--rate', '1000/s', '--budget-per-day', '3').ended
  const other = new pg.Client({ connectionString: world.url, options: '-c search_path=creator_enrich' })
  await other.connect()
  onTestFinished(() => other.end())
  await other.query('BEGIN')
  await other.query('SELECT * FROM accounts FOR UPDATE')
  const before = world.api.ledger.summary().calls
  const worker = world.work({ account: 'second' })
  await worker.ended
  // The account of the held row was not needed.
  expect(world.api.ledger.summary().calls).toBe(before + 20)
  await other.query('ROLLBACK')
  await other.query('BEGIN')
  await other.query('SELECT count(*) FROM intents')
  const collected = await world.collect()
  expect(collected).toMatchObject({ code: 0, receipts: [{ collected: 40 }] })
  expect(collected.stderr).toContain('collected rows could not be dropped')
  await other.query('ROLLBACK')
  expect((await world.collect()).receipts).toEqual([{ collected: 0 }])
  expect(await world.rows(`SELECT to_regclass('ends_1') AS rows`)).toEqual([{ rows: null }])
})

test('a stopped fleet sends nothing until it is let go on; a worker whose clock is wrong, and is set during a call, dates its answers by the clock of the database', async ({
  skip,
}) => {
  if (noPostgres) skip(noPostgres)
  let aheadMs = 300_000
  const world = await openWorld(postgres, {
    before: () => {
      aheadMs = 3_600_000
      return undefined
    },
  })
  await world.enqueue(world.list(10))
  await world.command('worker', 'stop', '--database-url', world.url)
  const ending = world.work()
  expect(await ending.ended).toMatchObject({ exit_code: 5, calls: 0, stop: { reason: 'fleet' } })
  expect(ending.log.join('')).toContain('ending: the fleet was stopped; `worker resume` lets it go on')
  const worker = world.work({ until: false, clockMs: () => aheadMs })
  await eventually('it waits', () => worker.log.join('').includes('the fleet was stopped'))
  expect(world.api.ledger.summary().calls).toBe(0)
  await world.command('worker', 'resume', '--database-url', world.url)
  await eventually('all land', async () => (await numberOf(world, LANDED)) === 10)
  expect(worker.log.join('')).toContain('the clock of this machine differs from that of PostgreSQL by')
  worker.stop()
  await worker.ended
  await world.collect()
  const [row] = await published(
    world.data,
    'SELECT max(last_fetched_at) < now() + INTERVAL 30 SECONDS AS is_right FROM creators',
  )
  expect(row).toEqual({ is_right: true })
})

test('an answer that arrives while the database is away is kept by the worker, also over its end, and lands at its next start', async ({
  skip,
}) => {
  if (noPostgres) skip(noPostgres)
  const { crash, start } = postgres
  if (!crash) skip('the server of TEST_DATABASE_URL is not ours to stop')
  let isAway = false
  const world = await openWorld(postgres, {
    before: () => {
      if (!isAway) crash!()
      isAway = true
      return undefined
    },
  })
  await world.enqueue(world.list(5))
  const folder = join(world.folder, 'own')
  const first = world.work({ until: false }, '--concurrency', '1', '--data', folder)
  await eventually('it is told', () => first.log.join('').includes('nothing is sent meanwhile'))
  first.stop()
  expect(await first.ended).toMatchObject({ exit_code: 143, calls: 1 })
  expect(first.log.join('')).not.toContain('is back')
  start()
  const second = world.work({}, '--data', folder)
  expect((await second.ended).exit_code).toBe(0)
  expect(second.log.join('')).toContain('that the database did not take before')
  expect(
    readFileSync(join(folder, 'metrics/creator-enrich.prom'), 'utf8').replaceAll(/\{[^}]*?(kind="\w+")?\}/g, ' $1'),
  ).toMatch(
    /worker_up {2}0\n[^]*worker_calls_total {2}4\n[^]*charged_calls_total kind="billed" 4\n[^]*in_flight_calls {2}0\n/,
  )
  expect(world.api.ledger.summary()).toMatchObject({ calls: 5, charged: 5 })
  const { receipts } = await world.collect()
  expect(receipts).toMatchObject([{ collected: 5, ids: { enriched: 5 }, ambiguous_calls: 0 }])
})
