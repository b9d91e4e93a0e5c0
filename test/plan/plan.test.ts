import { describe, expect, onTestFinished, test } from 'vitest'
import { all, openDatabase, TableWriter, type Cell, type Connection } from '../../src/core/duckdb.js'
import { dueIds, plan, type PlanOptions } from '../../src/plan/plan.js'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 10, 22, 20, 0, 0)
const OPTIONS: PlanOptions = { startedAt: NOW, maxAgeMs: 20 * HOUR, retryFailed: false, onAmbiguous: 'retry' }

const ago = (hours: number): number => NOW - hours * HOUR
const id = (n: number): string => `5f${n.toString(16).padStart(22, '0')}`

interface Creator {
  user_id: string
  status: 'active' | 'empty' | 'invalid' | 'never_fetched'
  /** Run of the last conclusive answer, as hours before now. */
  asked?: number
  /** The last attempt, if it was another run's or another outcome. */
  attempt?: { outcome: string; code: string; asked?: number; at?: number }
  conclusiveAt?: number
}

class World {
  private constructor(readonly connection: Connection) {}

  static async open(): Promise<World> {
    const database = await openDatabase(':memory:')
    onTestFinished(() => database.close())
    const { connection } = database
    await connection.run(`
      CREATE TABLE creators (user_id VARCHAR, status VARCHAR, run_id VARCHAR, last_conclusive_at TIMESTAMPTZ,
        last_attempt_run_id VARCHAR, last_attempt_outcome VARCHAR, last_attempt_code VARCHAR, last_attempt_at TIMESTAMPTZ);
      CREATE TABLE creator_recent (user_id VARCHAR, fans BIGINT, fans_change_1d BIGINT, fans_change_7d BIGINT, days_7d BIGINT);
      CREATE TABLE runs (run_id VARCHAR, started_at TIMESTAMPTZ);
      CREATE TABLE ambiguous_calls (run_id VARCHAR, seq BIGINT, user_id VARCHAR, sent_at TIMESTAMPTZ, reason VARCHAR, resolved_at TIMESTAMPTZ);
      CREATE TEMP TABLE members (list VARCHAR, row_number BIGINT, line BIGINT, input VARCHAR, cell VARCHAR, user_id VARCHAR, reason VARCHAR, remedy VARCHAR);
    `)
    const world = new World(connection)
    await world.insert(
      'runs',
      ['VARCHAR', 'TIMESTAMPTZ'],
      Array.from({ length: 200 }, (_, hours) => [`run-${hours}`, ago(hours)]),
    )
    return world
  }

  async creators(creators: Creator[]): Promise<void> {
    const run = (hours: number | undefined): string | null => (hours === undefined ? null : `run-${hours}`)
    await this.insert(
      'creators',
      ['VARCHAR', 'VARCHAR', 'VARCHAR', 'TIMESTAMPTZ', 'VARCHAR', 'VARCHAR', 'VARCHAR', 'TIMESTAMPTZ'],
      creators.map(({ user_id, status, asked, attempt, conclusiveAt }) => {
        const same = { active: 'profile', empty: 'empty', invalid: 'invalid', never_fetched: null }[status]
        const last = attempt ?? { outcome: same, code: status === 'invalid' ? '400' : '0', asked }
        return [
          user_id,
          status,
          run(asked),
          conclusiveAt ?? (asked === undefined ? null : ago(asked)),
          run(last.asked),
          last.outcome,
          last.code,
          ('at' in last ? last.at : undefined) ?? (last.asked === undefined ? null : ago(last.asked)),
        ]
      }),
    )
  }

  async unanswered(user_id: string, resolvedAt: number | null = null): Promise<void> {
    await this.insert(
      'ambiguous_calls',
      ['VARCHAR', 'BIGINT', 'VARCHAR', 'TIMESTAMPTZ', 'VARCHAR', 'TIMESTAMPTZ'],
      [['run-1', 1, user_id, ago(1), 'timeout', resolvedAt]],
    )
  }

