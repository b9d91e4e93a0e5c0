import { expect, test } from 'vitest'
import { listsText, type ListReport } from '../../../src/commands/lists/lists.js'

const list: ListReport = {
  ...{ list: 'spring', tracked: true, source: 'spring.csv', rows: 2, ids: 2, ids_with_profile: 1, coverage: 0.5 },
  ...{ rejected: 0, parked: 1, last_read_at: '2026-11-23T08:00:00.000Z', nightly_price: 0.3, currency: 'CNY' },
  simulated: false,
}

test('the prices of simulated lists are shown as those of real calls', () => {
  const [real, simulated] = [
    listsText([list], 0.3, { columns: 80, data: 'data', timeZone: 'Asia/Shanghai' }),
    listsText([{ ...list, simulated: true }], 0.3, { columns: 80, data: 'data', timeZone: 'Asia/Shanghai' }),
  ]
  expect(real).toContain('times are those of Asia/Shanghai')
  expect(real).toMatch(/for ¥0\.30 a night when all their ids are due\n$/)
  expect(simulated).toBe(`${real}simulated data: the calls cost nothing, the prices are those of real calls\n`)
})
