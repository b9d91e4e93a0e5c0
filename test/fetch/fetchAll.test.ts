import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LocalError } from '../../src/core/errors.js'
import type { CallLog } from '../../src/fetch/callRunner.js'
import { fetchAll, type FetchEvent, type FetchOptions, type FetchResult } from '../../src/fetch/fetchAll.js'
import type { FetchPolicy } from '../../src/fetch/fetchPolicy.js'
import { openJournal } from '../../src/journal/journal.js'
import { openSegment } from '../../src/journal/segmentReader.js'
import type { Call, CallEnd, DueId, Intent } from '../../src/model/call.js'
import { temporaryFolder } from '../support/folder.js'
import { interpreter } from '../../src/model/interpret.js'
import { MISSING } from '../../src/model/missing.js'
import {
  effects,
  hurried,
  idOf,
  interpret,
  pipeline,
  profileOf,
  refusing,
  send,
  serve,
  serveRaw,
  upstreamAt,
} from './servers.js'

const POLICY: FetchPolicy = { concurrency: 8, attempts: 5, giveUpMs: 600_000, onAmbiguous: 'retry' }
const idsTo = (count: number) => Array.from({ length: count }, (_, index) => idOf(index + 1))

async function* each(ids: Iterable<string>): AsyncGenerator<DueId> {
  for (const id of ids) yield await Promise.resolve({ id })
}

interface Ran extends FetchResult {
  readonly events: FetchEvent[]
  /** The final outcome of each id. */
  readonly done: Record<string, string>
  /** All calls in the journal. */
  readonly kept: Call[]
}

/** A whole fetch against this address, with a real journal and a clock 200 times as fast. */
async function run(
  base: URL,
  ids: Iterable<string>,
  more: Partial<Omit<FetchOptions, 'policy'>> & { policy?: Partial<FetchPolicy>; timeoutMs?: number } = {},
): Promise<Ran> {
  const events: FetchEvent[] = []
  const journal = await openJournal(temporaryFolder(), {
    runId: 'run',
    startedAt: 0,
    pipeline: 'p',
    simulated: true,
    host: base.host,
  })
  const running = fetchAll({
    ids: each(ids),
    upstream: upstreamAt(base, { timeoutMs: more.timeoutMs ?? 10_000 }),
    journal,
    interpret,
    effects: hurried(200),
    onEvent: (event) => events.push(event),
    ...more,
    policy: { ...POLICY, ...more.policy },
  })
  const result = await running.finally(() => journal.close())
  const kept: Call[] = []
  for await (const batch of (await openSegment(journal.path)).calls()) kept.push(...batch)
  const done: Record<string, string> = {}
  for (const event of events) if (event.type === 'done') done[event.id] = event.kind
  return { ...result, events, done, kept }
}

