import { readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { withCollectLock } from '../../src/fleet/collect.js'
import { markCollection } from '../../src/fleet/collectSql.js'
import { openFleetDatabase } from '../../src/fleet/database.js'
import { startCli } from '../support/cli.js'
import { plainId } from '../support/lists.js'
import { noPostgres, postgresOfFile } from '../support/postgres.js'
import { published } from '../support/published.js'
import { enrich, TOKEN } from '../support/simulated.js'
import { temporaryFolder } from '../support/folder.js'
import { checkReplay } from '../support/replayed.js'
import { eventually, openWorld } from './world.js'

const postgres = postgresOfFile()

/** What a person has in the published file, whoever fetched it and when. */
const CONTENT = `SELECT * EXCLUDE (first_seen_at, last_fetched_at, last_changed_at, last_attempt_at, run_id, last_attempt_run_id, last_conclusive_at) FROM creators ORDER BY user_id`

test('three workers publish what one machine publishes, pay each id once, and leave nothing in the queue', async ({
  skip,
}) => {
  if (noPostgres) skip(noPostgres)
  const world = await openWorld(postgres)
  const input = world.list(130)
  const { queued, ids, exit_code } = await world.enqueue(input)
  expect({ queued, parked: ids.parked, exit_code }).toEqual({
    queued: { ids: 130, batches: 7, known: 0 },
    parked: 130,
    exit_code: 0,
  })
  const workers = [world.work(), world.work(), world.work()]
  const reports = await Promise.all(workers.map(({ ended }) => ended))
  expect(reports.map(({ exit_code }) => exit_code)).toEqual([0, 0, 0])
  expect(reports.reduce((sum, { calls }) => sum + calls, 0)).toBe(130)
  expect(world.api.ledger.summary()).toMatchObject({ calls: 130, charged: 130, overlaps: 0 })

  const { receipts, code } = await world.collect()
  expect(code).toBe(0)
  expect(receipts).toMatchObject([
    { collected: 130, ids: { enriched: 130, parked: 0 }, calls: { sent: 130, billed: 130 }, asked_ids: 130 },
  ])
  const alone = temporaryFolder()
  await enrich(input, alone, world.api)
  expect(await published(world.data, CONTENT)).toEqual(await published(alone, CONTENT))
  const members = `SELECT list, row_number, user_id, status, reason FROM list_members ORDER BY row_number`
  expect(await published(world.data, members)).toEqual(await published(alone, members))
  expect(await checkReplay(world.data)).toEqual([])

  // Ages count from the enqueue, not from the collection.
  expect(await published(world.data, 'SELECT count(*)::INT AS n FROM runs WHERE asked_at < started_at')).toEqual([
    { n: 1 },
  ])

  // Nothing is left, and what is fresh is not put into the queue again.
  expect((await world.collect()).receipts).toEqual([{ collected: 0 }])
  expect(
    await world.rows(`SELECT (SELECT count(*)::int FROM ids) AS ids, (SELECT count(*)::int FROM creator_enrich_jobs.jobs) AS jobs,
    to_regclass('ends_1') AS rows`),
  ).toEqual([{ ids: 0, jobs: 0, rows: null }])
  expect((await world.enqueue(input)).queued).toEqual({ ids: 0, batches: 0, known: 0 })
})

test('what is in the queue is not fetched by a run, not even after an enqueue that was killed; a second collector is refused, and a cut-off collection is completed', async ({
  skip,
}) => {
  if (noPostgres) skip(noPostgres)
  const world = await openWorld(postgres)
  const input = world.list(40)
  // The server takes a second for the commit, and the process is killed meanwhile.
  await world.enqueue(world.list(1, 900))
  await world.rows(
    `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NULL; END'`,
  )
  await world.rows(
    'CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON enqueues DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()',
  )
  const args = ['enqueue', input, '--data', world.data, '--api', world.api.url, '--no-report', '--batch', '20']
  const killed = startCli(args, { env: { CREATOR_ENRICH_DATABASE_URL: world.url, JUSTONEAPI_TOKEN: TOKEN } })
  await eventually('it commits', async () => {
    return (await world.rows(`SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'`)).length > 0
  })
  killed.child.kill('SIGKILL')
  await killed.ended
  await eventually('it is committed', async () => (await world.rows('SELECT 1 FROM enqueues')).length === 2)
  await world.rows('DROP TRIGGER slow ON enqueues')
  const run = (): ReturnType<typeof world.command> =>
    world.command('run', input, '--data', world.data, '--api', world.api.url, '--no-report')
  const refused = await run()
  expect(refused).toMatchObject({ code: 2 })
  expect(refused.stderr).toContain('was cut off, and its ids may be in the queue of the fleet')
  // That of another list does not say where these ids are; the same once more does.
  await world.enqueue(world.list(2, 900))
  expect((await run()).stderr).toContain('was cut off')
  expect((await world.enqueue(input)).queued).toEqual({ ids: 0, batches: 0, known: 40 })
  expect((await run()).stderr).toContain('40 due ids in the queue of the fleet of this folder')
  const names = join(temporaryFolder(), 'names.csv')
  writeFileSync(names, '小红书号\nkafei_0\n')
  const resolving = ['run', names, '--resolve', '--data', world.data, '--api', world.api.url, '--no-report']
  expect((await world.command(...resolving)).stderr).toContain('--resolve may lead to one of them')
  await world.work().ended

  // A collection that is cut off before its segment is whole leaves its mark only in the database.
  const database = await openFleetDatabase(world.url)
  onTestFinished(() => database.close())
  await markCollection(database, '20260101T000000Z-0000', '1')
  const second = await withCollectLock(database, () => world.collect())
  expect(second).toMatchObject({ code: 8, receipts: [] })
  expect(second.stderr).toContain('another program collects from')
  expect((await world.collect()).receipts.map(({ collected }) => collected)).toEqual([1, 40, 1])
})

test('a forgotten person leaves the queue, the landed and the late answers; what cannot be reached is exit 7', async ({
  skip,
}) => {
  if (noPostgres) skip(noPostgres)
  const world = await openWorld(postgres)
  const input = world.list(3)
  await world.enqueue(input)
  await world.work().ended
  const [person, other] = [plainId(1), plainId(2)]
  // Another person's answer names the person, and an answer is late.
  await world.rows(
    `UPDATE ends SET body = convert_to(replace(convert_from(body, 'UTF8'), '"desc":"', '"desc":"@$1 '), 'UTF8')
     FROM intents WHERE intents.seq = ends.seq AND user_id = '${other}'`.replace('$1', person),
  )
  await world.rows(
    `INSERT INTO late_answers (session_no, seq, user_id, attempt, sent_at, kind, received_at, ms) VALUES (99, 1, $1, 1, 0, 'no_answer', 0, 0)`,
    [person],
  )
  const check = async () => {
    const ended = await world.command('forget', '--check', person, '--data', world.data, '--json')
    return JSON.parse(ended.stdout) as unknown
  }
  expect(await check()).toMatchObject({ exit_code: 9, fleet: { people: 1, unreached: [] } })
  const away = ['--database-url', 'postgres://nobody@127.0.0.1:1/none']
  const alone = await world.command('forget', person, '--data', world.data, ...away)
  expect(alone).toMatchObject({ code: 7 })
  expect(alone.stdout).toContain('unreached')
  const named = await world.command('forget', person, '--data', world.data, '--database-url', world.url, '--json')
  expect(JSON.parse(named.stdout)).toMatchObject({ exit_code: 0, fleet: { rows: 4, redacted: 1, unreached: [] } })
  const left = await world.rows(
    `SELECT (SELECT count(*)::int FROM ids WHERE user_id = $1) + (SELECT count(*)::int FROM intents WHERE user_id = $1)
      + (SELECT count(*)::int FROM late_answers WHERE user_id = $1)
      + (SELECT count(*)::int FROM ends WHERE position(convert_to($1, 'UTF8') IN body) > 0) AS n`,
    [person],
  )
  expect(left).toEqual([{ n: 0 }])
  expect(await check()).toMatchObject({ exit_code: 0, fleet: { people: 0, unreached: [] } })
  const unchecked = await world.command('forget', '--check', person, '--data', world.data, ...away)
  expect(unchecked).toMatchObject({ code: 7 })
  expect(unchecked.stdout).toContain('unreached')
  // One that only an answer of another names is found, too.
  await world.rows(`CREATE TABLE kept AS SELECT session_no, seq, body FROM ends`)
  await world.rows(`UPDATE ends SET body = convert_to('"${person}"', 'UTF8')`)
  expect(await check()).toMatchObject({ exit_code: 9, fleet: { people: 1 }, people: [{ erased: false }] })
  await world.rows(
    'UPDATE ends SET body = kept.body FROM kept WHERE kept.session_no = ends.session_no AND kept.seq = ends.seq',
  )

  // A collection is cut off between its mark in the folder and the way of its segment to the journal. The next person is
  // forgotten before it is completed; its calls are loaded once.
  await world.rows(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no'; END$$`)
  await world.rows('CREATE TRIGGER fail BEFORE DELETE ON collections FOR EACH ROW EXECUTE FUNCTION fail()')
  expect((await world.collect()).code).not.toBe(0)
  await world.rows('DROP TRIGGER fail ON collections')
  const state = join(world.data, 'state')
  const [segment] = readdirSync(join(state, 'journal')).filter((name) => name.endsWith('.journal'))
  renameSync(join(state, 'journal', segment!), join(state, 'landed', segment!))
  expect((await world.command('forget', other, '--data', world.data, '--database-url', world.url)).code).toBe(0)
  await world.collect()
  expect(await published(world.data, 'SELECT user_id FROM creator_counters')).toEqual([{ user_id: plainId(3) }])
})
