import { expect, onTestFinished, test } from 'vitest'
import { liveEffects } from '../../src/core/effects.js'
import { declareAccount } from '../../src/fleet/accounts.js'
import { openFleetDatabase, type FleetDatabase } from '../../src/fleet/database.js'
import { claimFleet } from '../../src/fleet/fleet.js'
import { GrantClock } from '../../src/fleet/grantClock.js'
import { startSession } from '../../src/fleet/leases.js'
import { migrateFleet } from '../../src/fleet/migrate.js'
import { Permits } from '../../src/fleet/permits.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { noPostgres, postgresOfFile } from '../support/postgres.js'

const postgres = postgresOfFile()

test('permits whose grant was read late, because the process stood still, are given back and asked for anew', async ({
  skip,
}) => {
  if (noPostgres) skip(noPostgres)
  const url = await postgres.database()
  const database = await openFleetDatabase(url)
  onTestFinished(() => database.close())
  await migrateFleet(database)
  await claimFleet(database, { pipeline: { name: 'p', timeZone: 'UTC' }, simulated: true, host: 'h' })
  await declareAccount(database, { account: 'a', perSecond: 100, dayCalls: 50 })
  const start = { sessionId: 's', account: 'a', worker: 'w', folder: 'f', leaseMs: 300_000 }
  const sessionNo = await startSession(database, start)
  let asked = 0
  let stoodMs = 0
  let standstillMs = 0
  const late: FleetDatabase = {
    ...database,
    query: async <Row extends object>(sql: string, values?: readonly unknown[]) => {
      asked += 1
      const rows = await database.query<Row>(sql, values)
      stoodMs += standstillMs
      standstillMs = 0
      return rows
    },
  }
  const tally = { waitedMs: 0, late: 0 }
  const effects = { ...liveEffects(() => undefined), elapsed: () => performance.now() + stoodMs }
  const permits = new Permits(late, sessionNo, effects, new GrantClock(), tally, () => undefined)
  expect(await permits.take()).toBe(true)
  const before = { asked, late: tally.late }
  standstillMs = 5_000
  expect(await permits.take()).toBe(true)
  expect(asked).toBeGreaterThan(before.asked + 1)
  expect(tally.late).toBeGreaterThan(before.late)
  expect(tally.waitedMs).toBeGreaterThanOrEqual(5_000)

  // Nobody collects into a data folder before there is one.
  const collected = await commandHere(['collect', '--data', temporaryFolder(), '--database-url', url])
  expect(collected).toMatchObject({ code: 2 })
  expect(collected.stderr).toContain('has no data folder yet')
})

test('the clock of grants keeps the closest bounds, and follows a clock that was set', () => {
  const clock = new GrantClock()
  // A process that stood still for its first reply knows too little.
  clock.learn(1_000_000, 0, 1_500)
  expect(clock.timeOf(1_000_000)).toBeUndefined()
  clock.learn(1_002_000, 2_000, 2_040)
  expect(clock.timeOf(1_002_000)).toBe(2_040)
  clock.learn(1_003_000, 3_000, 3_400)
  expect(clock.timeOf(1_003_000)).toBe(3_040)
  clock.learn(1_064_000, 4_000, 4_010)
  expect(clock.timeOf(1_064_000)).toBe(4_010)
})