describe('fetching', () => {
  test('makes one call for every id, and keeps each answer', async () => {
    const { base, requests } = await serve((id, _, response) => send(response, profileOf(id)))
    const ids = idsTo(120)
    const { calls, stop, unfinished, done, kept } = await run(base, ids)
    expect({ calls, stop, unfinished }).toEqual({ calls: 120, stop: undefined, unfinished: new Set() })
    expect(requests.sort()).toEqual(ids)
    expect(done).toEqual(Object.fromEntries(ids.map((id) => [id, 'profile'])))
    expect(kept.map((call) => call.kind === 'answer' && Buffer.from(call.body).toString())).toEqual(
      kept.map(({ id }) => JSON.stringify(profileOf(id))),
    )
    expect(kept.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 120 }, (_, index) => index + 1),
    )
  })

  test('makes no call without an id', async () => {
    const { base, requests } = await serve((id, _, response) => send(response, profileOf(id)))
    expect(await run(base, [])).toMatchObject({ calls: 0, unfinished: new Set() })
    expect(requests).toEqual([])
  })

  test('ends each id with its outcome, after its retries', async () => {
    const codes: Record<string, unknown> = {
      [idOf(1)]: { code: 0, data: null },
      [idOf(2)]: { code: 201 },
      [idOf(3)]: { code: 0, data: { userid: idOf(99) } },
      [idOf(4)]: { code: 400 },
      [idOf(5)]: { code: 777 },
      [idOf(6)]: { code: 301 },
      [idOf(7)]: '{"code":0,"da',
    }
    const { base, requests } = await serve((id, _, response) => send(response, codes[id] ?? profileOf(id)))
    const { done, unfinished } = await run(base, idsTo(8))
    expect(done).toEqual({
      [idOf(1)]: 'empty',
      [idOf(2)]: 'empty',
      [idOf(3)]: 'misdelivered',
      [idOf(4)]: 'invalid',
      [idOf(5)]: 'refused',
      [idOf(6)]: 'retry',
      [idOf(7)]: 'ambiguous',
      [idOf(8)]: 'profile',
    })
    expect(unfinished).toEqual(new Set())
    const times = (id: string) => requests.filter((one) => one === id).length
    expect([1, 5, 6, 7].map((number) => times(idOf(number)))).toEqual([1, 1, 5, 2])
  })

  test('fetches a page that is not JSON, or no body, at a 2xx status once more, because each call may be billed', async () => {
    const html = { 'content-type': 'text/html' }
    const pages: Record<string, (response: ServerResponse) => void> = {
      [idOf(2)]: (response) => send(response, '<html>Please log in</html>', 200, html),
      [idOf(4)]: (response) => send(response, '<html>Please log in</html>'),
      [idOf(6)]: (response) => send(response, ''),
      [idOf(8)]: (response) => send(response, ' \n'),
      [idOf(10)]: (response) => response.writeHead(204).end(),
      [idOf(12)]: (response) => send(response, 'null'),
      [idOf(14)]: (response) => send(response, gzipSync(''), 200, { ...html, 'content-encoding': 'gzip' }),
    }
    const { base, requests } = await serve((id, _, response) =>
      pages[id] ? pages[id](response) : send(response, profileOf(id)),
    )
    const { done } = await run(base, idsTo(15))
    for (const id of Object.keys(pages)) {
      expect([id, done[id]]).toEqual([id, 'ambiguous'])
      expect(requests.filter((one) => one === id)).toHaveLength(2)
    }
    const held = await run(base, idsTo(3), { policy: { onAmbiguous: 'hold' } })
    expect([held.done[idOf(2)], held.calls]).toEqual(['ambiguous', 3])
  })

  test('does not retry ambiguous calls that are held', async () => {
    const { base, requests } = await serve((id, _, response) => {
      if (id === idOf(2)) response.socket?.resetAndDestroy()
      else send(response, profileOf(id))
    })
    const { done } = await run(base, idsTo(3), { policy: { onAmbiguous: 'hold' } })
    expect(done[idOf(2)]).toBe('ambiguous')
    expect(requests.filter((id) => id === idOf(2))).toHaveLength(1)
  })
})

