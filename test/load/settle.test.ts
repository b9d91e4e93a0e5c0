import { expect, test } from 'vitest'
import { readApiPace } from '../../src/commands/plan/planRun.js'
import { fillTempTable } from '../../src/core/tempTable.js'
import { createMembers, MemberWriter } from '../../src/load/members.js'
import { recordRun, runCodes, unresolvedCalls, type RunRecord } from '../../src/load/recordRun.js'
import { settle, type ListInput, type Settled, type SettleOptions } from '../../src/load/settle.js'
import { reconcile, type Counts } from '../../src/model/receipt.js'
import { PLANNED } from '../../src/model/tempTables.js'
import { opened, type Opened } from './opened.js'
import { DAY0, people, source } from './people.js'

type Planned = readonly [id: string, decision: string, reason: string]

async function plan({ warehouse }: Opened, planned: readonly Planned[]): Promise<void> {
  const rows = planned.map(([user_id, decision, reason], at) => ({
    user_id,
    decision,
    reason,
    unjudged_decision: null,
    unjudged_reason: null,
    last_answer: null,
    canary: false,
    ord: at + 1,
  }))
  await fillTempTable(warehouse.connection, PLANNED, rows)
}

async function read({ warehouse }: Opened, lists: Record<string, readonly string[]>): Promise<void> {
  await createMembers(warehouse.connection)
  const writer = await MemberWriter.open(warehouse.connection)
  for (const [list, cells] of Object.entries(lists)) {
    cells.forEach((cell, at) => {
      writer.append(list, {
        rowNumber: at + 1,
        line: at + 2,
        cells: [cell, null, `note ${at}`],
        cell,
        parsed: people.parseId(cell),
      })
    })
  }
  writer.close()
}

function inputs(...names: string[]): ListInput[] {
  return names.map((name) => {
    return { name, source: `/in/${name}.csv`, columns: ['id', 'empty', 'note'], idColumn: 'id', track: false }
  })
}

const options = (names: string[], others: Partial<SettleOptions> = {}): SettleOptions => {
  return { runId: 'r1', readAt: DAY0, lists: inputs(...names), unfinished: new Set(), ...others }
}

const zero: Counts = { read: 0, enriched: 0, reused: 0, empty: 0, failed: 0, rejected: 0, parked: 0 }

/** One due id for each end of its calls. */
const due = ['profile', '201', '400', '777', '301', 'other', 'timeout', 'unknown', '302', 'parked 301', 'never begun']
const plans: Planned[] = [
  ...due.map((id): Planned => [`u ${id}`, 'due', 'never_fetched']),
  ['u fresh', 'fresh', 'fresh'],
  ['u known empty', 'known_empty', 'empty'],
  ['u known failed', 'known_failed', '777'],
  ['u invalid', 'invalid', 'invalid'],
  ['u held', 'held', 'ambiguous'],
  ['u skipped', 'skipped', 'not_failed'],
]

async function everyStatus(): Promise<Opened & { settled: Settled }> {
  const warehouse = await opened()
  const ids = plans.map(([id]) => id)
  await read(warehouse, { all: [...ids, 'no id', 'u profile'], some: ['u profile', 'u held', 'u 302'] })
  await plan(warehouse, plans)
  const called = due.filter((id) => id !== 'never begun')
  await warehouse.load(
    source(
      'r1',
      called.map((id, at) => {
        return { id: `u ${id}`, at, answer: id === 'profile' ? { name: 'x' } : id.replace('parked ', '') }
      }),
    ),
  )
  const unfinished = new Set(['u 302', 'u parked 301'])
  const settled = await settle(
    warehouse.warehouse.connection,
    options(['all', 'some'], { unfinished, parkReason: 'quota' }),
  )
  return { ...warehouse, settled }
}

test('every decision and every end of a call has its status and reason', async () => {
  const { rows } = await everyStatus()
  const found = await rows(`SELECT user_id, status, reason FROM list_members WHERE list = 'all' ORDER BY row_number`)
  expect(found.map(({ user_id, status, reason }) => [user_id, status, reason])).toEqual([
    ['u profile', 'enriched', null],
    ['u 201', 'empty', null],
    ['u 400', 'rejected', 'invalid'],
    ['u 777', 'failed', '777'],
    ['u 301', 'failed', '301'],
    ['u other', 'failed', 'misdelivered'],
    ['u timeout', 'failed', 'ambiguous'],
    ['u unknown', 'failed', 'ambiguous'],
    ['u 302', 'parked', 'quota'],
    ['u parked 301', 'parked', 'quota'],
    ['u never begun', 'parked', 'quota'],
    ['u fresh', 'reused', null],
    ['u known empty', 'empty', null],
    ['u known failed', 'failed', '777'],
    ['u invalid', 'rejected', 'invalid'],
    ['u held', 'failed', 'ambiguous'],
    ['u skipped', 'parked', 'not_failed'],
    [null, 'rejected', 'no_id'],
    ['u profile', 'enriched', null],
  ])
})

