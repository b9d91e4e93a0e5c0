import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../src/core/duckdb.js'
import { createTempTable } from '../../src/core/tempTable.js'
import { PLANNED } from '../../src/model/tempTables.js'
import { callsOfMonth } from '../../src/plan/monthCalls.js'

const DAY = 86_400_000

test.each([
  { what: '20 hours: every night', standard: 20 * 3_600_000, calls: 3 * 30 },
  { what: 'just a day: an answer of that age is fresh, so every second night', standard: DAY, calls: 3 * 15 },
  { what: 'six and a half days: every seventh night', standard: 6.5 * DAY, calls: 3 * 4 },
  { what: 'longer than the month', standard: 40 * DAY, calls: 0 },
  {
    what: 'by tier: 3 days every third night, the others every night',
    standard: 20 * 3_600_000,
    byTier: new Map([['nano', 3 * DAY]]),
    calls: 10 + 2 * 30,
  },
])('the calls of a month at $what', async ({ standard, byTier = new Map<string, number>(), calls }) => {
  const database = await openDatabase(':memory:')
  onTestFinished(() => database.close())
  const { connection } = database
  await connection.run(createTempTable(PLANNED))
  await connection.run(`
    CREATE TABLE creators (user_id VARCHAR, tier VARCHAR);
    INSERT INTO creators VALUES ('a', 'nano'), ('b', 'mega');
    INSERT INTO planned (user_id, decision, reason) VALUES
      ('a', 'fresh', 'fresh'), ('b', 'due', 'stale'), ('c', 'known_failed', '777'),
      ('d', 'known_empty', 'empty'), ('e', 'due', 'stale_empty'),
      ('f', 'invalid', 'invalid'), ('g', 'held', 'ambiguous'), ('h', 'skipped', 'not_failed')`)
  const options = { startedAt: 0, ages: { standard, byTier }, tier: 'tier', first: undefined, retryFailed: false }
  expect(await callsOfMonth(connection, { ...options, onAmbiguous: 'retry' })).toEqual({
    ids: 3,
    empty_ids: 2,
    calls: calls + 2,
  })
})