describe('slots', () => {
  test.each([1, 3, 8])('never more than %i calls in flight', async (concurrency) => {
    let arrived = 0
    let allThere!: () => void
    const all = new Promise<void>((resolve) => (allThere = resolve))
    const served = await serve(async (id, _, response) => {
      arrived += 1
      // The first call of a run goes alone.
      if (arrived === 1 + concurrency) allThere()
      if (arrived > 1) await all
      send(response, profileOf(id))
    })
    await run(served.base, idsTo(30), { policy: { concurrency } })
    expect(served.mostInFlight).toBe(concurrency)
  })

  test('while ids wait for a retry, other ids are called', async () => {
    // There are as many slots as failing ids: if waiting held a slot, no other call could go.
    const { base, requests } = await serve((id, _, response) => {
      const failing = [idOf(1), idOf(2)].includes(id) && requests.length < 30
      send(response, failing ? { code: 301 } : profileOf(id))
    })
    const { done } = await run(base, idsTo(30), { policy: { concurrency: 2, attempts: 50 }, effects: hurried(5) })
    expect(Object.keys(done)).toHaveLength(30)
    const last = Math.max(requests.lastIndexOf(idOf(1)), requests.lastIndexOf(idOf(2)))
    expect(last).toBeGreaterThanOrEqual(28)
  })

  test('a call is sent when its intent is durable, and its slot is free when its end is', async () => {
    const order: string[] = []
    const { base } = await serve((id, _, response) => {
      order.push(`call ${Number(id.slice(2))}`)
      send(response, profileOf(id))
    })
    const slowly = async (what: string) => {
      await effects.sleep(10)
      order.push(what)
    }
    const journal: CallLog = {
      intent: ({ seq }: Intent) => slowly(`intent ${seq}`),
      end: ({ seq }: CallEnd) => slowly(`end ${seq}`),
    }
    await fetchAll({
      ids: each(idsTo(3)),
      upstream: upstreamAt(base),
      journal,
      interpret,
      effects,
      policy: { ...POLICY, concurrency: 1 },
    })
    expect(order).toEqual([1, 2, 3].flatMap((number) => [`intent ${number}`, `call ${number}`, `end ${number}`]))
  })

  test('ids are taken up no faster than calls are made', async () => {
    const { base } = await serve((id, _, response) => send(response, profileOf(id)))
    let taken = 0
    let done = 0
    let ahead = 0
    async function* many(): AsyncGenerator<DueId> {
      for (const id of idsTo(200)) {
        taken += 1
        ahead = Math.max(ahead, taken - done)
        yield await Promise.resolve({ id })
      }
    }
    const ran = await run(base, [], {
      ids: many(),
      onEvent: (event) => {
        if (event.type === 'done') done += 1
      },
    })
    expect(ran.calls).toBe(200)
    expect(ahead).toBeLessThanOrEqual(3 * POLICY.concurrency)
  })

  test('even when all ids fail, only 1024 wait for a retry', async () => {
    const { base } = await serve((_, __, response) => send(response, { code: 301 }))
    let taken = 0
    async function* endless(): AsyncGenerator<DueId> {
      for (;;) {
        taken += 1
        yield await Promise.resolve({ id: idOf(taken) })
      }
    }
    const warnings: unknown[] = []
    const onWarning = (warning: unknown) => warnings.push(warning)
    process.on('warning', onWarning)
    onTestFinished(() => void process.off('warning', onWarning))
    // No wait ends, so after a while no further call is made.
    const controller = new AbortController()
    const waiting = { ...effects, sleep: (_: number, signal?: AbortSignal) => effects.sleep(3_600_000, signal) }
    let idle: NodeJS.Timeout | undefined
    const ran = await run(base, [], {
      ids: endless(),
      effects: waiting,
      journal: { intent: () => Promise.resolve(), end: () => Promise.resolve() },
      signal: controller.signal,
      onEvent: () => {
        clearTimeout(idle)
        idle = setTimeout(() => controller.abort(), 300)
      },
    })
    clearTimeout(idle)
    expect(ran.calls).toBe(1024)
    expect(taken).toBeLessThanOrEqual(1025)
    expect(ran.unfinished.size).toBe(taken)
    expect(warnings).toEqual([])
  })
})

describe('the first call', () => {
  test('goes alone, and its answer lets the others go', async () => {
    let open = 0
    const alone: number[] = []
    const served = await serve((id, count, response) => {
      open += 1
      setTimeout(() => {
        if (count === 1) alone.push(open)
        send(response, profileOf(id))
      }, 50)
    })
    await run(served.base, idsTo(20))
    expect(alone).toEqual([1])
    expect(served.mostInFlight).toBe(8)
  })

  test('refused, it stays the only one', async () => {
    const { base, requests } = await serve((_, __, response) => send(response, { code: 303, message: 'used up' }))
    const { calls, stop, unfinished, done } = await run(base, idsTo(20))
    expect(requests).toHaveLength(1)
    expect(calls).toBe(1)
    expect(stop).toMatchObject({ reason: 'quota', code: '303', message: 'used up' })
    expect(stop!.at).toBeGreaterThan(Date.now() - 10_000)
    expect(unfinished).toContain(idOf(1))
    expect(done).toEqual({})
  })

  test('in trouble, it is followed by one at a time, until one is answered', async () => {
    const served = await serve((id, count, response) => {
      setTimeout(() => send(response, count <= 4 ? { code: 500 } : profileOf(id)), 20)
    })
    const { done, events } = await run(served.base, idsTo(20))
    expect(Object.values(done)).toEqual(Array(20).fill('profile'))
    const pauses = events.flatMap((event) => (event.type === 'trouble' ? [event.pauseMs] : []))
    expect(pauses).toHaveLength(4)
    expect(pauses[3]).toBeGreaterThan(pauses[0]!)
    expect(pauses[0]).toBeGreaterThanOrEqual(500)
  })
})

