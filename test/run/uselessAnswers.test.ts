import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { all, openDatabase, quotedText } from '../../src/core/duckdb.js'
import type { Script } from '../../src/simulator/answer.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { checkReplay } from '../support/replayed.js'
import { sharedFolder } from '../support/sharedFolder.js'
import { enrichAt, simulator, type Enriched } from '../support/simulated.js'

const T0 = Date.UTC(2026, 10, 1, 18)
const HOUR = 3_600_000
const idsFrom = (first: number, count: number) => Array.from({ length: count }, (_, n) => plainId(first + n))

/** Of another list: they have had a profile since hour 0. */
const KNOWN = idsFrom(1, 60)
const sixtyAreKnown = sharedFolder(async (folder) => {
  await enrichAt(() => T0, writeList(folder, KNOWN, 'known.csv'), join(folder, 'data'), await simulator())
})

/** A folder in which `KNOWN` are known. */
async function openKnown() {
  return openFolder((await sixtyAreKnown()).folder)
}

/** The first four of these get an answer that is no profile. */
const TWENTY = idsFrom(1, 20)
const [TEXT, LIST, NESTED, WITHOUT] = TWENTY as [string, string, string, string]
const SHAPES: Record<string, unknown> = {
  [TEXT]: JSON.stringify({ userid: TEXT, nickname: 'x' }),
  [LIST]: [{ userid: TEXT, nickname: 'x' }],
  [NESTED]: { user: { userid: TEXT, nickname: 'x' } },
  [WITHOUT]: { nickname: 'x' },
}
const fourAreUnreadable = sharedFolder(async (folder) => {
  const { run, upstream } = await openFolder(folder)
  upstream.answer = (id) => SHAPES[id]
  return run(0, TWENTY, '--max-failed', '100%')
})

/** A folder whose upstream gives for each id what `answer` says; undefined is the usual profile. */
async function openFolder(folder = temporaryFolder()) {
  const data = join(folder, 'data')
  const asked: string[] = []
  const upstream: { answer: (id: string, nth: number) => unknown; script?: Script } = { answer: () => undefined }
  const api = await simulator({
    before: ({ id }) => {
      asked.push(id)
      const given = upstream.answer(id, asked.length)
      return given === undefined ? undefined : { code: 0, data: given }
    },
  })
  /** One run that starts this many hours after the first, and the ids that it fetched. */
  const run = async (
    hours: number,
    ids: readonly string[],
    ...args: string[]
  ): Promise<Enriched & { asked: string[]; first: string[] }> => {
    asked.length = 0
    const at = T0 + hours * HOUR
    const ran = await enrichAt(() => at, writeList(folder, ids), data, api, '--concurrency', '4', ...args)
    return { ...ran, asked: [...asked].sort(), first: asked.slice(0, 5) }
  }
  /** The status of each creator as a table of counts. */
  const statuses = async () => {
    const rows = await published<{ status: string; n: number }>(
      data,
      'SELECT status, count(*) AS n FROM creators GROUP BY ALL ORDER BY ALL',
    )
    return Object.fromEntries(rows.map(({ status, n }) => [status, n]))
  }
  const replayCheck = () => checkReplay(data)
  return { data, run, statuses, replayCheck, upstream }
}

test('an answer that holds something else than a profile is a failed id, kept and reported, and fetched again by age', async () => {
  const { folder, made: first } = await fourAreUnreadable()
  const { data, run, statuses, replayCheck, upstream } = await openFolder(folder)
  upstream.answer = (id) => SHAPES[id]
  expect(first.code).toBe(0)
  expect(first.receipt.ids).toMatchObject({ enriched: 16, failed: 4, empty: 0 })
  expect(first.receipt.reasons).toEqual([{ status: 'failed', reason: 'unreadable', rows: 4, ids: 4 }])
  expect(await statuses()).toEqual({ active: 16, never_fetched: 4 })
  expect(await published(data, 'SELECT user_id, code, message, billed FROM failures ORDER BY user_id')).toEqual(
    [
      [TEXT, 'a text'],
      [LIST, 'a list of 1'],
      [NESTED, 'an object without userid'],
      [WITHOUT, 'an object without userid'],
    ].map(([user_id, found]) => {
      return {
        user_id,
        code: 'unreadable',
        message: `the answer holds something that is not a profile: ${found}`,
        billed: 'yes',
      }
    }),
  )

  // The drift names what stands in the place of the profile.
  const drift = await published<{ path: string }>(
    data,
    `SELECT path, kind, found, answers FROM schema_drift WHERE path IN ('(profile)', 'user', 'userid') ORDER BY ALL`,
  )
  expect(drift).toEqual([
    { path: '(profile)', kind: 'wrong_type', found: 'list', answers: 1 },
    { path: '(profile)', kind: 'wrong_type', found: 'text', answers: 1 },
    { path: 'user', kind: 'unknown_key', found: 'object', answers: 1 },
    { path: 'userid', kind: 'missing_key', found: null, answers: 2 },
  ])

  // The bytes are in raw/, so that a later version may read them.
  expect(await rawBodies(data, LIST)).toEqual([expect.stringContaining(JSON.stringify(SHAPES[LIST]))])

  expect((await run(1, TWENTY)).asked).toEqual([])
  expect((await run(21, TWENTY, '--max-failed', '100%')).asked).toEqual(TWENTY)
  expect(await replayCheck()).toEqual([])
})