test('counts by row and by id, per list and over all, add up', async () => {
  const { settled } = await everyStatus()
  expect(settled.lists.map(({ list, rows, ids, added, removed }) => ({ list, rows, ids, added, removed }))).toEqual([
    {
      list: 'all',
      rows: { read: 19, enriched: 2, reused: 1, empty: 2, failed: 7, rejected: 3, parked: 4 },
      ids: { read: 17, enriched: 1, reused: 1, empty: 2, failed: 7, rejected: 2, parked: 4 },
      added: 17,
      removed: 0,
    },
    {
      list: 'some',
      rows: { ...zero, read: 3, enriched: 1, failed: 1, parked: 1 },
      ids: { ...zero, read: 3, enriched: 1, failed: 1, parked: 1 },
      added: 3,
      removed: 0,
    },
  ])
  expect(settled.rows).toEqual({ read: 22, enriched: 3, reused: 1, empty: 2, failed: 8, rejected: 3, parked: 5 })
  expect(settled.ids).toEqual({ read: 17, enriched: 1, reused: 1, empty: 2, failed: 7, rejected: 2, parked: 4 })
  expect(settled.reasons).toEqual([
    { status: 'failed', reason: 'ambiguous', rows: 4, ids: 3 },
    { status: 'failed', reason: '777', rows: 2, ids: 2 },
    { status: 'failed', reason: '301', rows: 1, ids: 1 },
    { status: 'failed', reason: 'misdelivered', rows: 1, ids: 1 },
    { status: 'parked', reason: 'quota', rows: 4, ids: 3 },
    { status: 'parked', reason: 'not_failed', rows: 1, ids: 1 },
    { status: 'rejected', reason: 'invalid', rows: 2, ids: 2 },
    { status: 'rejected', reason: 'no_id', rows: 1, ids: 0 },
  ])
  reconcile('rows', settled.rows)
  reconcile('ids', settled.ids)
})

test('rejects have line, cell and remedy; those of the API too', async () => {
  const { rows } = await everyStatus()
  expect(await rows('SELECT * FROM rejects ORDER BY row_number')).toEqual([
    {
      list: 'all',
      row_number: 3,
      line: 4,
      cell: 'u 400',
      reason: 'invalid',
      remedy: expect.stringContaining('--retry-failed') as string,
      run_id: 'r1',
    },
    {
      list: 'all',
      row_number: 15,
      line: 16,
      cell: 'u invalid',
      reason: 'invalid',
      remedy: expect.any(String) as string,
      run_id: 'r1',
    },
    { list: 'all', row_number: 18, line: 19, cell: 'no id', reason: 'no_id', remedy: 'give an id', run_id: 'r1' },
  ])
})

test('a list that is read again is replaced, with the number of ids added and removed', async () => {
  const warehouse = await opened()
  const { connection } = warehouse.warehouse
  const fresh = (...ids: string[]): Planned[] => ids.map((id) => [id, 'fresh', 'fresh'])
  await read(warehouse, { a: ['u1', 'u2', 'u2', 'bad'], b: ['u1'] })
  await plan(warehouse, fresh('u1', 'u2'))
  const [a, b] = inputs('a', 'b')
  await settle(connection, options([], { lists: [{ ...a!, track: true }, b!] }))

  await read(warehouse, { a: ['u2', 'u3', 'u4'] })
  await plan(warehouse, fresh('u2', 'u3', 'u4'))
  const again = await settle(connection, options(['a'], { runId: 'r2', readAt: DAY0 + 5 }))
  expect(again.lists).toMatchObject([{ list: 'a', added: 2, removed: 1, rows: { read: 3, reused: 3 } }])
  expect(again.rows).toEqual({ ...zero, read: 3, reused: 3 })

  const columns = '["id","empty","note"]'
  expect(await warehouse.rows('SELECT * FROM lists ORDER BY list')).toEqual([
    {
      list: 'a',
      tracked: true,
      source: '/in/a.csv',
      columns,
      id_column: 'id',
      rows: 3,
      ids: 3,
      rejected: 0,
      first_read_at: DAY0,
      last_read_at: DAY0 + 5,
      run_id: 'r2',
    },
    {
      list: 'b',
      tracked: false,
      source: '/in/b.csv',
      columns,
      id_column: 'id',
      rows: 1,
      ids: 1,
      rejected: 0,
      first_read_at: DAY0,
      last_read_at: DAY0,
      run_id: 'r1',
    },
  ])
  expect(
    await warehouse.rows('SELECT list, row_number, line, input, user_id, run_id FROM list_members ORDER BY ALL'),
  ).toEqual([
    { list: 'a', row_number: 1, line: 2, input: '["u2",null,"note 0"]', user_id: 'u2', run_id: 'r2' },
    { list: 'a', row_number: 2, line: 3, input: '["u3",null,"note 1"]', user_id: 'u3', run_id: 'r2' },
    { list: 'a', row_number: 3, line: 4, input: '["u4",null,"note 2"]', user_id: 'u4', run_id: 'r2' },
    { list: 'b', row_number: 1, line: 2, input: '["u1",null,"note 0"]', user_id: 'u1', run_id: 'r1' },
  ])
  expect(await warehouse.rows('SELECT * FROM rejects')).toEqual([])

  await read(warehouse, {})
  await plan(warehouse, [])
  const none = await settle(connection, options(['a'], { runId: 'r3' }))
  expect(none).toMatchObject({ rows: zero, ids: zero, lists: [{ list: 'a', added: 0, removed: 3, rows: zero }] })
})