describe('what stops a run', () => {
  test.each([
    [100, 'token'],
    [303, 'quota'],
    [404, 'route'],
    [600, 'permission'],
    [601, 'balance'],
    [602, 'balance'],
  ])('code %i in the middle: %s; the calls in flight end, no new call is sent', async (code, reason) => {
    let stopped = false
    let after = 0
    const { base, requests } = await serve((id, count, response) => {
      if (stopped) after += 1
      const latency = count === 50 ? 5 : 30
      setTimeout(() => {
        if (count === 50) stopped = true
        send(response, count === 50 ? { code, message: 'stop' } : profileOf(id))
      }, latency)
    })
    const { stop, kept, done, unfinished, calls } = await run(base, idsTo(150))
    expect(stop).toMatchObject({ reason, code: String(code), message: 'stop' })
    expect(after).toBeLessThanOrEqual(POLICY.concurrency)
    expect(requests.length).toBe(calls)
    // Every call has its end in the journal, and every answer counts.
    expect(kept.filter(({ kind }) => kind === 'unknown')).toEqual([])
    expect(Object.keys(done)).toHaveLength(requests.length - 1)
    expect(unfinished).toContain(requests[49])
    for (const id of unfinished) expect(done[id]).toBeUndefined()
  })

  test('a redirect: the token is not sent to the other host', async () => {
    const elsewhere = await serve((_, __, response) => send(response, 'got it'))
    const { base } = await serve((_, __, response, request) => {
      send(response, '', 302, { location: new URL(request.url ?? '/', elsewhere.base).href })
    })
    const { stop, calls } = await run(base, idsTo(20))
    expect(stop).toMatchObject({ reason: 'redirect' })
    expect(stop!.message).toContain(elsewhere.base.host)
    expect(calls).toBe(1)
    expect(elsewhere.requests).toEqual([])
  })

  test('a signal: no new calls, and the calls in flight are waited for', async () => {
    const controller = new AbortController()
    let after = 0
    const { base, requests } = await serve((id, count, response) => {
      if (controller.signal.aborted) after += 1
      if (count === 30) setTimeout(() => controller.abort(), 10)
      setTimeout(() => send(response, profileOf(id)), 40)
    })
    const { stop, done, kept } = await run(base, idsTo(150), { signal: controller.signal })
    expect(stop).toMatchObject({ reason: 'signal' })
    expect(after).toBeLessThanOrEqual(POLICY.concurrency)
    expect(Object.keys(done)).toHaveLength(requests.length)
    expect(kept.every(({ kind }) => kind === 'answer' || kind === 'no_answer')).toBe(true)
  })

  test('a signal before the start: nothing is sent', async () => {
    const { base, requests } = await serve((id, _, response) => send(response, profileOf(id)))
    const { stop, calls } = await run(base, idsTo(5), { signal: AbortSignal.abort() })
    expect(stop).toMatchObject({ reason: 'signal' })
    expect([calls, requests.length]).toEqual([0, 0])
  })

  test('a signal ends every wait at once', async () => {
    const controller = new AbortController()
    const { base } = await serve((_, __, response) => send(response, { code: 302 }, 429, { 'retry-after': '3600' }))
    const started = performance.now()
    setTimeout(() => controller.abort(), 200)
    const { stop, unfinished, calls } = await run(base, idsTo(20), { signal: controller.signal, effects })
    expect(performance.now() - started).toBeLessThan(3000)
    expect(stop).toMatchObject({ reason: 'signal' })
    expect(calls).toBe(1)
    expect(unfinished).toContain(idOf(1))
  })

  test('ids that cannot be read: the calls in flight end, then the error is thrown', async () => {
    const { base, requests } = await serve((id, _, response) => setTimeout(() => send(response, profileOf(id)), 20))
    let done = 0
    async function* breaking(): AsyncGenerator<DueId> {
      yield* each(idsTo(5))
      throw new Error('no more')
    }
    const running = run(base, [], {
      ids: breaking(),
      onEvent: (event) => {
        if (event.type === 'done') done += 1
      },
    })
    await expect(running).rejects.toThrow('no more')
    expect(done).toBe(requests.length)
  })
})