describe('a run whose answers are of no use stops', () => {
  /** At most this many calls are in flight when the run stops. */
  const IN_FLIGHT = 4
  const stranger = { userid: plainId(0xffff) }

  test('with exit 6, after 20 empty answers for creators that had a profile', async () => {
    const { run, statuses, upstream } = await openKnown()
    upstream.answer = () => ({})
    const night = await run(24, KNOWN)
    expect(night.code).toBe(6)
    expect(night.receipt.stop).toMatchObject({ reason: 'unreachable', code: 'useless' })
    expect(night.asked.length).toBeGreaterThanOrEqual(20)
    expect(night.asked.length).toBeLessThan(20 + IN_FLIGHT)
    expect(night.receipt.ids).toMatchObject({ empty: night.asked.length, parked: KNOWN.length - night.asked.length })
    expect(Object.keys(await statuses())).toContain('active')
  })

  test.each<[what: string, answer: (id: string, nth: number) => unknown]>([
    ['a text', () => 'no'],
    [
      '45 of somebody else, then one of the creator, again and again',
      (_, nth) => (nth % 46 === 0 ? undefined : stranger),
    ],
    ['three in five unreadable', (_, nth) => (nth % 5 < 3 ? [] : undefined)],
  ])('also for ids never seen before: %s', async (_, answer) => {
    const { run, upstream } = await openFolder()
    upstream.answer = answer
    const { code, asked } = await run(0, idsFrom(1, 150))
    expect(code).toBe(6)
    expect(asked.length).toBeLessThan(50)
  })

  test('empty answers for ids never seen before count only where nearly all are', async () => {
    const { run, upstream } = await openFolder()
    upstream.answer = (_, nth) => (nth % 10 === 0 ? undefined : null)
    expect((await run(0, idsFrom(1, 150))).code).toBe(0)
    upstream.answer = () => null
    const all = await run(1, idsFrom(1000, 150))
    expect(all.code).toBe(6)
    expect(all.asked.length).toBeLessThan(95 + IN_FLIGHT)
  })

  test('where half of the answers are good, the run goes on', async () => {
    const { run, upstream } = await openFolder()
    upstream.answer = (_, nth) => (nth % 2 === 0 ? stranger : undefined)
    const { receipt, asked } = await run(0, idsFrom(1, 150), '--max-failed', '100%')
    expect(receipt).toMatchObject({ exit_code: 0, stop: null })
    expect(asked).toHaveLength(150)
  })

  test('a shorter run is judged at its end; a few people may really be gone', async () => {
    const { run, upstream } = await openKnown()
    const ids = KNOWN.slice(0, 9)
    upstream.answer = (id) => (id <= ids[4]! ? {} : undefined)
    expect((await run(24, ids)).receipt).toMatchObject({
      exit_code: 6,
      stop: { code: 'useless' },
      ids: { enriched: 4, empty: 5 },
    })
    upstream.answer = () => ({})
    expect((await run(48, ids.slice(5))).receipt).toMatchObject({ exit_code: 0, ids: { empty: 4 } })
  })
})

describe('a creator that had a profile', () => {
  test('is empty after two empty answers in a row of different runs; the first is an anomaly and counts as fresh', async () => {
    const { data, run, statuses, replayCheck, upstream } = await openKnown()
    const ids = KNOWN.slice(0, 10)
    const gone = ids.slice(0, 2)
    const never = plainId(99)
    const anomalies = () => published(data, `SELECT user_id, kind FROM anomalies ORDER BY observed_at, user_id`)
    upstream.answer = (id) => (gone.includes(id) ? {} : id === never ? null : undefined)
    expect((await run(24, [...ids, never])).receipt.ids).toMatchObject({ enriched: 8, empty: 3 })
    expect(await statuses()).toEqual({ active: 60, empty: 1 })
    expect(await anomalies()).toEqual(gone.map((user_id) => ({ user_id, kind: 'unconfirmed_empty' })))
    expect((await run(30, ids)).asked).toEqual([])
    upstream.answer = (id) => (id === gone[0] ? {} : undefined)
    await run(48, ids)
    expect(await statuses()).toEqual({ active: 59, empty: 2 })
    expect(await anomalies()).toHaveLength(2)
    expect(
      await published(data, `SELECT user_id FROM creators WHERE status = 'empty' AND nickname IS NOT NULL`),
    ).toEqual([{ user_id: gone[0] }])
    // A profile in between starts the count again; one after two empty answers brings the creator back.
    upstream.answer = (id) => (id === gone[1] ? {} : undefined)
    await run(72, ids)
    expect(await statuses()).toEqual({ active: 60, empty: 1 })
    expect(await replayCheck()).toEqual([])
  })

  test('stays active after a night in which everybody is empty, also after a rebuild', async () => {
    const { data, run, statuses, replayCheck, upstream } = await openKnown()
    upstream.answer = () => null
    await run(24, KNOWN)
    await run(48, KNOWN)
    expect(await statuses()).toEqual({ active: 60 })
    expect(await published(data, 'SELECT useless FROM runs ORDER BY run_id')).toEqual(
      [false, true, true].map((useless) => ({ useless })),
    )
    expect(await replayCheck()).toEqual([])
  })
})

