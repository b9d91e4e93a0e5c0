import { expect, test } from 'vitest'
import { DAY_MS } from '../../src/core/time.js'
import { contents, opened } from './opened.js'
import { DAY0, source, type PersonAnswer } from './people.js'

const FAILING = ['201', '400', '777', '301', '302', '601', 'other', 'timeout', 'broken', 'unknown'] as const

test('a call without a profile never changes profile, versions, counters or lists; only a conclusive one changes the status', async () => {
  const { load, rows } = await opened()
  const tags = [{ name: 'x', icon: '1' }]
  const profiles = FAILING.map((code): PersonAnswer => ({
    id: `known ${code}`,
    at: 5,
    answer: { name: code, fans: 1, tags },
  }))
  await load(source('r1', profiles))
  const before = await contents({ rows }, ['person_tags', 'creator_counters', 'creator_versions', 'creator_changes'])
  const wide = `SELECT * EXCLUDE (status, last_conclusive_at, run_id, last_attempt_at, last_attempt_outcome,
                  last_attempt_code, last_attempt_run_id)
                FROM creators WHERE user_id LIKE 'known%' ORDER BY user_id`
  const wideBefore = await rows(wide)

  const failures = FAILING.flatMap((code): PersonAnswer[] => [
    { id: `known ${code}`, at: DAY_MS + 5, answer: code },
    { id: `new ${code}`, at: DAY_MS + 5, answer: code },
  ])
  await load(source('r2', failures))
  expect(await contents({ rows }, Object.keys(before))).toEqual(before)
  expect(await rows(wide)).toEqual(wideBefore)

  const bookkeeping = await rows(
    `SELECT user_id, status, run_id, last_conclusive_at, first_seen_at, last_attempt_at, last_attempt_outcome AS outcome,
       last_attempt_code AS code, last_attempt_run_id
     FROM creators`,
  )
  const outcomes: Record<string, [outcome: string, code: string, status?: string]> = {
    '201': ['empty', '201', 'empty'],
    '400': ['invalid', '400', 'invalid'],
    '777': ['refused', '777'],
    '301': ['retry', '301'],
    '302': ['throttled', '302'],
    '601': ['stop', '601'],
    other: ['misdelivered', 'misdelivered'],
    timeout: ['ambiguous', 'timeout'],
    broken: ['ambiguous', 'broken'],
    unknown: ['unknown', 'unknown'],
  }
  for (const [answer, [outcome, code, status]] of Object.entries(outcomes)) {
    const attempt = {
      last_attempt_at: DAY0 + DAY_MS + (answer === 'unknown' ? 0 : 5),
      outcome,
      code,
      last_attempt_run_id: 'r2',
    }
    const settled = { run_id: 'r2', last_conclusive_at: DAY0 + DAY_MS + 5 }
    expect(bookkeeping.find(({ user_id }) => user_id === `known ${answer}`)).toMatchObject({
      ...attempt,
      first_seen_at: DAY0 + 5,
      // One empty answer does not make a creator with a profile empty.
      status: status === 'invalid' ? status : 'active',
      ...(status ? settled : { run_id: 'r1', last_conclusive_at: DAY0 + 5 }),
    })
    expect(bookkeeping.find(({ user_id }) => user_id === `new ${answer}`)).toMatchObject({
      ...attempt,
      first_seen_at: null,
      status: status ?? 'never_fetched',
      ...(status ? settled : { run_id: null, last_conclusive_at: null }),
    })
  }
})