describe('giving up', () => {
  test('at an address where no server listens', async () => {
    const { stop, kept, done } = await run(await refusing(), idsTo(50), { policy: { giveUpMs: 60_000 } })
    expect(stop).toMatchObject({ reason: 'unreachable', code: 'unsent' })
    expect(stop!.message).toContain('ECONNREFUSED')
    expect(kept.length).toBeLessThan(12)
    expect(Object.keys(done).length).toBeLessThan(5)
  })

  test('at an upstream that only throttles, or only fails', async () => {
    for (const code of [302, 500, 503]) {
      const { base, requests } = await serve((_, __, response) => send(response, { code }))
      const { stop, unfinished } = await run(base, idsTo(50), { policy: { giveUpMs: 60_000 } })
      expect(stop).toMatchObject({ reason: 'unreachable', code: String(code) })
      expect(requests.length).toBeLessThan(12)
      expect(unfinished.size).toBeGreaterThan(0)
    }
  })

  test('not while there are answers, even if all of them are failures', async () => {
    const { base } = await serve((_, __, response) => send(response, { code: 301 }))
    const { stop, done } = await run(base, idsTo(20), { policy: { giveUpMs: 1000 } })
    expect(stop).toBeUndefined()
    expect(Object.values(done)).toEqual(Array(20).fill('retry'))
  })

  test('at once when the certificate is not trusted', async () => {
    const end: CallEnd = {
      kind: 'no_answer',
      ...{ seq: 1, id: idOf(1), attempt: 1, sentAt: 0, receivedAt: 0, ms: 0 },
      fault: 'untrusted',
      detail: 'CERT_HAS_EXPIRED',
    }
    const { stop, calls } = await run(await refusing(), idsTo(20), {
      upstream: { attempt: () => Promise.resolve(end) },
    })
    expect(stop).toMatchObject({ reason: 'unreachable', code: 'untrusted' })
    expect(calls).toBe(1)
  })
})

describe('trouble', () => {
  test('with a few ids does not pause the run', async () => {
    const poisoned = new Set([5, 10, 15, 20, 25, 29, 30].map(idOf))
    const { base } = await serve((id, _, response) => send(response, poisoned.has(id) ? { code: 500 } : profileOf(id)))
    const { done, events } = await run(base, idsTo(30))
    expect(Object.values(done).filter((kind) => kind === 'profile')).toHaveLength(23)
    for (const id of poisoned) expect(done[id]).toBe('retry')
    expect(events.filter(({ type }) => type === 'trouble')).toEqual([])
  })
})

