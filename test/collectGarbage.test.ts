import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { collectGarbage } from '../src/collectGarbage.js'

test('what nothing holds any more is gone at once', async () => {
  const before = new WeakRef({ cells: ['a'] })
  // A weak reference keeps what it leads to until the task that made it is over.
  await setImmediate()
  collectGarbage()
  expect(before.deref()).toBeUndefined()
})
