import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { collectGarbage } from '../../src/core/memory.js'

test('what nothing holds any more is gone at once, if it is worth it', async () => {
  collectGarbage()
  const some = new WeakRef({ cells: ['a'] })
  const much = new WeakRef(Array.from({ length: 1_000_000 }, (_, at) => ({ at })))
  // A weak reference keeps what it leads to until the task that made it is over.
  await setImmediate()
  collectGarbage()
  expect(some.deref()).toBeUndefined()
  expect(much.deref()).toBeUndefined()
})