describe('throttling', () => {
  test('a burst makes one pause, the whole run slows down, and no id loses an attempt', async () => {
    const crowd: (() => void)[] = []
    const { base } = await serve((id, count, response) => {
      if (count <= 20 || count > 29) {
        send(response, profileOf(id))
        return
      }
      // All slots are throttled at once, and so is the single call after the pause.
      crowd.push(() => send(response, { code: 302 }, 429))
      if (crowd.length === POLICY.concurrency || count === 29) for (const answer of crowd.splice(0)) answer()
    })
    const { done, stop, events, calls } = await run(base, idsTo(60), { policy: { attempts: 1 } })
    expect(stop).toBeUndefined()
    expect(Object.values(done)).toEqual(Array(60).fill('profile'))
    const throttled = events.filter((event) => event.type === 'end' && event.kind === 'throttled')
    expect(throttled).toHaveLength(9)
    expect(calls).toBe(69)
    const pauses = events.flatMap((event) => (event.type === 'throttled' ? [event.pauseMs] : []))
    expect(pauses).toHaveLength(2)
    expect(pauses[1]).toBeGreaterThanOrEqual(1000)
  })

  test('pauses grow while it goes on, and follow Retry-After up to a cap', async () => {
    const pausesOf = async (retryAfter: string): Promise<number[]> => {
      const { base } = await serve((id, count, response) =>
        count <= 6 ? send(response, '', 429, { 'retry-after': retryAfter }) : send(response, profileOf(id)),
      )
      const { events, done } = await run(base, idsTo(3), { effects: hurried(5000), policy: { giveUpMs: 1e9 } })
      expect(Object.keys(done)).toHaveLength(3)
      return events.flatMap((event) => (event.type === 'throttled' ? [event.pauseMs] : []))
    }
    const junk = await pausesOf('soon')
    expect(junk).toHaveLength(6)
    expect(junk[0]).toBeGreaterThanOrEqual(500)
    expect(junk[0]).toBeLessThanOrEqual(1000)
    expect(junk[5]).toBeGreaterThanOrEqual(15_000)
    expect(junk[5]).toBeLessThanOrEqual(30_000)
    expect(Math.max(...(await pausesOf('60')))).toBeCloseTo(60_000, 3)
    expect(Math.max(...(await pausesOf('1000000000')))).toBeCloseTo(300_000, 3)
  })
})

describe('caps', () => {
  test.each([0, 1, 7, 50])('--max-calls %i counts every call, retries included', async (maxCalls) => {
    const { base, requests } = await serve((id, count, response) =>
      send(response, count % 3 === 0 ? { code: 301 } : profileOf(id)),
    )
    const { calls, stop, done, unfinished } = await run(base, idsTo(100), { policy: { maxCalls } })
    expect(requests).toHaveLength(maxCalls)
    expect(calls).toBe(maxCalls)
    expect(stop).toMatchObject({ reason: 'cap' })
    expect(unfinished.size).toBeGreaterThan(0)
    for (const id of Object.keys(done)) expect(unfinished).not.toContain(id)
  })

  test('a cap that is just enough stops nothing', async () => {
    const { base } = await serve((id, _, response) => send(response, profileOf(id)))
    const { stop, done } = await run(base, idsTo(30), { policy: { maxCalls: 30, budget: { calls: 30 } } })
    expect(stop).toBeUndefined()
    expect(Object.keys(done)).toHaveLength(30)
  })

  test('a budget counts calls billed, maybe billed and in flight; the share of a free call goes back', async () => {
    let billed = 0
    let inFlight = 0
    let most = 0
    const { base } = await serve((id, count, response) => {
      inFlight += 1
      most = Math.max(most, billed + inFlight)
      setTimeout(() => {
        const free = count % 2 === 0
        inFlight -= 1
        if (!free) billed += 1
        send(response, free ? { code: 301 } : profileOf(id))
      }, 5)
    })
    const { stop, kept, done } = await run(base, idsTo(80), { policy: { budget: { calls: 40 }, attempts: 100 } })
    expect(stop).toMatchObject({ reason: 'cap' })
    expect(most).toBeLessThanOrEqual(40)
    expect(Object.keys(done)).toHaveLength(40)
    expect(kept.length).toBeGreaterThan(60)
  })

  test('a call keeps its share of the budget until its end is durable: after a crash it may have been billed', async () => {
    const { base } = await serve((_, __, response) => send(response, { code: 301 }))
    let open = 0
    let most = 0
    const journal: CallLog = {
      intent() {
        open += 1
        most = Math.max(most, open)
        return Promise.resolve()
      },
      async end() {
        await new Promise((resolve) => setTimeout(resolve, 20))
        open -= 1
      },
    }
    await run(base, idsTo(20), { journal, policy: { budget: { calls: 3 }, attempts: 1 } })
    expect(most).toBe(3)
  })

  test('a call that may have been billed counts', async () => {
    const { base, requests } = await serve((id, count, response) => {
      if (count > 1) response.socket?.destroy()
      else send(response, profileOf(id))
    })
    const { stop } = await run(base, idsTo(50), { policy: { budget: { calls: 10 } } })
    expect(stop).toMatchObject({ reason: 'cap' })
    expect(requests).toHaveLength(10)
  })
})

