import { expect, test } from 'vitest'
import { loadPipeline } from '../../../../src/model/pipeline.js'
import { openWorking } from './open.js'

test('a creator whose tier may get older than the period is among the movers', async () => {
  const working = await openWorking(await loadPipeline(undefined))
  const answers = (day: number, people: Record<string, number>) =>
    Object.entries(people).map(([id, fans]) => ({
      at: `2026-11-${String(day).padStart(2, '0')}T04:00:00Z`,
      id,
      answer: { fans },
    }))
  await working.load('run1', answers(1, { small: 1_000, large: 2_000_000 }))
  await working.load('run2', answers(8, { small: 1_700, large: 2_000_900 }))
  await working.load('run3', answers(16, { other: 5 }))
  const movers = async () => {
    const rows = await working.rows(
      `SELECT user_id FROM top_movers WHERE period_days = 7 AND ranked_by = 'absolute' AND direction = 'up' ORDER BY place`,
    )
    return rows.map(({ user_id }) => user_id)
  }
  expect(await movers()).toEqual([])
  const ages = async (seconds: number, byTier: string | null, run = 'run3', tracked = false) => {
    const text = byTier === null ? 'NULL' : `'${byTier}'`
    await working.rows(
      `UPDATE runs SET max_age_seconds = ${seconds}, max_age_by_tier = ${text}, tracked = ${tracked} WHERE run_id = '${run}'`,
    )
  }
  await ages(72_000, null)
  expect(await movers()).toEqual([])
  await ages(72_000, 'nano=864000,mega=691200')
  expect(await movers()).toEqual(['small'])
  await ages(864_000, 'nano=72000')
  expect(await movers()).toEqual(['large'])
  // The last night of the tracked lists says how old they may get.
  await ages(864_000, null, 'run1', true)
  expect(await movers()).toEqual(['large', 'small'])
})
