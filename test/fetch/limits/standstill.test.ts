import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ActiveClock } from '../../../src/core/activeClock.js'
import type { FetchOptions } from '../../../src/fetch/fetchAll.js'
import type { FetchPolicy } from '../../../src/fetch/fetchPolicy.js'
import type { Receipt } from '../../../src/model/receipt.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { simulator, startRun } from '../../support/simulated.js'
import { fetchIn, Limit, Model, VirtualTime } from '../virtual.js'

/** A fetch by a process that knows when it stood still. */
function fetchWatched(
  time: VirtualTime,
  model: Model,
  ids: number,
  policy: Partial<FetchPolicy> = {},
  more: Partial<FetchOptions> = {},
) {
  const activeClock = new ActiveClock(time.effects)
  const tick = () => {
    activeClock.tick()
    time.at(time.ms + 100, tick)
  }
  time.at(time.ms + 100, tick)
  return fetchIn(time, model, ids, { concurrency: 16, ...policy }, { activeClock, ...more })
}

/** The process stands still for this long, from this time on. */
function freeze(time: VirtualTime, at: number, ms: number): void {
  time.at(at, () => (time.ms += ms))
}

describe('a standstill of this process', () => {
  test('is not taken for slowness: as many calls stay in flight, no limit is learned, and the pace leaves it out', async () => {
    const time = new VirtualTime()
    const model = new Model(time, () => ({ code: 0, ms: 200 }))
    freeze(time, 5_050, 20_000)
    const { learned, seconds } = await fetchWatched(time, model, 1200)
    expect(learned.inFlight).toBeUndefined()
    const after = model.calls.filter(({ at }) => at > 25_400 && at < 30_000).map(({ inFlight }) => inFlight)
    expect(after.length).toBeGreaterThan(200)
    expect(Math.min(...after)).toBeGreaterThanOrEqual(15)
    expect(seconds).toBeGreaterThan(14)
    expect(seconds).toBeLessThan(17)
  })

  test('in which calls time out is no trouble of the upstream, and no time without a usable answer', async () => {
    const time = new VirtualTime()
    const model = new Model(time, ({ at }) =>
      at >= 5_000 && at < 5_200 ? { code: null, ms: 60_000 } : { code: 0, ms: 200 },
    )
    freeze(time, 5_250, 120_000)
    const { events, stop, learned } = await fetchWatched(time, model, 1200, { giveUpMs: 60_000 })
    expect(model.count(null)).toBeGreaterThanOrEqual(15)
    expect(events.filter(({ type }) => type === 'trouble')).toEqual([])
    expect([stop, learned.inFlight]).toEqual([undefined, undefined])
    const after = model.calls.filter(({ at }) => at > 126_000 && at < 129_000).map(({ inFlight }) => inFlight)
    expect(Math.min(...after)).toBeGreaterThanOrEqual(14)
  })

  test('does not use up --give-up', async () => {
    const time = new VirtualTime()
    const model = new Model(time, ({ at }) => ({ code: at < 5_000 || at > 400_000 ? 0 : 500, ms: 200 }))
    freeze(time, 20_000, 360_000)
    const { stop, unfinished } = await fetchWatched(time, model, 600, { giveUpMs: 120_000, attempts: 30 })
    expect([stop, unfinished.size]).toEqual([undefined, 0])
  })

  test('does not lower the measured limit', async () => {
    const measured = async (frozenMs: number) => {
      const time = new VirtualTime()
      const limit = new Limit(50, 50)
      const model = new Model(time, ({ at }) => ({ code: limit.lets(at) ? 0 : 302, ms: 50 }))
      freeze(time, 120, frozenMs)
      const { learned, seconds } = await fetchWatched(time, model, 300)
      return { limit: learned.callsPerSecond!, seconds }
    }
    const [usual, frozen] = [await measured(0), await measured(60_000)]
    expect(frozen.limit).toBeGreaterThan(usual.limit * 0.8)
    expect(frozen.limit).toBeLessThan(usual.limit * 1.25)
    expect(frozen.seconds).toBeLessThan(usual.seconds * 1.25)
  })
})

test('a process that is busy learns no limit from answers that it reads late', async () => {
  const time = new VirtualTime()
  const model = new Model(time, () => ({ code: 0, ms: 40 }))
  // Work keeps the events waiting now and then.
  const work = () => {
    time.ms += 600
    time.at(time.ms + 200 + 600 * time.random(), work)
  }
  time.at(2_000, work)
  const { learned } = await fetchWatched(time, model, 6000)
  expect(learned.inFlight).toBeUndefined()
  expect(Math.max(...model.calls.slice(-500).map(({ inFlight }) => inFlight))).toBe(16)
})

test('an upstream that is slow when this process is quick is still noticed', async () => {
  const time = new VirtualTime()
  const model = new Model(time, ({ inFlight }) => ({ code: 0, ms: inFlight > 8 ? 2_000 : 200 }))
  freeze(time, 20_000, 20_000)
  const { learned } = await fetchWatched(time, model, 3000)
  expect(learned.inFlight).toBeGreaterThanOrEqual(6)
  expect(learned.inFlight).toBeLessThanOrEqual(8)
})

test('a run that SIGSTOP suspends goes on with as many calls in flight, and remembers no limit', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  let arrivals = 0
  let open = 0
  const after: number[] = []
  let resumedAt = Infinity
  let middle!: () => void
  const isUnderWay = new Promise<void>((resolve) => (middle = resolve))
  const api = await simulator({
    latencyMs: 100,
    before: () => {
      arrivals += 1
      open += 1
      setTimeout(() => (open -= 1), 100)
      if (arrivals === 200) middle()
      if (arrivals > resumedAt && after.length < 100) after.push(open)
      return undefined
    },
  })
  const list = writeList(
    folder,
    Array.from({ length: 800 }, (_, n) => plainId(n + 1)),
  )
  const { child, ended } = startRun([list], data, api)
  await isUnderWay
  child.kill('SIGSTOP')
  // This is how long the process stands still.
  await delay(2_000)
  resumedAt = arrivals
  child.kill('SIGCONT')
  const { code, stdout, stderr } = await ended
  expect(code, stderr).toBe(0)
  const receipt = JSON.parse(stdout) as Receipt
  expect(receipt.pace.in_flight_limit).toBeNull()
  expect(Math.max(...after)).toBeGreaterThan(10)
  const learned = join(data, 'state', 'learned.json')
  if (existsSync(learned)) expect(readFileSync(learned, 'utf8')).toContain('"in_flight": null')
  const status = JSON.parse(readFileSync(join(data, 'state', 'status.json'), 'utf8')) as Record<string, never>
  const seconds = (Date.parse(status['updated_at']!) - Date.parse(status['started_at']!)) / 1000
  expect(seconds - status['active_seconds']!).toBeGreaterThan(1.7)
  expect(seconds - status['active_seconds']!).toBeLessThan(3)
})
