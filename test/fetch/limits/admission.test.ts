import { describe, expect, test } from 'vitest'
import { idOf } from '../servers.js'
import { fetchIn, Limit, Model, VirtualTime, type Run } from '../virtual.js'

/** A latency within a quarter of this. */
const around = (time: VirtualTime, ms: number) => ms * (0.75 + time.random() / 2)

/** An upstream with this limit. */
function limited(time: VirtualTime, limit: Limit, ms = 200, retryAfter?: (at: number) => string): Model {
  return new Model(time, ({ at }) => {
    const code = limit.lets(at) ? 0 : 302
    return { code, ms: around(time, ms), ...(code === 302 && retryAfter ? { retryAfter: retryAfter(at) } : {}) }
  })
}

const pausesOf = ({ events }: Run, type: 'throttled' | 'trouble') =>
  events.flatMap((event) => (event.type === type ? [event.pauseMs] : []))

/** The largest number of calls in any second, wherever it begins. */
function mostInASecond({ calls }: Model): number {
  let from = 0
  return calls.reduce((most, { at }, to) => {
    while (calls[from]!.at <= at - 1000) from += 1
    return Math.max(most, to - from + 1)
  }, 0)
}

/** The share of the allowed calls that was used, the burst included. */
function shareOf(model: Model, { perSecond, burst }: Limit): number {
  const seconds = (model.calls.at(-1)!.at - model.calls[0]!.at) / 1000
  return model.count(0) / (burst + perSecond * seconds)
}

describe('an unknown limit', () => {
  test.each([
    { perSecond: 50, burst: 50, latency: 200, concurrency: 32, share: 0.92, refused: 0.03 },
    { perSecond: 50, burst: 50, latency: 20, concurrency: 16, share: 0.92, refused: 0.03 },
    { perSecond: 50, burst: 5, latency: 20, concurrency: 32, share: 0.75, refused: 0.03 },
    { perSecond: 5, burst: 5, latency: 1000, concurrency: 16, share: 0.9, refused: 0.04 },
  ])(
    'is found: $perSecond/s, $burst at once, $latency ms',
    async ({ perSecond, burst, latency, concurrency, share, refused }) => {
      const time = new VirtualTime()
      const limit = new Limit(perSecond, burst)
      const model = limited(time, limit, latency)
      const ids = perSecond * 40
      const { learned, unfinished } = await fetchIn(time, model, ids, { concurrency })
      expect(unfinished.size).toBe(0)
      expect(model.count(0)).toBe(ids)
      expect(shareOf(model, limit)).toBeGreaterThan(share)
      expect(model.count(302) / model.calls.length).toBeLessThan(refused + concurrency / ids)
      expect(learned.callsPerSecond).toBeGreaterThan(perSecond * 0.85)
      expect(learned.callsPerSecond).toBeLessThan(perSecond * 1.15)
    },
  )

  test('once learned, is where the next run starts', async () => {
    const time = new VirtualTime()
    const limit = new Limit(50, 50)
    const model = limited(time, limit)
    const { learned } = await fetchIn(time, model, 2000, {}, { learned: { callsPerSecond: 50 } })
    expect(shareOf(model, limit)).toBeGreaterThan(0.96)
    expect(model.count(302) / model.calls.length).toBeLessThan(0.01)
    expect(learned.callsPerSecond).toBeCloseTo(50, -1)
  })

  test('is followed when it falls and when it rises', async () => {
    const time = new VirtualTime()
    const limit = new Limit(50, 50)
    const model = limited(time, limit)
    const controller = new AbortController()
    const become = (perSecond: number) => {
      limit.perSecond = perSecond
      limit.burst = perSecond
    }
    time.at(20_000, () => become(20))
    time.at(40_000, () => become(50))
    time.at(80_000, () => controller.abort())
    await fetchIn(time, model, 1e6, {}, { signal: controller.signal })
    expect(model.count(0) / (50 + 20 * 50 + 20 * 20 + 40 * 50)).toBeGreaterThan(0.85)
    expect(model.count(302) / model.calls.length).toBeLessThan(0.05)
    expect(model.count(0, 70_000) / 10).toBeGreaterThan(45)
  })

  test('that was learned and no longer holds is left behind', async () => {
    const time = new VirtualTime()
    const model = limited(time, new Limit(1e6, 1e6))
    await fetchIn(time, model, 3000, {}, { learned: { callsPerSecond: 20 } })
    expect(model.count(302)).toBe(0)
    expect(mostInASecond(model)).toBeGreaterThan(100)
  })

  test('that does not exist sets no pace', async () => {
    const time = new VirtualTime()
    const model = new Model(time, () => ({ code: 0, ms: around(time, 1000) }))
    const { learned, seconds } = await fetchIn(time, model, 1000, { concurrency: 100 })
    expect(learned).toEqual({ callsPerSecond: undefined, inFlight: undefined })
    // The first call goes alone, and the last ones wait for each other.
    expect(seconds).toBeLessThan(10 + 2.5)
  })
})

