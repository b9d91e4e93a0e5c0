import { expect, onTestFinished, test } from 'vitest'
import { databaseMemory, databaseThreads, limitDatabases, withDatabaseLimits } from '../../src/core/memory.js'

test.each([
  ['a small machine', 1, 1, 512],
  ['a usual one', 3, 2.5, 768],
  ['a large one', 64, 60, 1024],
  ['one where little is free', 64, 0.5, 256],
  ['one where almost nothing is free', 64, 0.01, 160],
])('the memory of DuckDB on %s', (_, total, free, megabytes) => {
  expect(databaseMemory({ total: total * 2 ** 30, free: free * 2 ** 30 })).toBe(megabytes)
})

test('each of several works at once has its own limits, also after a wait; the process keeps its own', async () => {
  limitDatabases({ memory: 250 })
  onTestFinished(() => limitDatabases({}))
  const large = { total: 64 * 2 ** 30, free: 60 * 2 ** 30 }
  const seen = async (): Promise<number[]> => {
    await new Promise((resolve) => setImmediate(resolve))
    return [databaseMemory(large), databaseThreads()]
  }
  const both = [withDatabaseLimits({ memory: 300, threads: 3 }, seen), withDatabaseLimits({ threads: 2 }, seen)]
  expect(await Promise.all(both)).toEqual([
    [300, 3],
    [1024, 2],
  ])
  expect(databaseMemory(large)).toBe(250)
})