  /** Rows of one list; a member that is no id is a reject with that reason. */
  async members(list: string, members: (string | { reason: string })[]): Promise<void> {
    await this.insert(
      'temp.main.members',
      ['VARCHAR', 'BIGINT', 'BIGINT', 'VARCHAR', 'VARCHAR', 'VARCHAR', 'VARCHAR', 'VARCHAR'],
      members.map((member, index) =>
        typeof member === 'string'
          ? [list, index + 1, index + 2, '[]', member, member, null, null]
          : [list, index + 1, index + 2, '[]', '?', null, member.reason, 'mend it'],
      ),
    )
  }

  async planned(): Promise<Record<string, string>> {
    const rows = await all<{ user_id: string; decision: string; reason: string }>(
      this.connection,
      'SELECT user_id, decision, reason FROM planned ORDER BY ord',
    )
    return Object.fromEntries(rows.map(({ user_id, decision, reason }) => [user_id, `${decision} ${reason}`]))
  }

  async due(): Promise<string[]> {
    const ids: string[] = []
    for await (const user_id of dueIds(this.connection)) ids.push(user_id)
    return ids
  }

  private async insert(table: string, types: Parameters<typeof TableWriter.open>[2], rows: Cell[][]): Promise<void> {
    const writer = await TableWriter.open(this.connection, table, types)
    for (const row of rows) writer.append(row)
    writer.close()
  }
}