describe('a burst of refusals', () => {
  test('makes one pause, in which nothing is sent', async () => {
    const time = new VirtualTime()
    const model = limited(time, new Limit(50, 50))
    const { events } = await fetchIn(time, model, 300)
    const first = model.calls.find(({ code }) => code === 302)!
    const pauses = events.filter(({ type }) => type === 'throttled')
    const refusals = events.filter((event) => event.type === 'end' && event.kind === 'throttled')
    expect(refusals.length).toBeGreaterThan(5)
    expect(pauses.length).toBeLessThanOrEqual(3)
    // Calls go on until the first refusal arrives. Then no call goes for the shortest pause.
    const gaps = model.calls.flatMap(({ at }, n) => (at > first.at ? [at - model.calls[n - 1]!.at] : []))
    expect(Math.max(...gaps)).toBeGreaterThanOrEqual(500 - 250)
    expect(model.calls.filter(({ at, code }) => code === 302 && at < first.at + 300).length).toBeLessThanOrEqual(32)
  })

  test.each([
    ['seconds', () => '7', 7_000],
    ['an HTTP date', (at: number) => new Date(Math.ceil(at / 1000) * 1000 + 7_000).toUTCString(), 7_000],
    ['more than the longest wait', () => '1000000000', 300_000],
    ['junk', () => 'soon', 500],
    ['a negative number', () => '-1', 500],
  ])('with Retry-After as %s waits as long, once', async (_, retryAfter, ms) => {
    const time = new VirtualTime()
    const model = limited(time, new Limit(50, 20), 200, retryAfter)
    const run = await fetchIn(time, model, 60, { giveUpMs: 1e9 })
    const [pause] = pausesOf(run, 'throttled')
    expect(pause).toBeGreaterThanOrEqual(ms - 250)
    expect(pause).toBeLessThanOrEqual(ms + 1000)
    const quiet = Math.max(...model.calls.slice(1).map(({ at }, n) => at - model.calls[n]!.at))
    expect(quiet).toBeGreaterThanOrEqual(ms - 250)
    expect(run.unfinished.size).toBe(0)
  })

  test('that never ends is met by single calls, further and further apart, until the run gives up', async () => {
    const time = new VirtualTime()
    const model = new Model(time, ({ at }) => ({ code: at < 5_000 ? 0 : 302, ms: 100 }))
    const { stop } = await fetchIn(time, model, 1e6, { concurrency: 8, giveUpMs: 600_000 })
    expect(stop).toMatchObject({ reason: 'unreachable', code: '302' })
    expect(model.calls.at(-1)!.at).toBeGreaterThan(600_000)
    expect(model.calls.at(-1)!.at).toBeLessThan(607_000)
    expect(model.count(302)).toBeLessThan(50)
  })
})

