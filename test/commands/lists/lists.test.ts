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
  expect(real).toMatch(
    /\nthis refreshes the list, for ¥0\.30 a night when every id is due:\n {2}`.* run --tracked --data data`\n$/,
  )
  expect(simulated).toBe(`${real}simulated data: the calls cost nothing, the prices are those of real calls\n`)
})

test('it says how many lists a night refreshes, and how to begin where none is tracked', () => {
  const text = (...tracked: boolean[]) =>
    listsText(
      tracked.map((each, at) => ({ ...list, list: `list ${at}`, tracked: each })),
      0.3,
      { columns: 80, data: 'data', timeZone: 'Asia/Shanghai' },
    )
  expect(text(true, true)).toContain('\nthis refreshes all 2 lists, for ¥0.30 a night')
  expect(text(true, false)).toContain('\nthis refreshes 1 of 2 lists, for ¥0.30 a night')
  expect(text(false)).toMatch(
    /\nno list is tracked; this tracks one:\n {2}`.* run <list> --track --data data`\nand this refreshes those that are tracked:\n {2}`.*`\n$/,
  )
})
