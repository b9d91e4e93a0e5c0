import { expect, test } from 'vitest'
import { RetryBudget } from '../../../src/fetch/limits/retryBudget.js'

test('answers fill it, refusals do not', async () => {
  const budget = new RetryBudget()
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) budget.heard(id, 'trouble')
  for (const id of ['a', 'b', 'c', 'd', 'e']) expect(budget.leave(id)).toBeUndefined()
  const waiting = budget.leave('f')
  expect(waiting).toBeInstanceOf(Promise)
  let went = false
  void waiting!.then(() => (went = true))
  for (let n = 0; n < 100; n += 1) budget.heard(n % 2 === 0 ? 'a' : `other ${n}`, 'throttled')
  await Promise.resolve()
  expect(went).toBe(false)
  budget.heard('a', 'life')
  await Promise.resolve()
  expect(went).toBe(true)
})
