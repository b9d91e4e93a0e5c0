import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { newTally, progressLine, timeIn, timeOf } from '../../src/terminal/progress.js'

const small = {
  ...newTally(51, 0.15, 'CNY'),
  done: 50,
  inFlight: 1,
  failed: 2,
  moneyBilled: 7.05,
  moneyMaybeBilled: 0.3,
}
const large = { ...newTally(1_000_000, 0.15, 'CNY'), done: 12_345, inFlight: 200, failed: 1_234, moneyBilled: 1800 }

test('the line shows the counts, the pace and the cost; the bar takes the remaining columns', () => {
  expect(progressLine(small, 9.96, 79)).toBe('[################] 98% 50/51 10.0/s 1 in flight 2 failed ¥7.35 0s left')
  expect(progressLine(large, 47.6, 79)).toBe(
    '[.........] 1% 12345/1000000 48/s 200 in flight 1234 failed ¥1800.00 5h45m left',
  )
  expect(progressLine({ ...large, limitPerSecond: 49.8 }, 47.6)).toBe(
    '1% 12345/1000000 48/s of 50 200 in flight 1234 failed ¥1800.00 5h45m left',
  )
  for (const columns of [40, 70, 75, 79, 200]) {
    for (const tally of [small, large]) {
      const line = progressLine(tally, 12, columns)
      if (line.startsWith('[')) expect(stringWidth(line)).toBeLessThanOrEqual(columns)
    }
  }
  expect(progressLine(newTally(0, 0.15, 'CNY'), 0)).toContain('100% 0/0')
})

test.each([
  [0.4, '0s'],
  [59.4, '59s'],
  [61, '1m01s'],
  [3599, '59m59s'],
  [18_420, '5h07m'],
  [Infinity, '?'],
])('%f seconds: %s', (seconds, text) => {
  expect(timeOf(seconds)).toBe(text)
})

test.each([
  [0, '1 ms'],
  [0.4, '1 ms'],
  [49, '49 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [2450, '2.5 s'],
])('%d ms is %j', (ms, text) => {
  expect(timeIn(ms)).toBe(text)
})
