import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { collectGarbage } from '../../src/core/memory.js'

test('unreachable objects are collected at once if there are enough of them', async () => {
  collectGarbage()
  const some = new WeakRef({ cells: ['a'] })
  const much = new WeakRef(Array.from({ length: 1_000_000 }, (_, at) => ({ at })))
  // A weak reference keeps its object until the end of the task that created the reference.
  await setImmediate()
  collectGarbage()
  expect(some.deref()).toBeUndefined()
  expect(much.deref()).toBeUndefined()
})
