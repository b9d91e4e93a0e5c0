import { describe, expect, test } from 'vitest'
import { attribute } from '../../src/model/column.js'
import type { Pipeline } from '../../src/model/pipeline.js'
import { plan } from '../../src/plan/plan.js'
import type { PlanOptions } from '../../src/plan/planSql.js'
import { people } from '../load/people.js'
import { ageOf, ago, at, HOUR, id, NOW, OPTIONS, Planner, type Creator } from './planner.js'

const DAY = 24 * HOUR
const TIERS = { mega: 20 * HOUR, mid: 3 * DAY, nano: 7 * DAY }
const sized: Pipeline = {
  ...people,
  columns: { ...people.columns, size: attribute.text('size', 'Size.', 'tier') },
  tiers: ['nano', 'mid', 'mega', 'giant'],
}
const byTier: PlanOptions = {
  ...OPTIONS,
  tier: 'size',
  ages: { standard: 20 * HOUR, byTier: new Map(Object.entries(TIERS)) },
}

/** The due ids in order, as numbers. */
async function orderOf(planner: Planner, numbers: readonly number[], options = OPTIONS): Promise<number[]> {
  planner.forgetMembers()
  await planner.members('l', numbers.map(id))
  await plan(planner.connection, options)
  const due = await planner.due()
  return due.map((each) => numbers.find((n) => id(n) === each)!)
}

const creator = (n: number, hoursAgo: number, fans?: number): Creator => {
  return { user_id: id(n), status: 'active', hoursAgo, ...(fans === undefined ? {} : { fans }) }
}

describe('the order of a capped run', () => {
  test('age in whole steps of the allowed age, then more followers; unknown ones last', async () => {
    const planner = await Planner.open()
    await planner.creators([
      creator(1, 41, 10),
      creator(2, 59, 5),
      creator(3, 21, 9_000_000),
      creator(4, 39, 500),
      creator(5, 60, 1),
      creator(6, 45),
    ])
    expect(await orderOf(planner, [3, 4, 6, 2, 1, 5])).toEqual([5, 1, 2, 6, 3, 4])
  })

  test('--first puts another column in the place of the followers', async () => {
    const planner = await Planner.open()
    await planner.creators([creator(1, 30, 10), creator(2, 30, 5), creator(3, 30, 70), creator(4, 50, 100)])
    const first = { column: 'fans', descending: false }
    expect(await orderOf(planner, [1, 2, 3, 4], { ...OPTIONS, first })).toEqual([4, 2, 1, 3])
    // A file of an older version may lack the column.
    expect(await orderOf(planner, [3, 2, 1], { ...OPTIONS, first: { column: 'level9', descending: true } })).toEqual([
      3, 2, 1,
    ])
  })

  test('new ids have every second place while others are due', async () => {
    const planner = await Planner.open()
    await planner.creators([creator(1, 30, 1), creator(2, 30, 2)])
    expect(await orderOf(planner, [11, 12, 13, 14, 1, 2])).toEqual([2, 11, 1, 12, 13, 14])
  })

  test('who was left out by more capped runs since the id became due goes first', async () => {
    const planner = await Planner.open()
    await planner.creators([creator(1, 39, 10), creator(2, 25, 1_000)])
    expect(await orderOf(planner, [1, 2])).toEqual([2, 1])
    await planner.connection.run(`UPDATE runs SET ids_parked = 3 WHERE run_id = 'run-10'`)
    expect(await orderOf(planner, [1, 2])).toEqual([1, 2])
  })
})

describe('--max-age by-tier', () => {
  const due = async (sizes: (string | null)[], hoursAgo: number, status: Creator['status'] = 'active') => {
    const planner = await Planner.open(sized)
    await planner.creators(sizes.map((_, n) => ({ ...creator(n, hoursAgo), status })))
    for (const [n, size] of sizes.entries()) {
      await planner.connection.run('UPDATE creators SET size = $size WHERE user_id = $id', { size, id: id(n) })
    }
    return (await orderOf(planner, [...sizes.keys()], byTier)).map((n) => sizes[n])
  }
  const all = ['mega', 'mid', 'nano', 'giant', null]

  test('each tier has its age; another tier and an unknown one have the default', async () => {
    expect(await due(all, 19)).toEqual([])
    expect(await due(all, 21)).toEqual(['mega', 'giant', null])
    expect(await due(all, 70)).toEqual(['mega', 'giant', null])
    expect((await due(all, 73)).sort()).toEqual(['giant', 'mega', 'mid', null])
    expect((await due(all, 7 * 24)).sort()).toEqual(['giant', 'mega', 'mid', 'nano', null])
  })

  test('a night that begins an hour early at most is not missed', async () => {
    expect(await due(['mid', 'nano'], 71)).toEqual([])
    expect(await due(['mid', 'nano'], 72)).toEqual(['mid'])
  })

  test('a creator without a profile any more waits for the longer of both ages', async () => {
    expect(await due(['mega', 'mid'], 22, 'empty')).toEqual([])
    expect(await due(['mega', 'mid'], 24, 'empty')).toEqual(['mega'])
    expect(await due(['mega', 'mid'], 72, 'empty')).toEqual(['mega', 'mid'])
  })
})

