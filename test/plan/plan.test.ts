import { describe, expect, onTestFinished, test } from 'vitest'
import { all, openDatabase, type Cell, type Connection } from '../../src/core/duckdb.js'
import { fillTempTable, sqlColumns } from '../../src/core/tempTable.js'
import { bringUpToDate } from '../../src/load/schema/schema.js'
import { MEMBERS, PLANNED } from '../../src/model/tempTables.js'
import { dueIds, plan } from '../../src/plan/plan.js'
import type { PlanOptions } from '../../src/plan/planSql.js'
import { people } from '../load/people.js'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 10, 22, 20, 0, 0)
const OPTIONS: PlanOptions = { startedAt: NOW, maxAgeMs: 20 * HOUR, retryFailed: false, onAmbiguous: 'retry' }

type Member = Record<keyof typeof MEMBERS.columns, Cell>

const ago = (hours: number): number => NOW - hours * HOUR
const at = (time: number | undefined): string | null => (time === undefined ? null : new Date(time).toISOString())
const id = (n: number): string => `5f${n.toString(16).padStart(22, '0')}`

interface Creator {
  user_id: string
  status: 'active' | 'empty' | 'invalid' | 'never_fetched'
  /** Start of the run with the last conclusive answer, in hours before now. */
  hoursAgo?: number
  /** The last attempt, if another run made it or it had another outcome. */
  attempt?: { outcome: string; code: string; hoursAgo?: number; at?: number }
  conclusiveAt?: number
}

class Planner {
  private readonly read: Member[] = []

  private constructor(readonly connection: Connection) {}

  /** The tables of a new warehouse, the runs of the last 200 hours, and no member. */
  static async open(): Promise<Planner> {
    const database = await openDatabase(':memory:')
    onTestFinished(() => database.close())
    const { connection } = database
    await bringUpToDate({ connection, path: ':memory:', pipeline: people })
    const started = `to_timestamp((${NOW} - hours * ${HOUR}) / 1000)`
    await connection.run(
      `INSERT INTO runs (run_id, started_at) SELECT 'run-' || hours, ${started} FROM range(200) AS r(hours)`,
    )
    await fillTempTable(connection, MEMBERS, [])
    return new Planner(connection)
  }

  async creators(creators: Creator[]): Promise<void> {
    const run = (hours: number | undefined): string | null => (hours === undefined ? null : `run-${hours}`)
    for (const { user_id, status, hoursAgo, attempt, conclusiveAt } of creators) {
      const same = { active: 'profile', empty: 'empty', invalid: 'invalid', never_fetched: null }[status]
      const last = attempt ?? { outcome: same, code: status === 'invalid' ? '400' : '0', hoursAgo }
      await this.insert('creators', {
        user_id,
        status,
        run_id: run(hoursAgo),
        last_conclusive_at: at(conclusiveAt ?? (hoursAgo === undefined ? undefined : ago(hoursAgo))),
        last_attempt_run_id: run(last.hoursAgo),
        last_attempt_outcome: last.outcome,
        last_attempt_code: last.code,
        last_attempt_at: at(
          ('at' in last ? last.at : undefined) ?? (last.hoursAgo === undefined ? undefined : ago(last.hoursAgo)),
        ),
      })
      if (status === 'empty' && hoursAgo !== undefined) await this.answer(user_id, `run-${hoursAgo}`, hoursAgo)
    }
  }

  /** An empty answer of a run. */
  async answer(user_id: string, run_id: string, hoursAgo: number): Promise<void> {
    await this.insert('answers_without_profile', { user_id, run_id, observed_at: at(ago(hoursAgo)), outcome: 'empty' })
  }

  async unanswered(user_id: string, resolvedAt?: number): Promise<void> {
    const call = { run_id: 'run-1', seq: 1, user_id, sent_at: at(ago(1)), reason: 'timeout' }
    await this.insert('ambiguous_calls', { ...call, resolved_at: at(resolvedAt) })
  }

  /** Adds the rows of one list. A member that is not an id is a reject with that reason. */
  async members(list: string, members: (string | { reason: string })[]): Promise<void> {
    members.forEach((member, index) => {
      const [user_id, reason] = typeof member === 'string' ? [member, null] : [null, member.reason]
      const [cell, remedy] = [user_id ?? '?', reason && 'fix it']
      this.read.push({ list, row_number: index + 1, line: index + 2, input: '[]', cell, user_id, reason, remedy })
    })
    await fillTempTable(this.connection, MEMBERS, this.read)
  }

  async planned(): Promise<Record<string, string>> {
    const { user_id, decision, reason, ord } = sqlColumns(PLANNED)
    const rows = await all<{ id: string; verdict: string }>(
      this.connection,
      `SELECT ${user_id} AS id, ${decision} || ' ' || ${reason} AS verdict FROM ${PLANNED.name} ORDER BY ${ord}`,
    )
    return Object.fromEntries(rows.map(({ id, verdict }) => [id, verdict]))
  }

  async due(): Promise<string[]> {
    const ids: string[] = []
    for await (const { id } of dueIds(this.connection)) ids.push(id)
    return ids
  }

  async insert(table: string, row: Record<string, Cell>): Promise<void> {
    const names = Object.keys(row)
    await this.connection.run(
      `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((name) => `$${name}`).join(', ')})`,
      row,
    )
  }
}

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
        await plan(planner.connection, { ...OPTIONS, maxAgeMs: 0 })
        expect(await planner.planned()).toEqual({ [id(1)]: expected })
      }
    },
  )

  test('with a max age of zero, whatever another run fetched is stale', async () => {
    expect(await verdictOn({ status: 'active', hoursAgo: 1 }, { maxAgeMs: 0 })).toBe('due stale')
  })
})

describe('the plan', () => {
  test('ids never fetched come first, then the stalest of those that change equally fast; ties by first appearance', async () => {
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
    expect(await planner.due()).toEqual([9, 8, 6, 5, 2, 4, 1].map(id))
    expect(Object.keys(await planner.planned())).toEqual([9, 8, 6, 5, 2, 4, 1, 3].map(id))
  })

  test('of the known ids, those that change fastest come first, unless another waits much longer', async () => {
    const planner = await Planner.open()
    const creators: [
      n: number,
      hoursAgo: number,
      fans: number,
      change1d: number | null,
      change7d: number | null,
      days: number | null,
    ][] = [
      [1, 30, 10_000, 5, 20, 7],
      [2, 30, 10_000, 9_000, 700, 7],
      [3, 30, 10_000, -300, null, null],
      [4, 30, 5, 5, null, null],
      [5, 150, 10_000, 0, 0, 7],
      [6, 30, 10_000, null, null, null],
      [7, 150, 10_000, null, -700, 7],
      [8, 30, 0, 0, null, null],
    ]
    await planner.creators(creators.map(([n, hoursAgo]) => ({ user_id: id(n), status: 'active', hoursAgo })))
    for (const [n, , fans, change1d, change7d, days] of creators) {
      const recent = { user_id: id(n), fans, fans_change_1d: change1d, fans_change_7d: change7d, days_7d: days }
      await planner.insert('creator_recent', recent)
    }
    await planner.members('a', [8, 6, 1, 2, 3, 4, 5, 7].map(id))
    await plan(planner.connection, OPTIONS)
    // Worth: 7: 150 h x 1.1 %, 4: 30 h x 5.1 %, 3: 30 h x 3.1 %, 2: 30 h x 1.1 %, 5: 150 h x 0.1 %, 1: 30 h x 0.13 %.
    expect(await planner.due()).toEqual([7, 4, 3, 2, 5, 1, 8, 6].map(id))
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
