import { expect, test } from 'vitest'
import { loadSegments } from '../../src/load/loadCalls.js'
import type { AnswerSource } from '../../src/load/stage.js'
import type { Call } from '../../src/model/call.js'
import { interpreter } from '../../src/model/interpret.js'
import type { Pipeline } from '../../src/model/pipeline.js'
import { checkKeys } from '../../src/publish/checkKeys.js'
import { contents, opened } from './opened.js'
import { callOf, DAY0, people, reader, source, type PersonAnswer } from './people.js'

const HOUR_MS = 3_600_000

/** Finds people by their name. */
const pipeline: Pipeline = {
  ...people,
  resolvers: [
    {
      ...{
        endpoint: 'find-person',
        kind: 'handle',
        title: 'name',
        columns: ['name'],
        profileColumn: 'name',
        price: 0.4,
      },
      remedies: {},
      request: (input) => ({ path: '/find', query: { input } }),
      read: (data) => {
        const { id, reason } = data as { id?: string; reason?: string }
        if (id !== undefined) return { kind: 'found', id }
        return reason === undefined ? { kind: 'unreadable', found: 'nothing' } : { kind: 'miss', reason }
      },
      withoutStrangers: (data) => data,
      simulatedData: () => Promise.reject(new Error('this pipeline invents no answers')),
    },
  ],
}

const read = interpreter(pipeline)
const resolving = {
  ...reader,
  pipeline,
  interpret: (end: Parameters<typeof read>[0]) => (end.endpoint === undefined ? reader.interpret(end) : read(end)),
}

const asked = (seq: number, id: string, at: number, body: unknown): Call => {
  const intent = { seq, id, endpoint: 'find-person', attempt: 1, sentAt: DAY0 + at - 5 }
  if (body === undefined) return { ...intent, kind: 'unknown' }
  const answer = { status: 200, contentType: null, retryAfter: null, body: Buffer.from(JSON.stringify(body)) }
  return { ...intent, kind: 'answer', receivedAt: DAY0 + at, ms: 5, ...answer }
}

function run(runId: string, asks: readonly Call[], profiles: readonly PersonAnswer[] = []): AnswerSource {
  const { header } = source(runId, [])
  const fetched = profiles.map((profile, at) => callOf(asks.length + at + 1, profile))
  return {
    header: { ...header, price: 0.1, currency: 'CNY' },
    // eslint-disable-next-line @typescript-eslint/require-await -- the interface is async because a journal reads from disk
    async *calls() {
      yield [...asks, ...fetched]
    },
  }
}

const first = run(
  'r1',
  [
    asked(1, 'kafei', 1_000, { code: 0, data: { id: 'u1' } }),
    asked(2, 'nobody', 1_001, { code: 0, data: { reason: 'not_found' } }),
    asked(3, 'slow', 1_002, undefined),
    asked(4, 'gone', 1_003, { code: 201, message: 'nothing', data: null }),
    asked(5, 'odd', 1_004, { code: 0, data: {} }),
    asked(6, 'busy', 1_005, { code: 301, message: 'later', data: null }),
  ],
  [{ id: 'u1', at: 2_000, answer: { name: 'kafei', fans: 1 } }],
)
// One that led to nobody is asked again and found; the person has another name a day later.
const second = run(
  'r2',
  [
    asked(1, 'nobody', HOUR_MS, { code: 0, data: { id: 'u2' } }),
    asked(2, 'slow', HOUR_MS + 1, { code: 0, data: { id: 'u3' } }),
  ],
  [{ id: 'u1', at: HOUR_MS + 2, answer: { name: 'cha', fans: 2 } }],
)

const TABLES = ['resolved_ids', 'creators', 'runs', 'run_codes', 'ambiguous_calls', 'failures', 'creator_counters']

test('calls to a resolver give ids and their price, and nothing about profiles; in any order, once or twice', async () => {
  const all: unknown[] = []
  for (const order of [
    [first, second],
    [second, first],
    [second, first, second, first],
  ]) {
    const { warehouse, rows } = await opened(undefined, pipeline)
    for (const each of order) await loadSegments(warehouse, [each], resolving)
    await checkKeys(warehouse.connection, pipeline)
    expect(await rows('SELECT kind, input, user_id, reason, run_id FROM resolved_ids ORDER BY input')).toEqual([
      { kind: 'handle', input: 'gone', user_id: null, reason: 'not_found', run_id: 'r1' },
      { kind: 'handle', input: 'kafei', user_id: 'u1', reason: null, run_id: 'r1' },
      { kind: 'handle', input: 'nobody', user_id: 'u2', reason: null, run_id: 'r2' },
      { kind: 'handle', input: 'slow', user_id: 'u3', reason: null, run_id: 'r2' },
    ])
    expect(await rows('SELECT user_id, status FROM creators')).toEqual([{ user_id: 'u1', status: 'active' }])
    expect(
      await rows(
        'SELECT run_id, calls, billed_calls, maybe_billed_calls, money_billed, money_maybe_billed FROM runs ORDER BY 1',
      ),
    ).toEqual([
      { run_id: 'r1', calls: 7, billed_calls: 4, maybe_billed_calls: 2, money_billed: 1.3, money_maybe_billed: 0.8 },
      { run_id: 'r2', calls: 3, billed_calls: 3, maybe_billed_calls: 0, money_billed: 0.9, money_maybe_billed: 0 },
    ])
    expect(
      await rows(`SELECT price, calls, money_billed, money_maybe_billed FROM spending WHERE run_id = 'r1' ORDER BY 1`),
    ).toEqual([
      { price: 0.1, calls: 1, money_billed: 0.1, money_maybe_billed: 0 },
      { price: 0.4, calls: 6, money_billed: 1.2, money_maybe_billed: 0.8 },
    ])
    expect(await rows('SELECT user_id, resolved_at IS NOT NULL AS known FROM ambiguous_calls')).toEqual([
      { user_id: 'slow', known: true },
    ])
    all.push(await contents({ rows }, TABLES))
  }
  expect(all[1]).toEqual(all[0])
  expect(all[2]).toEqual(all[0])
})

test('a later profile that does not hold the input by which its id was found is an anomaly', async () => {
  const { warehouse, rows } = await opened(undefined, pipeline)
  for (const each of [first, second]) await loadSegments(warehouse, [each], resolving)
  expect(await rows('SELECT user_id, kind, column_name, detail FROM anomalies')).toEqual([
    {
      user_id: 'u1',
      kind: 'resolved_differs',
      column_name: 'name',
      detail: 'found by kafei, but the profile has cha',
    },
  ])
})