describe('what is asked again', () => {
  /** One creator, one row: the verdict. */
  async function verdictOn(
    creator: Omit<Creator, 'user_id'> | undefined,
    options: Partial<PlanOptions> = {},
    unanswered?: 'open' | 'resolved',
  ) {
    const world = await World.open()
    if (creator) await world.creators([{ ...creator, user_id: id(1) }])
    if (unanswered) await world.unanswered(id(1), unanswered === 'resolved' ? ago(0) : null)
    await world.members('l', [id(1)])
    await plan(world.connection, { ...OPTIONS, ...options })
    return (await world.planned())[id(1)]
  }
  const never = 'never_fetched' as const
  const throttled = { outcome: 'throttled', code: '302', asked: 1 }
  const retryFailed = { retryFailed: true }
  const hold = { onAmbiguous: 'hold' as const }

  test.each<[string, Omit<Creator, 'user_id'> | undefined, string]>([
    ['an id never seen', undefined, 'due never_fetched'],
    ['a profile', { status: 'active', asked: 19 }, 'fresh fresh'],
    ['a profile of exactly the age', { status: 'active', asked: 20 }, 'fresh fresh'],
    ['an older profile', { status: 'active', asked: 21 }, 'due stale'],
    ['an empty answer', { status: 'empty', asked: 19 }, 'known_empty empty'],
    ['an older empty answer', { status: 'empty', asked: 21 }, 'due stale_empty'],
    ['an invalid id, however old', { status: 'invalid', asked: 150 }, 'invalid invalid'],
    [
      'another id was delivered',
      { status: never, attempt: { outcome: 'misdelivered', code: '0', asked: 19 } },
      'known_failed 0',
    ],
    [
      'another id was delivered long ago',
      { status: never, attempt: { outcome: 'misdelivered', code: '0', asked: 21 } },
      'due stale_failure',
    ],
    ['an unknown code', { status: never, attempt: { outcome: 'refused', code: '202', asked: 19 } }, 'known_failed 202'],
    [
      'an unknown code long ago',
      { status: never, attempt: { outcome: 'refused', code: '202', asked: 21 } },
      'due stale_failure',
    ],
    [
      'an unknown code after a profile that is old',
      { status: 'active', asked: 100, attempt: { outcome: 'refused', code: '101', asked: 1 } },
      'known_failed 101',
    ],
    [
      'attempts used up a moment ago',
      { status: 'active', asked: 2, attempt: { outcome: 'retry', code: '301', asked: 0 } },
      'due failed_before',
    ],
    ['no answer', { status: never, attempt: { outcome: 'ambiguous', code: 'timeout', asked: 0 } }, 'due ambiguous'],
    [
      'a process that died',
      { status: never, attempt: { outcome: 'unknown', code: 'unknown', asked: 0 } },
      'due ambiguous',
    ],
    ['throttled after a fresh profile', { status: 'active', asked: 19, attempt: throttled }, 'fresh fresh'],
    ['throttled after an old profile', { status: 'active', asked: 21, attempt: throttled }, 'due stale'],
    ['throttled after a fresh empty answer', { status: 'empty', asked: 19, attempt: throttled }, 'known_empty empty'],
    ['throttled before any answer', { status: never, attempt: throttled }, 'due never_fetched'],
    [
      'the run was stopped by its answer',
      { status: never, attempt: { outcome: 'stop', code: '303', asked: 1 } },
      'due never_fetched',
    ],
    ['a 400 and then throttled', { status: 'invalid', asked: 30, attempt: throttled }, 'invalid invalid'],
  ])('%s', async (_, creator, expected) => {
    expect(await verdictOn(creator)).toBe(expected)
  })

  test.each<[string, Omit<Creator, 'user_id'> | undefined, string]>([
    ['an id never seen', undefined, 'skipped not_failed'],
    ['a profile', { status: 'active', asked: 1 }, 'fresh not_failed'],
    ['an old profile', { status: 'active', asked: 100 }, 'fresh not_failed'],
    ['an old empty answer', { status: 'empty', asked: 100 }, 'known_empty not_failed'],
    ['an invalid id', { status: 'invalid', asked: 1 }, 'due retry_failed'],
    [
      'another id was delivered',
      { status: 'active', asked: 1, attempt: { outcome: 'misdelivered', code: '0', asked: 1 } },
      'due retry_failed',
    ],
    ['an unknown code', { status: never, attempt: { outcome: 'refused', code: '300', asked: 1 } }, 'due retry_failed'],
    ['attempts used up', { status: never, attempt: { outcome: 'retry', code: '500', asked: 1 } }, 'due retry_failed'],
    ['no answer', { status: never, attempt: { outcome: 'ambiguous', code: 'broken', asked: 1 } }, 'due retry_failed'],
    ['throttled', { status: never, attempt: throttled }, 'skipped not_failed'],
  ])('with --retry-failed: %s', async (_, creator, expected) => {
    expect(await verdictOn(creator, retryFailed)).toBe(expected)
  })

  test('a call without an answer is held only with hold, and only until it is resolved', async () => {
    const creator: Omit<Creator, 'user_id'> = {
      status: 'active',
      asked: 100,
      attempt: { outcome: 'ambiguous', code: 'timeout', asked: 1 },
    }
    expect(await verdictOn(creator, hold, 'open')).toBe('held ambiguous')
    expect(await verdictOn(creator, { ...hold, ...retryFailed }, 'open')).toBe('held ambiguous')
    expect(await verdictOn(creator, {}, 'open')).toBe('due ambiguous')
    expect(await verdictOn({ status: 'active', asked: 100 }, hold, 'resolved')).toBe('due stale')
    expect(await verdictOn({ status: 'active', asked: 1 }, hold, 'open')).toBe('fresh fresh')
    expect(await verdictOn({ status: never, attempt: throttled }, hold, 'open')).toBe('held ambiguous')
  })

  test('age counts from the start of the run, not from the answer', async () => {
    const late = { conclusiveAt: ago(2) }
    expect(await verdictOn({ status: 'active', asked: 21, ...late })).toBe('due stale')
    expect(await verdictOn({ status: 'active', asked: 19, conclusiveAt: ago(30) })).toBe('fresh fresh')
  })

  test('a run that was never recorded is dated by its last call', async () => {
    const lost = { status: 'active' as const, asked: 999 }
    expect(await verdictOn({ ...lost, conclusiveAt: ago(2) })).toBe('fresh fresh')
    expect(await verdictOn({ ...lost, conclusiveAt: ago(22) })).toBe('due stale')
    const attempt = { outcome: 'refused', code: '101', asked: 999 }
    expect(await verdictOn({ status: never, attempt: { ...attempt, at: ago(2) } })).toBe('known_failed 101')
    expect(await verdictOn({ status: never, attempt: { ...attempt, at: ago(22) } })).toBe('due stale_failure')
  })

  test('a max age of nothing asks everything that another run asked', async () => {
    expect(await verdictOn({ status: 'active', asked: 1 }, { maxAgeMs: 0 })).toBe('due stale')
  })
})

