import { describe, expect, test } from 'vitest'
import { dueIds, plan } from '../../src/plan/plan.js'
import type { PlanOptions } from '../../src/plan/planSql.js'
import { ageOf, ago, at, id, OPTIONS, Planner, type Creator } from './planner.js'

describe('the verdict on an id', () => {
  /** The verdict on one creator in one row. */
  async function verdictOn(
    creator: Omit<Creator, 'user_id'> | undefined,
    options: Partial<PlanOptions> = {},
    unanswered?: 'open' | 'resolved',
  ) {
    const planner = await Planner.open()
    if (creator) await planner.creators([{ ...creator, user_id: id(1) }])
    if (unanswered) await planner.unanswered(id(1), unanswered === 'resolved' ? ago(0) : undefined)
    await planner.members('l', [id(1)])
    await plan(planner.connection, { ...OPTIONS, ...options })
    return (await planner.planned())[id(1)]
  }
  const never = 'never_fetched' as const
  const throttled = { outcome: 'throttled', code: '302', hoursAgo: 1 }
  const retryFailed = { retryFailed: true }
  const hold = { onAmbiguous: 'hold' as const }

  test.each<[string, Omit<Creator, 'user_id'> | undefined, string]>([
    ['an id never seen', undefined, 'due never_fetched'],
    ['a profile', { status: 'active', hoursAgo: 19 }, 'fresh fresh'],
    ['a profile of exactly the age', { status: 'active', hoursAgo: 20 }, 'fresh fresh'],
    ['an older profile', { status: 'active', hoursAgo: 21 }, 'due stale'],
    ['an empty answer', { status: 'empty', hoursAgo: 19 }, 'known_empty empty'],
    ['an empty answer of almost a day ago', { status: 'empty', hoursAgo: 23 }, 'known_empty empty'],
    ['an empty answer of a day ago', { status: 'empty', hoursAgo: 24 }, 'due stale_empty'],
    ['an invalid id, however old', { status: 'invalid', hoursAgo: 150 }, 'invalid invalid'],
    [
      'another id was delivered',
      { status: never, attempt: { outcome: 'misdelivered', code: '0', hoursAgo: 19 } },
      'known_failed 0',
    ],
    [
      'another id was delivered long ago',
      { status: never, attempt: { outcome: 'misdelivered', code: '0', hoursAgo: 21 } },
      'due stale_failure',
    ],
    [
      'an unknown code',
      { status: never, attempt: { outcome: 'refused', code: '202', hoursAgo: 19 } },
      'known_failed 202',
    ],
    [
      'an unknown code long ago',
      { status: never, attempt: { outcome: 'refused', code: '202', hoursAgo: 21 } },
      'due stale_failure',
    ],
    [
      'an unknown code after a profile that is old',
      { status: 'active', hoursAgo: 100, attempt: { outcome: 'refused', code: '101', hoursAgo: 1 } },
      'known_failed 101',
    ],
    [
      'attempts used up a moment ago',
      { status: 'active', hoursAgo: 2, attempt: { outcome: 'retry', code: '301', hoursAgo: 0 } },
      'due failed_before',
    ],
    ['no answer', { status: never, attempt: { outcome: 'ambiguous', code: 'timeout', hoursAgo: 0 } }, 'due ambiguous'],
    [
      'a process that died',
      { status: never, attempt: { outcome: 'unknown', code: 'unknown', hoursAgo: 0 } },
      'due ambiguous',
    ],
    ['throttled after a fresh profile', { status: 'active', hoursAgo: 19, attempt: throttled }, 'fresh fresh'],
    ['throttled after an old profile', { status: 'active', hoursAgo: 21, attempt: throttled }, 'due stale'],
    [
      'throttled after a fresh empty answer',
      { status: 'empty', hoursAgo: 19, attempt: throttled },
      'known_empty empty',
    ],
    ['throttled before any answer', { status: never, attempt: throttled }, 'due never_fetched'],
    [
      'the run was stopped by its answer',
      { status: never, attempt: { outcome: 'stop', code: '303', hoursAgo: 1 } },
      'due never_fetched',
    ],
    ['a 400 and then throttled', { status: 'invalid', hoursAgo: 30, attempt: throttled }, 'invalid invalid'],
  ])('%s', async (_, creator, expected) => {
    expect(await verdictOn(creator)).toBe(expected)
  })

  test.each<[string, Omit<Creator, 'user_id'> | undefined, string]>([
    ['an id never seen', undefined, 'skipped not_failed'],
    ['a profile', { status: 'active', hoursAgo: 1 }, 'fresh not_failed'],
    ['an old profile', { status: 'active', hoursAgo: 100 }, 'fresh not_failed'],
    ['an empty answer', { status: 'empty', hoursAgo: 1 }, 'due retry_failed'],
    ['an old empty answer', { status: 'empty', hoursAgo: 100 }, 'due retry_failed'],
    ['an invalid id', { status: 'invalid', hoursAgo: 1 }, 'due retry_failed'],
    [
      'another id was delivered',
      { status: 'active', hoursAgo: 1, attempt: { outcome: 'misdelivered', code: '0', hoursAgo: 1 } },
      'due retry_failed',
    ],
    [
      'an unknown code',
      { status: never, attempt: { outcome: 'refused', code: '300', hoursAgo: 1 } },
      'due retry_failed',
    ],
    [
      'attempts used up',
      { status: never, attempt: { outcome: 'retry', code: '500', hoursAgo: 1 } },
      'due retry_failed',
    ],
    [
      'no answer',
      { status: never, attempt: { outcome: 'ambiguous', code: 'broken', hoursAgo: 1 } },
      'due retry_failed',
    ],
    ['throttled', { status: never, attempt: throttled }, 'skipped not_failed'],
  ])('with --retry-failed: %s', async (_, creator, expected) => {
    expect(await verdictOn(creator, retryFailed)).toBe(expected)
  })

  test('a call without an answer is held only with hold, and only until it is resolved', async () => {
    const creator: Omit<Creator, 'user_id'> = {
      status: 'active',
      hoursAgo: 100,
      attempt: { outcome: 'ambiguous', code: 'timeout', hoursAgo: 1 },
    }
    expect(await verdictOn(creator, hold, 'open')).toBe('held ambiguous')
    expect(await verdictOn(creator, { ...hold, ...retryFailed }, 'open')).toBe('held ambiguous')
    expect(await verdictOn(creator, {}, 'open')).toBe('due ambiguous')
    expect(await verdictOn({ status: 'active', hoursAgo: 100 }, hold, 'resolved')).toBe('due stale')
    expect(await verdictOn({ status: 'active', hoursAgo: 1 }, hold, 'open')).toBe('fresh fresh')
    expect(await verdictOn({ status: never, attempt: throttled }, hold, 'open')).toBe('held ambiguous')
  })

  test('age counts from the start of the run, not from the answer', async () => {
    const late = { conclusiveAt: ago(2) }
    expect(await verdictOn({ status: 'active', hoursAgo: 21, ...late })).toBe('due stale')
    expect(await verdictOn({ status: 'active', hoursAgo: 19, conclusiveAt: ago(30) })).toBe('fresh fresh')
  })

  test('a run that was never recorded is dated by its last call', async () => {
    const lost = { status: 'active' as const, hoursAgo: 999 }
    expect(await verdictOn({ ...lost, conclusiveAt: ago(2) })).toBe('fresh fresh')
    expect(await verdictOn({ ...lost, conclusiveAt: ago(22) })).toBe('due stale')
    const attempt = { outcome: 'refused', code: '101', hoursAgo: 999 }
    expect(await verdictOn({ status: never, attempt: { ...attempt, at: ago(2) } })).toBe('known_failed 101')
    expect(await verdictOn({ status: never, attempt: { ...attempt, at: ago(22) } })).toBe('due stale_failure')
  })

  test.each<[empties: number, profile: boolean, days: number]>([
    [1, false, 1],
    [2, false, 7],
    [3, false, 30],
    [9, false, 30],
    [2, true, 1],
    [3, true, 7],
    [4, true, 30],
  ])(
    '%i empty answers in a row, profile before: %s: the id is fetched again after %i days',
    async (empties, profile, days) => {
      for (const [hours, expected] of [
        [days * 24 - 2, 'known_empty empty'],
        [days * 24, 'due stale_empty'],
      ] as const) {
        const planner = await Planner.open()
        await planner.insert('runs', { run_id: 'old', started_at: at(ago(hours)) })
        const fetched = profile ? { last_fetched_at: at(ago(5000)) } : {}
        const last = { run_id: 'old', last_conclusive_at: at(ago(hours)), last_attempt_run_id: 'old' }
        const state = { status: 'empty', last_attempt_outcome: 'empty', last_attempt_at: at(ago(hours)) }
        await planner.insert('creators', { user_id: id(1), ...state, ...last, ...fetched })
        // One before the profile, which does not count.
        if (profile) await planner.answer(id(1), 'before', 6000)
        for (let n = 0; n < empties; n += 1) await planner.answer(id(1), `empty-${n}`, hours + n)
        await planner.members('l', [id(1)])
        await plan(planner.connection, { ...OPTIONS, ages: ageOf(0) })
        expect(await planner.planned()).toEqual({ [id(1)]: expected })
      }
    },
  )

  test('with a max age of zero, whatever another run fetched is stale', async () => {
    expect(await verdictOn({ status: 'active', hoursAgo: 1 }, { ages: ageOf(0) })).toBe('due stale')
  })
})

