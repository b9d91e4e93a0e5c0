import { expect, test } from 'vitest'
import type { Entry } from '../../src/simulator/ledger.js'
import { noPostgres, postgresOfFile } from '../support/postgres.js'
import { published } from '../support/published.js'
import { enrich } from '../support/simulated.js'
import { temporaryFolder } from '../support/folder.js'
import { eventually, openWorld } from './world.js'

const postgres = postgresOfFile()
const IDS = 6_000
const LIMIT = 60

test('three workers, 60/s, 6,000 ids, one killed and one frozen: the rate is kept, nothing is lost', async ({
  skip,
}) => {
  if (noPostgres) skip(noPostgres)
  const world = await openWorld(postgres, { latencyMs: 150, jitterMs: 50 })
  const input = world.list(IDS)
  await world.enqueue(input, '--batch', '100')
  const args = ['--rate', `${LIMIT}/s`, '--concurrency', '16', '--lease', '5s']
  const workers = [world.start(...args), world.start(...args), world.start(...args)]
  const { ledger } = world.api
  const calls = (): number => ledger.summary().calls
  await eventually('they run', () => calls() > 0)
  const outside: [from: number, to: number][] = []
  const begun = Date.now() + 5_000
  await reached(1_500)
  outside.push([begun, Date.now()])
  workers[0]!.child.kill('SIGKILL')
  await reached(3_000)
  workers[1]!.child.kill('SIGSTOP')
  await new Promise((resolve) => setTimeout(resolve, 12_000))
  workers[1]!.child.kill('SIGCONT')
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  const from = Date.now()
  await reached(IDS - 400)
  outside.push([from, Date.now()])
  const ended = await Promise.all(workers.slice(1).map((worker) => worker.ended))
  expect(ended.map(({ code }) => code)).toEqual([0, 0])

  const times = ledger.entries.map(({ at }) => at)
  const most = mostInASecond(ledger.entries)
  const rates = outside.map(
    ([start, end]) => times.filter((at) => at >= start && at < end).length / ((end - start) / 1000),
  )
  const charges = new Map<string, number>()
  for (const { id, charged } of ledger.entries) if (charged) charges.set(id, (charges.get(id) ?? 0) + 1)
  const twice = [...charges].filter(([, n]) => n > 1).map(([id]) => id)
  const { code, receipts } = await world.collect()
  expect([0, 3]).toContain(code)
  const figures = {
    most,
    rates,
    calls: calls(),
    twice: twice.length,
    collected: receipts.map(({ collected }) => collected),
  }
  console.log(JSON.stringify(figures))
  expect(most).toBeLessThanOrEqual(LIMIT * 1.05)
  expect(charges.size).toBe(IDS)
  for (const rate of rates) expect(rate).toBeGreaterThanOrEqual(LIMIT * 0.95)
  const listed = await published<{ user_id: string }>(
    world.data,
    `SELECT DISTINCT user_id FROM ambiguous_calls UNION SELECT user_id FROM creator_counters GROUP BY ALL HAVING count(*) > 1`,
  )
  const known = new Set(listed.map(({ user_id }) => user_id))
  expect(twice.filter((id) => !known.has(id))).toEqual([])
  const alone = temporaryFolder()
  await enrich(input, alone, world.api)
  const content = `SELECT * EXCLUDE (first_seen_at, last_fetched_at, last_changed_at, last_attempt_at, run_id, last_attempt_run_id, last_conclusive_at) FROM creators ORDER BY user_id`
  expect(await published(world.data, content)).toEqual(await published(alone, content))

  function reached(number: number): Promise<void> {
    return eventually(`${number} calls`, () => calls() >= number, 300_000)
  }
}, 900_000)

/** The most calls in any sliding second. */
function mostInASecond(entries: readonly Entry[]): number {
  const times = entries.map(({ at }) => at).sort((one, other) => one - other)
  let first = 0
  let most = 0
  for (const [last, time] of times.entries()) {
    while (time - times[first]! >= 1_000) first += 1
    most = Math.max(most, last - first + 1)
  }
  return most
}