test('after a useless run its empty answers are fetched again at once, and five creators with a profile come first', async () => {
  const { run, statuses, replayCheck, upstream } = await openKnown()
  const fresh = idsFrom(500, 40)
  upstream.answer = () => ({})
  const night = await run(24, KNOWN)
  expect(night.code).toBe(6)

  // The upstream has not recovered: five calls show it.
  const second = await run(25, [...fresh, ...KNOWN], '--max-age', '100h')
  expect(second.code).toBe(6)
  expect(second.asked).toHaveLength(5)
  expect(second.asked.every((id) => KNOWN.includes(id))).toBe(true)

  upstream.answer = () => undefined
  const third = await run(26, [...fresh, ...KNOWN], '--max-age', '100h')
  expect(third.code).toBe(0)
  expect(third.first.every((id) => KNOWN.includes(id))).toBe(true)
  // The fresh ones, and those that the useless runs called empty; not the others, whose profile is young enough.
  const doubted = new Set([...night.asked, ...second.asked])
  expect(third.asked).toEqual([...doubted, ...fresh].sort())
  expect(await statuses()).toEqual({ active: 100 })
  expect(await replayCheck()).toEqual([])
})

test('a confirmed empty id is fetched again after 1, 7 and 30 days, and by --retry-failed', async () => {
  const { run, upstream } = await openKnown()
  const ids = KNOWN.slice(0, 10)
  const gone = ids[0]!
  upstream.answer = (id) => (id === gone ? {} : undefined)
  const calls: number[] = []
  for (const day of [1, 2, 3, 9, 10, 39, 40, 44]) {
    if ((await run(day * 24, [gone])).asked.length > 0) calls.push(day)
  }
  // Empty first on day 1, confirmed on day 2, then after 1, 7 and 30 days.
  expect(calls).toEqual([1, 2, 3, 10, 40])
  expect((await run(45 * 24, ids, '--retry-failed')).asked).toEqual([gone])
})

test('a folder of an older version is rebuilt from raw/ with no call, and the run says why', async () => {
  const { data, run, statuses, replayCheck } = await openFolder((await fourAreUnreadable()).folder)
  await makeOlder(
    data,
    `UPDATE creators SET status = 'empty', last_attempt_outcome = 'empty' WHERE user_id = '${TEXT}'`,
  )
  const later = await run(1, TWENTY)
  expect(later.asked).toEqual([])
  expect(later.stderr).toMatch(
    /warehouse\.duckdb is rebuilt from .*raw and the journal, with no call: an older version made it/,
  )
  expect(await statuses()).toEqual({ active: 16, never_fetched: 4 })
  expect(await replayCheck()).toEqual([])
  expect((await run(2, TWENTY)).stderr).not.toContain('rebuilt')
})

/** Makes the working database one that a version before this reading has left. */
async function makeOlder(data: string, rows: string): Promise<void> {
  const database = await openDatabase(join(data, 'state/warehouse.duckdb'))
  for (const sql of [
    rows,
    'ALTER TABLE data_folder DROP COLUMN reading',
    'ALTER TABLE data_folder DROP COLUMN checked_before',
    'DROP TABLE answers_without_profile',
    'DROP TABLE spending',
    'DROP TABLE former_members',
    'DROP TABLE resolved_ids',
    'ALTER TABLE runs DROP COLUMN keep_people_ms',
    'ALTER TABLE runs DROP COLUMN exit_reason',
    'ALTER TABLE runs DROP COLUMN asked_at',
    'ALTER TABLE runs DROP COLUMN useless',
    'ALTER TABLE runs DROP COLUMN earlier_runs',
    'ALTER TABLE runs DROP COLUMN ahead_runs',
    'ALTER TABLE runs DROP COLUMN history_from',
    'ALTER TABLE runs DROP COLUMN max_age_seconds',
    'ALTER TABLE runs DROP COLUMN max_age_by_tier',
    'ALTER TABLE runs DROP COLUMN tracked',
    'ALTER TABLE runs DROP COLUMN billed_by_day',
    'UPDATE data_folder SET schema_version = 3',
  ])
    await database.connection.run(sql)
  await database.close()
}

async function rawBodies(data: string, id: string): Promise<string[]> {
  const answers = join(data, 'raw/answers')
  expect(readdirSync(answers)).toHaveLength(1)
  const reader = await openDatabase(':memory:')
  try {
    const files = quotedText(join(answers, '*/*/*.parquet'))
    const rows = await all<{ body: string }>(
      reader.connection,
      `SELECT decode(body) AS body FROM read_parquet(${files}) WHERE user_id = ${quotedText(id)}`,
    )
    return rows.map(({ body }) => body)
  } finally {
    await reader.close()
  }
}