describe('a rate', () => {
  test('is kept evenly, without a burst at the start', async () => {
    const times: number[] = []
    const { base } = await serve((id, _, response) => {
      times.push(performance.now())
      send(response, profileOf(id))
    })
    await run(base, idsTo(30), { policy: { ratePerSecond: 100 }, effects })
    // With a burst at the start the whole would be shorter. A test in virtual time checks each second.
    expect(times.at(-1)! - times[0]!).toBeGreaterThanOrEqual(280)
  })

  test('is kept by a process that was frozen', async () => {
    let jump = 0
    const frozen = { ...effects, elapsed: () => effects.elapsed() + jump }
    let wokenAt = Infinity
    let last = 0
    const { base } = await serve((id, count, response) => {
      last = performance.now()
      if (count === 5) {
        jump = 3_600_000
        wokenAt = last
      }
      send(response, profileOf(id))
    })
    await run(base, idsTo(20), { policy: { ratePerSecond: 50 }, effects: frozen })
    expect(last - wokenAt).toBeGreaterThanOrEqual(13 * 20)
  })
})

describe('a journal that fails', () => {
  const failing = (when: (what: 'intent' | 'end', seq: number) => boolean): CallLog & { ends: number } => {
    let broken = false
    const keep = (what: 'intent' | 'end', seq: number): Promise<void> => {
      broken ||= when(what, seq)
      if (broken) return Promise.reject(new LocalError('disk full: /somewhere'))
      if (what === 'end') log.ends += 1
      return Promise.resolve()
    }
    const log = {
      ends: 0,
      intent: (intent: Intent) => keep('intent', intent.seq),
      end: (end: CallEnd) => keep('end', end.seq),
    }
    return log
  }

  test.each([
    ['an end', (what: string, seq: number) => what === 'end' && seq === 40],
    ['an intent', (what: string, seq: number) => what === 'intent' && seq === 40],
    ['the first intent', () => true],
  ])('at %s: no further call is sent, the calls in flight end, and its error is thrown', async (_, when) => {
    let failed = false
    let after = 0
    let open = 0
    const { base } = await serve((id, __, response) => {
      open += 1
      if (failed) after += 1
      setTimeout(() => {
        open -= 1
        send(response, profileOf(id))
      }, 20)
    })
    const journal = failing((what, seq) => {
      failed ||= when(what, seq)
      return failed
    })
    await expect(run(base, idsTo(150), { journal })).rejects.toThrow(LocalError)
    expect(open).toBe(0)
    expect(after).toBeLessThanOrEqual(POLICY.concurrency)
  })
})

test('a run that stops between an intent and its call writes that end to the journal', async () => {
  const controller = new AbortController()
  const { base, requests } = await serve((id, _, response) => send(response, profileOf(id)))
  const ends: CallEnd[] = []
  const journal: CallLog = {
    intent: async ({ seq }) => {
      if (seq === 2) controller.abort()
      await effects.sleep(5)
    },
    end: (end) => {
      ends.push(end)
      return Promise.resolve()
    },
  }
  const { unfinished, calls } = await run(base, idsTo(5), {
    journal,
    signal: controller.signal,
    policy: { concurrency: 1 },
  })
  expect(requests).toHaveLength(1)
  expect(calls).toBe(1)
  expect(ends).toMatchObject([
    { seq: 1, kind: 'answer' },
    { seq: 2, kind: 'no_answer', fault: 'withdrawn' },
  ])
  expect(unfinished).toContain(idOf(2))
})