/** Nightly runs with a cap, each call an answer. */
async function nights(options: {
  readonly cap: number
  readonly plan: PlanOptions
  readonly sizes: readonly (keyof typeof TIERS)[]
  /** New ids each night. */
  readonly arriving: number
}): Promise<{ readonly night: number; readonly allowed: number; readonly asked: number; readonly newOnes: number }[]> {
  const planner = await Planner.open(sized)
  const { connection } = planner
  const { cap, sizes, arriving } = options
  for (const [n, size] of sizes.entries()) {
    await planner.creators([creator(n, 199, (n * 7919) % 1000)])
    await connection.run('UPDATE creators SET size = $size WHERE user_id = $id', { size, id: id(n) })
  }
  /** For each id that is due and not new: the night by which it must be fetched. */
  const promised = new Map<string, number>()
  const known = new Set(sizes.map((_, n) => id(n)))
  const report = []
  for (let night = 0; night < 30; night += 1) {
    const startedAt = NOW + night * DAY - (night % 3) * 600_000
    const total = sizes.length + arriving * (night + 1)
    planner.forgetMembers()
    await planner.members(
      'l',
      Array.from({ length: total }, (_, n) => id(n)),
    )
    await plan(connection, { ...options.plan, startedAt })
    const order = await planner.due()
    const waiting = order.filter((each) => known.has(each))
    const share = order.length > waiting.length ? cap - Math.floor(cap / 2) : cap
    for (const each of waiting) {
      if (!promised.has(each)) promised.set(each, night + Math.ceil(waiting.length / share) - 1)
    }
    const asked = order.slice(0, cap)
    const newOnes = asked.filter((each) => !known.has(each)).length
    for (const each of asked) {
      expect(night, each).toBeLessThanOrEqual(promised.get(each) ?? night)
      promised.delete(each)
      known.add(each)
    }
    for (const [each, by] of promised) expect(by, each).toBeGreaterThan(night)
    const run_id = `night-${night}`
    await planner.insert('runs', { run_id, started_at: at(startedAt), ids_parked: BigInt(order.length - asked.length) })
    await connection.run(
      `INSERT INTO creators (user_id) SELECT unnest(CAST($ids AS JSON)::VARCHAR[]) EXCEPT SELECT user_id FROM creators`,
      { ids: JSON.stringify(asked) },
    )
    await connection.run(
      `UPDATE creators SET status = 'active', last_attempt_outcome = 'profile', run_id = $run, last_attempt_run_id = $run,
         last_conclusive_at = $at::TIMESTAMPTZ, last_attempt_at = $at::TIMESTAMPTZ
       WHERE user_id IN (SELECT unnest(CAST($ids AS JSON)::VARCHAR[]))`,
      { run: run_id, at: at(startedAt + 60_000), ids: JSON.stringify(asked) },
    )
    report.push({ night, allowed: share, asked: asked.length, newOnes })
  }
  return report
}

describe('30 nights under a cap C: each of N due ids is fetched within N ÷ C runs', () => {
  const mixed = Array.from({ length: 40 }, (_, n) => (['mega', 'mid', 'nano', 'nano'] as const)[n % 4]!)

  test.each([
    [7, 'one age for all', OPTIONS],
    [7, 'an age of three days', { ...OPTIONS, ages: ageOf(72) }],
    [7, 'no age: all are always due', { ...OPTIONS, ages: ageOf(0) }],
    [12, 'ages by tier', byTier],
    [4, 'ages by tier, far too few calls', byTier],
  ])('C = %i, %s', async (cap, _, options) => {
    await nights({ cap, plan: options, sizes: mixed, arriving: 0 })
  })

  test('new ids take half of the calls at most while others are due, and all of them otherwise', async () => {
    const report = await nights({ cap: 9, plan: OPTIONS, sizes: mixed.slice(0, 20), arriving: 6 })
    for (const { newOnes, asked } of report) expect([asked, newOnes]).toEqual([9, 4])
    const alone = await nights({ cap: 9, plan: OPTIONS, sizes: [], arriving: 20 })
    expect(alone[0]!.newOnes).toBe(9)
  })
})

test('ids whose answers are dated ahead come first, as their age is not known', async () => {
  const planner = await Planner.open()
  await planner.creators([
    creator(1, 150, 1_000),
    { ...creator(2, 30, 1), conclusiveAt: ago(-5), attempt: { outcome: 'profile', code: '0', at: ago(-5) } },
  ])
  await planner.insert('runs', { run_id: 'ahead', started_at: at(ago(-5)) })
  await planner.connection.run(`UPDATE creators SET run_id = 'ahead', last_attempt_run_id = 'ahead' WHERE fans = 1`)
  await planner.insert('runs', {
    run_id: 'later',
    started_at: at(ago(1)),
    ahead_runs: JSON.stringify([{ run_id: 'ahead', after: 0, ahead_ms: 1 }]),
  })
  expect(await orderOf(planner, [1, 2])).toEqual([2, 1])
})

test('an answer that a later run has stored counts, in whatever order the rows of the runs lie', async () => {
  const planner = await Planner.open()
  const empty = (n: number): Creator => ({
    user_id: id(n),
    status: 'empty',
    conclusiveAt: ago(-9_000),
    attempt: { outcome: 'empty', code: '0', at: ago(-9_000) },
  })
  await planner.creators([empty(1), empty(2)])
  // In the order of their ids, as a rebuild stores them.
  await planner.insert('runs', { run_id: '2026-earlier', started_at: at(ago(3)) })
  await planner.insert('runs', { run_id: '2026-later', started_at: at(ago(2)), earlier_runs: '["2027-ahead"]' })
  await planner.insert('runs', { run_id: '2027-ahead', started_at: at(ago(-9_000)) })
  await planner.connection.run(`UPDATE creators SET run_id = '2027-ahead', last_attempt_run_id = '2027-ahead'`)
  await planner.answer(id(1), '2026-later', 2)
  await planner.answer(id(2), '2026-earlier', 3)
  expect(await orderOf(planner, [1, 2])).toEqual([2])
})