test('a row without a status counts as read only, so that the mistake shows', async () => {
  const warehouse = await opened()
  await read(warehouse, { a: ['u1', 'u2', 'u3'], unnamed: ['u1'] })
  await plan(warehouse, [
    ['u1', 'fresh', 'fresh'],
    ['u2', 'due', 'stale'],
  ])
  const settled = await settle(warehouse.warehouse.connection, options(['a']))
  expect(settled.rows).toEqual({ ...zero, read: 4, reused: 1 })
  expect(settled.ids).toEqual({ ...zero, read: 3, reused: 1 })
  expect(() => reconcile('rows', settled.rows)).toThrow('rows do not reconcile: 4 read, but 1 have a status')
  expect(await warehouse.rows('SELECT count(*) AS n FROM list_members')).toEqual([{ n: 3 }])
})

test('recording a run replaces its row; its codes and the open calls can be read', async () => {
  const warehouse = await opened()
  const { connection } = warehouse.warehouse
  await warehouse.load(
    source(
      'r1',
      ['301', '301', 'timeout'].map((answer, at) => ({ id: `u${at}`, at, answer })),
    ),
  )
  const record: RunRecord = {
    useless: true,
    maxAge: { standard: 72_000, byTier: new Map([['mega', 3_600]]) },
    earlierRuns: ['r9'],
    aheadRuns: [{ run_id: 'r0', after: DAY0, ahead_ms: 1 }],
    historyFrom: DAY0,
    runId: 'r1',
    startedAt: DAY0,
    finishedAt: DAY0 + 90,
    status: 'stopped',
    exitCode: 5,
    exitReason: 'failed',
    stop: { reason: 'quota', code: '303', message: 'daily quota', runAgain: 'tomorrow' },
    pipeline: 'people',
    simulated: true,
    host: 'h',
    version: '1.2.3',
    tracked: true,
    rows: { read: 7, enriched: 1, reused: 1, empty: 1, failed: 1, rejected: 1, parked: 2 },
    ids: { read: 6, enriched: 1, reused: 1, empty: 1, failed: 1, rejected: 0, parked: 2 },
    askedIds: 3,
    calls: { sent: 3, billed: 0, maybeBilled: 1 },
    days: [{ day: '2026-11-22', billed: 0, maybe_billed: 1, money: 0 }],
    pace: { callsPerSecond: 12.5, limitPerSecond: 50, inFlightLimit: null },
    money: { currency: 'CNY', price: 0.15, billed: 0, maybeBilled: 0.15, saved: 0.3 },
  }
  await recordRun(connection, record)
  await recordRun(connection, record)
  expect(await warehouse.rows('SELECT * FROM runs')).toEqual([
    {
      run_id: 'r1',
      started_at: DAY0,
      finished_at: DAY0 + 90,
      last_call_at: null,
      status: 'stopped',
      exit_code: 5,
      exit_reason: 'failed',
      stop_reason: 'quota',
      stop_code: '303',
      stop_message: 'daily quota',
      run_again: 'tomorrow',
      pipeline: 'people',
      simulated: true,
      host: 'h',
      version: '1.2.3',
      rows_read: 7,
      rows_enriched: 1,
      rows_reused: 1,
      rows_empty: 1,
      rows_failed: 1,
      rows_rejected: 1,
      rows_parked: 2,
      ids_read: 6,
      ids_enriched: 1,
      ids_reused: 1,
      ids_empty: 1,
      ids_failed: 1,
      ids_rejected: 0,
      ids_parked: 2,
      asked_ids: 3,
      calls: 3,
      billed_calls: 0,
      maybe_billed_calls: 1,
      currency: 'CNY',
      price: 0.15,
      money_billed: 0,
      money_maybe_billed: 0.15,
      money_saved: 0.3,
      calls_per_second: 12.5,
      limit_per_second: 50,
      in_flight_limit: null,
      keep_people_ms: null,
      asked_at: null,
      tracked: true,
      max_age_seconds: 72_000,
      max_age_by_tier: 'mega=3600',
      billed_by_day: '[{"day":"2026-11-22","billed":0,"maybe_billed":1}]',
      useless: true,
      earlier_runs: '["r9"]',
      ahead_runs: JSON.stringify(record.aheadRuns),
      history_from: record.historyFrom,
    },
  ])
  expect(await readApiPace(connection)).toEqual({ latencyMs: null, limitPerSecond: 50 })
  // Loading the segment again leaves the receipt alone.
  await warehouse.load(source('r1', [{ id: 'u0', at: 0, answer: '301' }]))
  expect(await warehouse.rows('SELECT status FROM runs')).toEqual([{ status: 'stopped' }])

  const codes = await runCodes(connection, 'r1')
  expect(codes).toMatchObject([{ code: '301', calls: 1 }])
  expect(await unresolvedCalls(connection)).toBe(1)
})