describe('calls in flight', () => {
  test.each([
    { capacity: 40, concurrency: 400, ids: 15_000, share: 0.88 },
    { capacity: 40, concurrency: 100, ids: 15_000, share: 0.78 },
    { capacity: 120, concurrency: 400, ids: 15_000, share: 0.68 },
    { capacity: 300, concurrency: 400, ids: 30_000, share: 0.62 },
    { capacity: 40, concurrency: 40, ids: 4_000, share: 0.97 },
  ])('beyond $capacity they take ten times as long: $concurrency allowed', async (given) => {
    const { capacity, concurrency, ids, share } = given
    const time = new VirtualTime()
    const model = new Model(time, ({ inFlight }) => {
      return { code: 0, ms: around(time, 200) * (inFlight > capacity ? 10 : 1) }
    })
    const { seconds } = await fetchIn(time, model, ids, { concurrency })
    expect(ids / seconds / (capacity / 0.2)).toBeGreaterThan(share)
    const late = model.calls.slice(-2000).map(({ inFlight }) => inFlight)
    expect(late.sort((a, b) => a - b)[1000]).toBeLessThanOrEqual(capacity)
    expect(late[1000]).toBeGreaterThan(capacity * 0.92)
  })

  test('start at the learned limit in the next run', async () => {
    const time = new VirtualTime()
    const model = new Model(time, ({ inFlight }) => ({ code: 0, ms: around(time, 200) * (inFlight > 40 ? 10 : 1) }))
    const first = await fetchIn(time, model, 4000, { concurrency: 64 })
    expect(first.learned.inFlight).toBeGreaterThan(30)
    expect(first.learned.inFlight).toBeLessThanOrEqual(40)
    const before = model.calls.length
    const few = await fetchIn(time, model, 20, { concurrency: 4 }, { learned: first.learned })
    expect(few.learned.inFlight).toBe(first.learned.inFlight)
    await fetchIn(time, model, 1000, { concurrency: 64 }, { learned: first.learned })
    expect(Math.max(...model.calls.slice(before, before + 200).map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(40)
  })

  test('stay as many when the upstream is slow for another reason', async () => {
    const time = new VirtualTime()
    const model = new Model(time, ({ at }) => ({ code: 0, ms: around(time, at < 20_000 ? 200 : 2000) }))
    const { learned } = await fetchIn(time, model, 8500, { concurrency: 64 })
    expect(learned.inFlight).toBeUndefined()
    const after = model.calls.filter(({ at }) => at > 35_000).map(({ inFlight }) => inFlight)
    expect(after.length).toBeGreaterThan(1000)
    expect(Math.min(...after)).toBeGreaterThan(50)
  })

  test.each([
    ['spread evenly', (time: VirtualTime) => 500 + 1000 * time.random()],
    ['mostly short, some very long', (time: VirtualTime) => (time.random() < 0.9 ? 300 : 5000)],
  ])('stay as many with latencies %s', async (_, ms) => {
    const time = new VirtualTime()
    const model = new Model(time, () => ({ code: 0, ms: ms(time) }))
    const { learned } = await fetchIn(time, model, 3000, { concurrency: 100 })
    expect(learned.inFlight).toBeUndefined()
    expect(Math.min(...model.calls.slice(500).map(({ inFlight }) => inFlight))).toBeGreaterThan(90)
  })
})

describe('a rate', () => {
  test('is kept in every second, and is reached', async () => {
    for (const ratePerSecond of [10, 2.5, 100]) {
      const time = new VirtualTime()
      const model = new Model(time, () => ({ code: 0, ms: around(time, 50) }))
      // Timers are up to 10 ms late.
      const late = (ms: number, signal?: AbortSignal) => time.sleep(ms + 10 * time.random(), signal)
      const effects = { ...time.effects, sleep: late }
      const { seconds } = await fetchIn(time, model, 40 * ratePerSecond, { ratePerSecond }, { effects })
      expect(mostInASecond(model)).toBeLessThanOrEqual(Math.ceil(ratePerSecond))
      expect(seconds).toBeLessThan(40 * 1.03)
    }
  })

  test('is kept when the disk stalls: the calls that it held back do not go all at once', async () => {
    const time = new VirtualTime()
    const model = new Model(time, () => ({ code: 0, ms: around(time, 50) }))
    const stalls = async () => {
      if (time.ms >= 2_000 && time.ms < 3_000) await time.sleep(3_000 - time.ms)
    }
    const journal = { intent: stalls, end: () => Promise.resolve() }
    await fetchIn(time, model, 100, { ratePerSecond: 10, concurrency: 32 }, { journal })
    expect(mostInASecond(model)).toBeLessThanOrEqual(10)
    expect(model.calls).toHaveLength(100)
  })

  test.each([[undefined], [20]])('a process that was frozen does not send a burst (rate %s)', async (ratePerSecond) => {
    const time = new VirtualTime()
    const limit = new Limit(50, 50)
    const model = limited(time, limit)
    let frozen: number | undefined
    time.at(30_000, () => (frozen = time.ms += 300_000))
    const policy = { concurrency: 16, ...(ratePerSecond ? { ratePerSecond } : {}) }
    await fetchIn(time, model, 2000, policy, { learned: { callsPerSecond: 50 } })
    const woken = model.calls.filter(({ at }) => at >= frozen! && at < frozen! + 1000)
    expect(woken.length).toBeLessThanOrEqual(ratePerSecond ?? 50 + 5)
    expect(woken.length).toBeGreaterThan(5)
    if (ratePerSecond) expect(mostInASecond(model)).toBeLessThanOrEqual(ratePerSecond)
    expect(model.count(302) / model.calls.length).toBeLessThan(0.02)
  })

  test('a budget that is in use wastes no turns', async () => {
    const time = new VirtualTime()
    let n = 0
    // Half of the calls are not billed, so their share of the budget comes back.
    const model = new Model(time, () => ({ code: (n += 1) % 2 === 0 ? 301 : 0, ms: 2_000 }))
    const policy = { ratePerSecond: 10, concurrency: 32, attempts: 100, budget: { calls: 30 } }
    const { stop } = await fetchIn(time, model, 1000, policy)
    expect(stop).toMatchObject({ reason: 'cap' })
    expect(model.count(0)).toBe(30)
    expect(mostInASecond(model)).toBeLessThanOrEqual(10)
    // Whenever a share comes back, a call goes at once: no turn passes without a call.
    const seconds = model.calls.at(-1)!.at / 1000
    expect(seconds).toBeLessThan(20)
  })
})

describe('an upstream that is down', () => {
  test('that bills useless answers is not paid for all ids; a useless answer now and then does not stop the run', async () => {
    const time = new VirtualTime()
    let n = 0
    const bought = async (useless: (n: number) => boolean) => {
      n = 0
      const model = new Model(time, () => ({ code: useless((n += 1)) ? 999 : 0, ms: around(time, 50) }))
      const { stop } = await fetchIn(time, model, 1000, { concurrency: 8 })
      return { stop, calls: model.calls.length }
    }
    const all = await bought(() => true)
    expect(all.stop).toMatchObject({ reason: 'unreachable', code: '999' })
    expect(all.calls).toBeLessThanOrEqual(50 + 8)
    expect(await bought((call) => call % 40 > 0)).toEqual({ stop: undefined, calls: 1000 })
  })

  test('for ten minutes gets single calls, few of them retries, and then all goes on', async () => {
    const time = new VirtualTime()
    const isDown = (at: number) => at >= 20_000 && at < 620_000
    const model = new Model(time, ({ at }) => ({ code: isDown(at) ? null : 0, ms: around(time, 200) }))
    const { stop, unfinished } = await fetchIn(time, model, 3000, { concurrency: 16, giveUpMs: 1_200_000 })
    expect(stop).toBeUndefined()
    expect(unfinished.size).toBe(0)
    const during = model.calls.filter(({ at }) => isDown(at))
    expect(during.length).toBeGreaterThan(30)
    expect(during.length).toBeLessThan(80)
    expect(during.filter(({ attempt }) => attempt > 1).length).toBeLessThanOrEqual(10)
    // The calls in flight and the single calls may have been billed, so each was tried only once more.
    expect(model.count(0)).toBeGreaterThan(3000 - 20)
    // The longest pause bounds the time until the run sees that the upstream is back.
    expect(model.calls.find(({ at }) => at >= 620_000)!.at).toBeLessThan(651_000)
  })

  test('most of the time gets less than a tenth of retries', async () => {
    const time = new VirtualTime()
    const controller = new AbortController()
    time.at(1_200_000, () => controller.abort())
    const model = new Model(time, ({ at }) => ({ code: at > 10_000 && at % 60_000 > 10_000 ? 500 : 0, ms: 200 }))
    await fetchIn(time, model, 1e6, { concurrency: 16, giveUpMs: 1e9 }, { signal: controller.signal })
    const after = model.calls.filter(({ at }) => at > 10_000)
    expect(after.length).toBeGreaterThan(300)
    expect(after.filter(({ attempt }) => attempt > 1).length / after.length).toBeLessThan(0.1)
  })

  test('at every second call still answers all ids in the end, without a standstill', async () => {
    const time = new VirtualTime()
    const model = new Model(time, () => ({ code: time.random() < 0.5 ? 500 : 0, ms: 200 }))
    const { stop, seconds, unfinished } = await fetchIn(time, model, 600, { concurrency: 8, attempts: 30 })
    expect(stop).toBeUndefined()
    expect(unfinished.size).toBe(0)
    expect(model.count(0)).toBe(600)
    expect(seconds).toBeLessThan(300)
  })

  test('for good makes the run give up, --give-up after the last answer', async () => {
    for (const code of [null, 500, 503]) {
      const time = new VirtualTime()
      const model = new Model(time, ({ at }) => ({ code: at < 5_000 ? 0 : code, ms: 200 }))
      const { stop } = await fetchIn(time, model, 1e6, { concurrency: 16, giveUpMs: 120_000 })
      expect(stop).toMatchObject({ reason: 'unreachable' })
      expect(stop!.at).toBeGreaterThanOrEqual(125_000)
      expect(stop!.at).toBeLessThan(127_000)
      expect(model.count(code)).toBeLessThan(45)
    }
  })

  test('meets less than all slots when it is back', async () => {
    const time = new VirtualTime()
    const model = new Model(time, ({ at }) => ({ code: at > 5_000 && at < 15_000 ? null : 0, ms: 200 }))
    await fetchIn(time, model, 5000, { concurrency: 64 })
    const back = model.calls.findIndex(({ at, code }) => at >= 15_000 && code === 0)
    expect(Math.max(...model.calls.slice(back, back + 40).map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(32)
    expect(Math.max(...model.calls.slice(-1000).map(({ inFlight }) => inFlight))).toBe(64)
  })
})

describe('retries of ids in trouble', () => {
  test('take from a budget of 5 that answers fill and refusals do not', async () => {
    const troubled = new Set([2, 3, 4, 5, 6, 7].map(idOf))
    /** Retries of the six ids within half an hour in which every other call gets this code. */
    const retriesWhile = async (code: number) => {
      const time = new VirtualTime()
      const called = new Set<string>()
      const model = new Model(time, ({ at, id }) => {
        const isFirst = !called.has(id)
        called.add(id)
        if (troubled.has(id) && isFirst) return { code: 500, ms: 200 }
        return { code: id === idOf(1) || at >= 1_800_000 ? 0 : code, ms: 200 }
      })
      const { unfinished } = await fetchIn(time, model, 300, { concurrency: 16, giveUpMs: 1e9 })
      expect(unfinished.size).toBe(0)
      return model.calls.filter(({ id, at, attempt }) => troubled.has(id) && attempt > 1 && at < 1_800_000).length
    }
    expect(await retriesWhile(302)).toBe(5)
    expect(await retriesWhile(0)).toBe(6)
  })
})

test.each([303, 601, 602, 100, 600, 404])('after code %i no call is sent but those in flight', async (code) => {
  for (const k of [1, 70, 500]) {
    const time = new VirtualTime()
    let n = 0
    const model = new Model(time, () => ({ code: (n += 1) >= k ? code : 0, ms: around(time, 200) }))
    const { stop } = await fetchIn(time, model, 2000, { concurrency: 64 })
    expect(stop).toMatchObject({ code: String(code) })
    expect(model.calls.length - k).toBeLessThanOrEqual(k === 1 ? 0 : 64)
  }
})
