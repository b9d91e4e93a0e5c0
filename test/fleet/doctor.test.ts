import { expect, test } from 'vitest'
import { checkFleet } from '../../src/commands/doctor/fleetCheck.js'
import { openFleetDatabase } from '../../src/fleet/database.js'
import { migrateFleet } from '../../src/fleet/migrate.js'
import { fleetMigrations } from '../../src/fleet/migrations/all.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { noPostgres, postgresOfFile } from '../support/postgres.js'

const postgres = postgresOfFile()

test('doctor looks at the database of a fleet: reached, schema, rights of the role, clock', async ({ skip }) => {
  if (noPostgres) skip(noPostgres)
  const url = await postgres.database()
  expect((await checkFleet(url, Date.now)).said).toMatch(/^127\.0\.0\.1:\d+\/\w+ \(PostgreSQL \d.*\), no fleet yet$/)
  const database = await openFleetDatabase(url)
  await migrateFleet(database).finally(() => database.close())
  const newest = fleetMigrations.length
  expect(await checkFleet(url, Date.now)).toMatchObject({
    verdict: 'ok',
    said: expect.stringMatching(`schema ${newest}$`) as string,
  })
  const ahead = await checkFleet(url, () => Date.now() - 60_000)
  expect(ahead).toMatchObject({ verdict: 'warn', said: expect.stringContaining('60.0 s ahead of') as string })

  // A role that did not make the tables, and one that may not make any.
  await postgres.query(url, 'CREATE ROLE stranger LOGIN')
  const asStranger = new URL(url)
  asStranger.username = 'stranger'
  await expect(checkFleet(asStranger.href, Date.now)).rejects.toThrow(
    /the role may not use and change the schemas creator_enrich and creator_enrich_jobs, nor own \d+ of their tables/,
  )
  await postgres.query(url, 'DROP SCHEMA creator_enrich CASCADE')
  await postgres.query(url, 'DROP SCHEMA creator_enrich_jobs CASCADE')
  await expect(checkFleet(asStranger.href, Date.now)).rejects.toThrow('the role may not create a schema')

  const args = ['doctor', '--api', 'simulated', '--data', temporaryFolder(), '--json']
  const ended = await commandHere([...args, '--database-url', 'postgres://nobody@127.0.0.1:1/none'])
  expect(ended.code).toBe(7)
  expect((JSON.parse(ended.stdout) as { checks: unknown[] }).checks).toContainEqual(
    expect.objectContaining({ name: 'fleet', verdict: 'fail', exit_code: 7 }),
  )
})