describe('the plan', () => {
  test('never-seen ids come first, then the stalest of those who move alike; ties by first appearance', async () => {
    const world = await World.open()
    await world.creators([
      { user_id: id(1), status: 'active', asked: 30 },
      { user_id: id(2), status: 'active', asked: 50 },
      { user_id: id(3), status: 'active', asked: 1 },
      { user_id: id(4), status: 'active', asked: 90, attempt: { outcome: 'retry', code: '301', asked: 40 } },
      { user_id: id(5), status: 'empty', asked: 50 },
      { user_id: id(6), status: 'never_fetched', attempt: { outcome: 'throttled', code: '302', asked: 60 } },
    ])
    await world.members('b', [id(3), id(1), id(5), id(9)])
    await world.members('a', [id(8), id(2), id(4), id(1), id(6)])
    await plan(world.connection, OPTIONS)
    expect(await world.due()).toEqual([9, 8, 6, 5, 2, 4, 1].map(id))
    expect(Object.keys(await world.planned())).toEqual([9, 8, 6, 5, 2, 4, 1, 3].map(id))
  })

  test('of the known ones, who moves most comes first, unless somebody else waits much longer', async () => {
    const world = await World.open()
    const creators: [
      n: number,
      asked: number,
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
    await world.creators(creators.map(([n, asked]) => ({ user_id: id(n), status: 'active', asked })))
    for (const [n, , fans, change1d, change7d, days] of creators) {
      await world.connection.run('INSERT INTO creator_recent VALUES ($1, $2, $3, $4, $5)', [
        ...[id(n), fans, change1d, change7d, days],
      ])
    }
    await world.members('a', [8, 6, 1, 2, 3, 4, 5, 7].map(id))
    await plan(world.connection, OPTIONS)
    // Worth: 7: 150 h x 1.1 %, 4: 30 h x 5.1 %, 3: 30 h x 3.1 %, 2: 30 h x 1.1 %, 5: 150 h x 0.1 %, 1: 30 h x 0.13 %.
    expect(await world.due()).toEqual([7, 4, 3, 2, 5, 1, 8, 6].map(id))
  })

  test('counts rows and ids, by decision and by reason', async () => {
    const world = await World.open()
    await world.creators([
      { user_id: id(1), status: 'active', asked: 1 },
      { user_id: id(2), status: 'active', asked: 30 },
      { user_id: id(3), status: 'never_fetched', attempt: { outcome: 'refused', code: '202', asked: 1 } },
      { user_id: id(4), status: 'never_fetched', attempt: { outcome: 'refused', code: '101', asked: 1 } },
      { user_id: id(5), status: 'invalid', asked: 1 },
      { user_id: id(6), status: 'empty', asked: 1 },
    ])
    await world.members('a', [id(1), id(1), id(2), id(3), { reason: 'short_link' }, id(7)])
    await world.members('b', [id(1), id(4), id(5), id(6), { reason: 'short_link' }, { reason: 'no_id' }, id(7), id(8)])
    const counts = await plan(world.connection, OPTIONS)
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

  test('hands out the ids in pages, and leaves the connection free in between', async () => {
    const world = await World.open()
    const ids = Array.from({ length: 12_345 }, (_, n) => id(n * 7919))
    await world.members('l', ids)
    await plan(world.connection, OPTIONS)
    const seen: string[] = []
    for await (const user_id of dueIds(world.connection)) {
      if (seen.length % 3_000 === 0) await world.connection.run('DELETE FROM creators')
      seen.push(user_id)
    }
    expect(seen).toEqual(ids)
  })

  test('nothing to read, nothing due; a second plan replaces the first', async () => {
    const world = await World.open()
    expect(await plan(world.connection, OPTIONS)).toMatchObject({ rows: 0, ids: 0, rejectedRows: 0, byReason: [] })
    expect(await world.due()).toEqual([])
    await world.members('l', [id(1)])
    await plan(world.connection, OPTIONS)
    expect(await world.due()).toEqual([id(1)])
  })
})
