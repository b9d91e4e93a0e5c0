import { expect, test } from 'vitest'
import { summary } from '../../../src/commands/run/summary.js'
import type { Counts, DriftReceipt, Receipt } from '../../../src/model/receipt.js'

const NONE: Counts = { read: 0, enriched: 0, reused: 0, empty: 0, failed: 0, rejected: 0, parked: 0 }

function receipt(drift: readonly DriftReceipt[]): Receipt {
  return {
    run_id: '20261122T220537Z-1f3a',
    version: '0',
    pipeline: 'xiaohongshu-user-profile',
    simulated: false,
    host: 'test',
    data: '/data',
    started_at: '2026-11-22T22:05:37.000Z',
    finished_at: '2026-11-22T22:05:38.000Z',
    seconds: 1,
    exit_code: 0,
    exit_reason: null,
    stop: null,
    lists: [],
    rows: NONE,
    ids: NONE,
    reconciled: true,
    reasons: [],
    due_ids: 0,
    asked_ids: 0,
    calls: { sent: 0, billed: 0, maybe_billed: 0, codes: [], days: [] },
    pace: { calls_per_second: 0, limit_per_second: null, in_flight_limit: null },
    money: { currency: 'CNY', price: 0.15, billed: 0, maybe_billed: 0, saved: 0 },
    recovered: { answers: 0, unknown: 0, damaged: 0 },
    drift,
    corrected_runs: 0,
    ambiguous_calls: 0,
    files: { database: '/data/creators.duckdb', exports: [] },
  }
}

const of = (path: string, kind: string, found: string | null): DriftReceipt => {
  return { path, kind, expected: null, found, answers: 1, example_user_id: 'ann' }
}

function driftOf(drift: readonly DriftReceipt[]): string[] {
  const lines = summary(receipt(drift), 'Asia/Shanghai').split('\n')
  const from = lines.findIndex((line) => line.startsWith('drift'))
  return from < 0 ? [] : lines.slice(from, lines.indexOf('', from))
}

test('drift is shown by kind, with the first lines that would make columns of it', () => {
  expect(driftOf([])).toEqual([])
  expect(driftOf([of('fans', 'missing_key', null), of('fans', 'wrong_type', 'text')])).toEqual([
    'drift      1 wrong type, 1 missing key: see table schema_drift',
  ])
  const many = Array.from({ length: 7 }, (_, at) => of(`key${at}`, 'unknown_key', 'text'))
  expect(driftOf(many)).toEqual([
    'drift      7 unknown keys: see table schema_drift',
    '           to make columns of them, add these lines, with the right kind, to',
    '           pipelines/xiaohongshu-user-profile/columns/attributes.ts',
    '           (counters: counters.ts; items of a list: childTables.ts beside columns/),',
    '           and run `creator-enrich replay --data /data`,',
    '           which also fills the past:',
    ...[0, 1, 2, 3, 4].map((at) => `  key${at}: attribute.text('key${at}', '…'),`),
    '  and 2 more',
  ])
})

test('calls that found no connection are not shown as sent, nobody is found in the singular and the plural', () => {
  const shown = (changes: Partial<Receipt>) => summary({ ...receipt([]), ...changes }, 'Asia/Shanghai')
  const calls = { ...receipt([]).calls, sent: 6, billed: 2 }
  const times = { billed: 0, maybe_billed: 0, p50_ms: 1, p95_ms: 1, max_ms: 1 }
  const codes = [
    { code: 'unsent', calls: 3, ...times },
    { code: 'untrusted', calls: 1, ...times },
    { code: '0', calls: 2, ...times, billed: 2 },
  ]
  expect(shown({ calls: { ...calls, codes } })).toContain(
    'calls      2 sent, 2 billed, 4 could not be sent\nby code    unsent: 3, untrusted: 1, 0: 2\n',
  )
  expect(shown({ calls: { ...calls, codes: codes.slice(2) } })).toContain('calls      6 sent, 2 billed\n')
  const none = { failed: 0, parked: 0, held: 0, money_billed: 0, money_maybe_billed: 0 }
  const resolved = { inputs: 3, found: 1, not_found: 1, ...none }
  expect(shown({ resolved })).toContain('resolved   1 of 3 links and names found, 1 leads to nobody\n')
  expect(shown({ resolved: { ...resolved, not_found: 2 } })).toContain(' found, 2 lead to nobody\n')
})

test('the counts of a large run fit 80 columns', () => {
  const many = { ...NONE, read: 9_999_999, enriched: 9_999_999, parked: 9_999_999 }
  const table = summary({ ...receipt([]), rows: many, ids: many }, 'Asia/Shanghai')
    .split('\n')
    .slice(2, 5)
  for (const each of table) expect(each).toHaveLength(80)
  expect(table[1]).toMatch(/^rows 9,999,999 .* 9,999,999$/)
})

test('the first line of simulated data fits 80 columns', () => {
  const line = summary({ ...receipt([]), run_id: '20261128T230919Z-16cc', simulated: true }, 'Asia/Shanghai').split(
    '\n',
  )[0]!
  expect(line).toBe('run        20261128T230919Z-16cc SIMULATED DATA: invented people, no money spent')
  expect(line).toHaveLength(80)
})

test('exit code 3 is explained, as it comes without an error', () => {
  expect(summary(receipt([]), 'Asia/Shanghai')).not.toContain('exit 3')
  const lines = summary({ ...receipt([]), exit_code: 3 }, 'Asia/Shanghai').split('\n')
  expect(lines.find((each) => each.startsWith('exit 3'))).toContain('--max-failed')
  for (const each of lines) expect(each.length).toBeLessThanOrEqual(80)
})