test('a profile after empty answers makes the creator active again; a call that is loaded late does not undo that', async () => {
  const { load, rows } = await opened()
  const status = async () => (await rows('SELECT status, name, last_attempt_code FROM creators'))[0]
  await load(source('r1', [{ id: 'u1', at: 10, answer: { name: 'a' } }]))
  await load(source('r2', [{ id: 'u1', at: 20, answer: '201' }]))
  expect(await status()).toEqual({ status: 'active', name: 'a', last_attempt_code: '201' })
  await load(source('r2a', [{ id: 'u1', at: 22, answer: '201' }]))
  expect(await status()).toEqual({ status: 'empty', name: 'a', last_attempt_code: '201' })
  await load(source('r3', [{ id: 'u1', at: 30, answer: { name: 'b' } }]))
  expect(await status()).toEqual({ status: 'active', name: 'b', last_attempt_code: '0' })
  await load(source('r0', [{ id: 'u1', at: 25, answer: '400' }]))
  expect(await status()).toEqual({ status: 'active', name: 'b', last_attempt_code: '0' })
})

test('failures: the last call of an id in a run, if it is not conclusive', async () => {
  const { load, rows } = await opened()
  const said: PersonAnswer[] = [
    { id: 'u1', at: 10, answer: '301', attempt: 1 },
    { id: 'u2', at: 11, answer: 'timeout', attempt: 1 },
    { id: 'u1', at: 12, answer: '302', attempt: 2 },
    { id: 'u2', at: 13, answer: { name: 'settled' }, attempt: 2 },
    { id: 'u1', at: 14, answer: '777', attempt: 3 },
    { id: 'u3', at: 15, answer: '302' },
    { id: 'u4', at: 16, answer: '601' },
    { id: 'u5', at: 17, answer: 'other' },
    { id: 'u6', at: 18, answer: '201' },
  ]
  await load(source('r1', said))
  expect(await rows('SELECT * FROM failures ORDER BY user_id')).toEqual([
    {
      run_id: 'r1',
      user_id: 'u1',
      code: '777',
      message: 'said 777',
      attempts: 2,
      failed_at: DAY0 + 14,
      billed: 'maybe',
    },
    {
      run_id: 'r1',
      user_id: 'u5',
      code: 'misdelivered',
      message: 'said other',
      attempts: 1,
      failed_at: DAY0 + 17,
      billed: 'yes',
    },
  ])
  expect(await rows('SELECT user_id, kind, detail FROM anomalies')).toEqual([
    { user_id: 'u5', kind: 'misdelivered', detail: 'said other' },
  ])
})

test('ambiguous calls stay open until a later conclusive answer, whichever is loaded first', async () => {
  const { load, rows } = await opened()
  await load(
    source('r1', [
      { id: 'u1', at: 10, answer: 'timeout' },
      { id: 'u2', at: 11, answer: 'unknown' },
      { id: 'u3', at: 12, answer: 'broken' },
      { id: 'u1', at: 30, answer: 'other' },
      { id: 'u1', at: 40, answer: { name: 'a' } },
    ]),
  )
  const calls = () => rows('SELECT run_id, seq, user_id, reason, resolved_at FROM ambiguous_calls ORDER BY run_id, seq')
  expect(await calls()).toEqual([
    { run_id: 'r1', seq: 1, user_id: 'u1', reason: 'timeout', resolved_at: DAY0 + 40 },
    { run_id: 'r1', seq: 2, user_id: 'u2', reason: 'unknown', resolved_at: null },
    { run_id: 'r1', seq: 3, user_id: 'u3', reason: 'broken', resolved_at: null },
  ])
  await load(
    source('r2', [
      { id: 'u2', at: 50, answer: '400' },
      { id: 'u3', at: 51, answer: '301' },
    ]),
  )
  await load(source('r0', [{ id: 'u1', at: 20, answer: 'timeout' }]))
  expect(await calls()).toEqual([
    { run_id: 'r0', seq: 1, user_id: 'u1', reason: 'timeout', resolved_at: DAY0 + 40 },
    { run_id: 'r1', seq: 1, user_id: 'u1', reason: 'timeout', resolved_at: DAY0 + 40 },
    { run_id: 'r1', seq: 2, user_id: 'u2', reason: 'unknown', resolved_at: DAY0 + 50 },
    { run_id: 'r1', seq: 3, user_id: 'u3', reason: 'broken', resolved_at: null },
  ])
})