describe('the plan', () => {
  test('new ids and others take turns, the others by age in whole steps; ties by first appearance', async () => {
    const planner = await Planner.open()
    await planner.creators([
      { user_id: id(1), status: 'active', hoursAgo: 30 },
      { user_id: id(2), status: 'active', hoursAgo: 50 },
      { user_id: id(3), status: 'active', hoursAgo: 1 },
      { user_id: id(4), status: 'active', hoursAgo: 90, attempt: { outcome: 'retry', code: '301', hoursAgo: 40 } },
      { user_id: id(5), status: 'empty', hoursAgo: 50 },
      { user_id: id(6), status: 'never_fetched', attempt: { outcome: 'throttled', code: '302', hoursAgo: 60 } },
    ])
    await planner.members('b', [id(3), id(1), id(5), id(9)])
    await planner.members('a', [id(8), id(2), id(4), id(1), id(6)])
    await plan(planner.connection, OPTIONS)
    expect(await planner.due()).toEqual([5, 9, 2, 8, 4, 6, 1].map(id))
    expect(Object.keys(await planner.planned())).toEqual([5, 9, 2, 8, 4, 6, 1, 3].map(id))
  })

  test('counts rows and ids, by decision and by reason', async () => {
    const planner = await Planner.open()
    await planner.creators([
      { user_id: id(1), status: 'active', hoursAgo: 1 },
      { user_id: id(2), status: 'active', hoursAgo: 30 },
      { user_id: id(3), status: 'never_fetched', attempt: { outcome: 'refused', code: '202', hoursAgo: 1 } },
      { user_id: id(4), status: 'never_fetched', attempt: { outcome: 'refused', code: '101', hoursAgo: 1 } },
      { user_id: id(5), status: 'invalid', hoursAgo: 1 },
      { user_id: id(6), status: 'empty', hoursAgo: 1 },
    ])
    await planner.members('a', [id(1), id(1), id(2), id(3), { reason: 'short_link' }, id(7)])
    await planner.members('b', [
      id(1),
      id(4),
      id(5),
      id(6),
      { reason: 'short_link' },
      { reason: 'no_id' },
      id(7),
      id(8),
    ])
    const counts = await plan(planner.connection, OPTIONS)
    expect(counts).toEqual({
      rows: 14,
      ids: 8,
      rejectedRows: 3,
      rejectedByReason: [
        { reason: 'short_link', rows: 2 },
        { reason: 'no_id', rows: 1 },
      ],
      byDecision: {
        due: { ids: 3, rows: 4 },
        fresh: { ids: 1, rows: 3 },
        known_empty: { ids: 1, rows: 1 },
        known_failed: { ids: 2, rows: 2 },
        invalid: { ids: 1, rows: 1 },
        held: { ids: 0, rows: 0 },
        skipped: { ids: 0, rows: 0 },
      },
      byReason: [
        { decision: 'due', reason: 'never_fetched', ids: 2, rows: 3 },
        { decision: 'due', reason: 'stale', ids: 1, rows: 1 },
        { decision: 'fresh', reason: 'fresh', ids: 1, rows: 3 },
        { decision: 'invalid', reason: 'invalid', ids: 1, rows: 1 },
        { decision: 'known_empty', reason: 'empty', ids: 1, rows: 1 },
        { decision: 'known_failed', reason: '101', ids: 1, rows: 1 },
        { decision: 'known_failed', reason: '202', ids: 1, rows: 1 },
      ],
    })
  })

  test('gives the due ids in pages, and leaves the connection free in between', async () => {
    const planner = await Planner.open()
    const ids = Array.from({ length: 12_345 }, (_, n) => id(n * 7919))
    await planner.members('l', ids)
    await plan(planner.connection, OPTIONS)
    const seen: string[] = []
    for await (const { id: user_id } of dueIds(planner.connection)) {
      if (seen.length % 3_000 === 0) await planner.connection.run('DELETE FROM creators')
      seen.push(user_id)
    }
    expect(seen).toEqual(ids)
  })

  test('without members no id is due; a second plan replaces the first', async () => {
    const planner = await Planner.open()
    expect(await plan(planner.connection, OPTIONS)).toMatchObject({ rows: 0, ids: 0, rejectedRows: 0, byReason: [] })
    expect(await planner.due()).toEqual([])
    await planner.members('l', [id(1)])
    await plan(planner.connection, OPTIONS)
    expect(await planner.due()).toEqual([id(1)])
  })
})
