import { expect, test } from 'vitest'
import type { Receipt } from '../../src/model/receipt.js'
import { closingOfReceipt } from '../../src/run/closingLine.js'

const COUNTS = { read: 1, enriched: 1, reused: 0, empty: 0, failed: 0, rejected: 0, parked: 0 }

/** What the line is made from. */
const receipt = {
  run_id: '20261122T000000Z-0001',
  data: '/data',
  lists: [],
  rows: COUNTS,
  ids: COUNTS,
  calls: { sent: 1, billed: 1, maybe_billed: 0 },
  money: { currency: 'CNY', billed: 0.15, maybe_billed: 0 },
  reasons: [],
  stop: null,
  exit_reason: null,
} as unknown as Receipt

test.each([
  [0, [], 'nothing to do'],
  [0, ['raw_not_tidied'], 'look at what the warnings name'],
  [7, [], 'correct what the error names, then run the same command again'],
  [7, ['report_failed'], 'correct what the error names, then run the same command again'],
  [130, [], 'run the same command again to go on'],
] as const)('a receipt with exit code %i and the warnings %j says what to do', (exit_code, warnings, next) => {
  expect(closingOfReceipt({ ...receipt, exit_code }, warnings).fields).toMatchObject({ exit_code, next })
})