test('a run without a receipt is listed as interrupted, with its calls by code', async () => {
  const { load, rows } = await opened()
  const said = [10, 20, 30, 40].map((ms, at): PersonAnswer => ({ id: `u${at}`, at, ms, answer: { name: 'x' } }))
  await load(
    source('r1', [...said, { id: 'u8', at: 90, answer: 'unknown' }, { id: 'u9', at: 91, answer: '301', ms: 7 }]),
  )
  expect(await rows('SELECT * FROM runs')).toMatchObject([
    {
      run_id: 'r1',
      started_at: DAY0,
      finished_at: null,
      status: 'interrupted',
      pipeline: 'people',
      simulated: true,
      host: '127.0.0.1:1',
      calls: 6,
      billed_calls: 4,
      maybe_billed_calls: 1,
      exit_code: null,
    },
  ])
  expect(await rows('SELECT * FROM run_codes ORDER BY code')).toEqual([
    { run_id: 'r1', code: '0', calls: 4, billed: 4, maybe_billed: 0, p50_ms: 20, p95_ms: 40, max_ms: 40 },
    { run_id: 'r1', code: '301', calls: 1, billed: 0, maybe_billed: 0, p50_ms: 7, p95_ms: 7, max_ms: 7 },
    { run_id: 'r1', code: 'unknown', calls: 1, billed: 0, maybe_billed: 1, p50_ms: null, p95_ms: null, max_ms: null },
  ])
})

test('drift is counted once for each profile, over all loads', async () => {
  const { load, rows } = await opened()
  const unknown = { path: 'new_key', kind: 'unknown_key', expected: null, found: 'string' } as const
  const wrong = { path: 'level', kind: 'wrong_type', expected: 'number', found: 'string' } as const
  await load(source('r2', [{ id: 'u1', at: 20, answer: { drift: [unknown, wrong] } }]))
  await load(
    source('r1', [
      { id: 'u2', at: 10, answer: { drift: [unknown] } },
      { id: 'u3', at: 30, answer: { drift: [unknown, wrong] } },
      { id: 'u4', at: 31, answer: {} },
    ]),
  )
  expect(await rows('SELECT * FROM schema_drift ORDER BY path')).toEqual([
    { ...wrong, first_seen_at: DAY0 + 20, last_seen_at: DAY0 + 30, answers: 2, example_user_id: 'u1' },
    { ...unknown, first_seen_at: DAY0 + 10, last_seen_at: DAY0 + 30, answers: 3, example_user_id: 'u2' },
  ])
})

test('an unchanged list is not written again', async () => {
  const { load, rows } = await opened()
  const tags = (icon: string) => [
    { name: 'x', icon },
    { name: 'y', icon: 'same' },
  ]
  await load(
    source(
      'r1',
      ['u1', 'u2', 'u3'].map((id, at) => ({ id, at, answer: { tags: tags('1') } })),
    ),
  )
  const before = await rows('SELECT user_id, max(rowid) AS row FROM person_tags GROUP BY user_id ORDER BY user_id')
  await load(
    source('r2', [
      { id: 'u1', at: 100, answer: { tags: tags('1') } },
      { id: 'u2', at: 101, answer: { tags: tags('2') } },
      { id: 'u3', at: 102, answer: { tags: [] } },
    ]),
  )
  const after = await rows('SELECT user_id, max(rowid) AS row FROM person_tags GROUP BY user_id ORDER BY user_id')
  expect(after).toHaveLength(2)
  expect(after[0]).toEqual(before[0])
  expect(Number(after[1]!['row'])).toBeGreaterThan(Number(before[1]!['row']))
  expect(await rows(`SELECT icon FROM person_tags WHERE user_id = 'u2' ORDER BY position`)).toEqual([
    { icon: '2' },
    { icon: 'same' },
  ])
})
