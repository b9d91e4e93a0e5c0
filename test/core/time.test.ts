import { expect, test } from 'vitest'
import { dayIn, nextDayIn, runIdAt } from '../../src/core/time.js'

test('run ids sort by their start', () => {
  expect(runIdAt(Date.UTC(2026, 10, 22, 22, 5, 37, 500), 0.5)).toBe('20261122T220537Z-7f14')
  expect(runIdAt(0, 0) < runIdAt(1000, 0)).toBe(true)
  expect(runIdAt(7, 0.999) < runIdAt(8, 0)).toBe(true)
  expect(runIdAt(999, 0.999)).toMatch(/-fde7$/)
})

test('days are those of the given zone', () => {
  expect(dayIn('Asia/Shanghai', Date.UTC(2026, 10, 22, 15, 59, 59))).toBe('2026-11-22')
  expect(dayIn('Asia/Shanghai', Date.UTC(2026, 10, 22, 16))).toBe('2026-11-23')
})

test('the next day begins at its midnight', () => {
  const midnight = Date.UTC(2026, 10, 22, 16)
  for (const time of [midnight - 1, midnight - 86_400_000, midnight - 43_200_000]) {
    expect(nextDayIn('Asia/Shanghai', time)).toBe(midnight)
  }
})
