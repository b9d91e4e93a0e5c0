import { expect, test } from 'vitest'
import { databaseMemory } from '../../src/core/memory.js'

test.each([
  ['a small machine', 1, 1, 512],
  ['a usual one', 3, 2.5, 768],
  ['a large one', 64, 60, 1024],
  ['one where little is free', 64, 0.5, 256],
  ['one where almost nothing is free', 64, 0.01, 160],
])('the memory of DuckDB on %s', (_, total, free, megabytes) => {
  expect(databaseMemory({ total: total * 2 ** 30, free: free * 2 ** 30 })).toBe(megabytes)
})