test('a bug in the upstream or in the interpretation ends the run, after all calls have ended', async () => {
  const { base } = await serve((id, _, response) => send(response, profileOf(id)))
  const broken = () => {
    throw new TypeError('a bug')
  }
  await expect(run(base, idsTo(50), { interpret: broken })).rejects.toThrow('a bug')
  await expect(run(base, idsTo(50), { upstream: { attempt: broken } })).rejects.toThrow('a bug')
})

test('calls that time out are ambiguous, are tried once more, and do not delay the others', async () => {
  const base = await serveRaw((socket, data) => {
    const id = /userId=(\w+)/.exec(data)?.[1] ?? ''
    if (id === idOf(3)) return
    const body = JSON.stringify(profileOf(id))
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  })
  const { done, kept } = await run(base, idsTo(40), { timeoutMs: 300 })
  expect(Object.values(done).filter((kind) => kind === 'profile')).toHaveLength(39)
  expect(done[idOf(3)]).toBe('ambiguous')
  expect(kept.filter(({ id }) => id === idOf(3))).toMatchObject([
    { attempt: 1, fault: 'timeout' },
    { attempt: 2, fault: 'timeout' },
  ])
})

test('no event and no rejection comes after the return', async () => {
  const { base } = await serve((id, count, response) => send(response, count % 5 === 0 ? { code: 301 } : profileOf(id)))
  const rejections: unknown[] = []
  const onRejection = (reason: unknown) => rejections.push(reason)
  process.on('unhandledRejection', onRejection)
  onTestFinished(() => void process.off('unhandledRejection', onRejection))
  const controller = new AbortController()
  let seen = 0
  await run(base, idsTo(200), {
    signal: controller.signal,
    onEvent: () => {
      seen += 1
      if (seen === 150) controller.abort()
    },
  })
  const before = seen
  await effects.sleep(100)
  await Promise.race([once(process, 'noop'), effects.sleep(1)])
  expect(seen).toBe(before)
  expect(rejections).toEqual([])
})

describe('where a code may mean that the endpoint does not have the id', () => {
  const rule = { kind: 'missing', billed: 'no', meaning: 'not there' } as const
  const maybeMissing = interpreter({ ...pipeline, codes: { 301: rule, 500: rule } })
  const isMissing = (id: string) => Number(id.slice(-1)) % 2 === 1

  test('such ids get two calls, and neither pause nor stop a run in which others succeed', async () => {
    const { base, requests } = await serve((id, count, response) =>
      send(response, isMissing(id) ? { code: count % 2 ? 301 : 500, data: null } : profileOf(id)),
    )
    const { stop, done, events, useless } = await run(base, idsTo(60), { interpret: maybeMissing })
    expect(stop).toBeUndefined()
    expect(useless).toBe(false)
    expect(Object.values(done).filter((kind) => kind === 'missing')).toHaveLength(30)
    expect(requests).toHaveLength(30 + 2 * 30)
    expect(events.filter(({ type }) => type === 'trouble')).toEqual([])
  })

  test('a run in which none succeeds pauses after many of them, and gives up in time', async () => {
    const { base, requests } = await serve((_, __, response) => send(response, { code: 301, data: null }))
    const policy = { giveUpMs: 60_000 }
    const { stop, events } = await run(base, idsTo(300), { interpret: maybeMissing, policy })
    expect(stop).toMatchObject({ reason: 'unreachable', code: '301' })
    expect(events.some(({ type }) => type === 'trouble')).toBe(true)
    expect(requests.length).toBeGreaterThan(MISSING.inARow)
    expect(requests.length).toBeLessThan(2.5 * MISSING.inARow)
  })

  test('a run whose known creators are missing stops as useless', async () => {
    const { base } = await serve((id, _, response) =>
      send(response, id === idOf(1) ? profileOf(id) : { code: 301, data: null }),
    )
    const ids = (async function* (): AsyncGenerator<DueId> {
      for (const id of idsTo(60)) yield await Promise.resolve({ id, last: 'profile' as const })
    })()
    const { stop, useless } = await run(base, [], { ids, interpret: maybeMissing })
    expect(useless).toBe(true)
    expect(stop).toMatchObject({ reason: 'unreachable', code: 'useless' })
  })
})
