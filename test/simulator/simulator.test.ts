import { expect, test } from 'vitest'
import { UsageError } from '../../src/core/errors.js'
import type { Resolver } from '../../src/model/resolver.js'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.js'
import { address, callApi, codes, invention, pipeline, start, type Envelope } from './start.js'

const ID = '5f0000000000000001000a01'
const OTHER = '5f0000000000000001000a02'
const numbered = (n: number) => `5f00000000000000${n.toString(16).padStart(8, '0')}`

test('answers in the envelope of the upstream, on loopback only', async () => {
  const simulator = await start({ now: () => Date.UTC(2026, 10, 22, 3, 4, 5, 608) })
  expect(new URL(simulator.url).hostname).toBe('127.0.0.1')
  const answer = await callApi(simulator, ID)
  expect(answer).toEqual({
    status: 200,
    code: 0,
    data: invention.data(ID, 0),
    message: null,
    recordTime: '2026-11-22T11:04:05.608000001',
    requestId: '00000000000000000000000000000001',
  })
})

test('the keys of the answer are in the order of the upstream', async () => {
  const simulator = await start()
  const response = await fetch(address(simulator, ID))
  expect(response.headers.get('content-type')).toBe('application/json;charset=UTF-8')
  const text = await response.text()
  expect(Object.keys(JSON.parse(text) as object)).toEqual(['code', 'data', 'message', 'recordTime', 'requestId'])
})

test('refuses tokens, paths, ids and a missing permission with their codes, without a charge', async () => {
  const simulator = await start({ tokens: ['secret'] })
  expect((await callApi(simulator, ID, 'wrong')).code).toBe(100)
  expect((await callApi(simulator, ID, '')).code).toBe(100)
  expect((await callApi(simulator, '95012345678')).code).toBe(400)
  expect((await callApi(simulator, ID.toUpperCase())).code).toBe(400)
  expect(await (await fetch(`${simulator.url}/api/elsewhere?token=secret`)).json()).toMatchObject({ code: 404 })
  simulator.change({ permission: false })
  expect((await callApi(simulator, ID)).code).toBe(600)
  simulator.change({ permission: true })
  expect((await callApi(simulator, ID)).code).toBe(0)
  expect(simulator.ledger.summary()).toMatchObject({
    calls: 7,
    charged: 1,
    codes: { 0: 1, 100: 2, 400: 2, 404: 1, 600: 1 },
  })
  expect(simulator.ledger.entries.map((entry) => entry.tokenOk)).toEqual([false, false, true, true, false, true, true])
})

test('quota, balance and budget accept as many calls as they cover', async () => {
  let now = Date.UTC(2026, 10, 22, 15, 59, 0)
  const simulator = await start({ quota: 2, now: () => now })
  expect(await codes(simulator, ID, 3)).toEqual([0, 0, 303])
  now += 60_000 // midnight in Shanghai
  expect(await codes(simulator, ID, 3)).toEqual([0, 0, 303])
  simulator.change({ night: 1 })
  expect(await codes(simulator, ID, 3)).toEqual([0, 0, 303])

  simulator.change({ quota: null, balance: 1 })
  expect(await codes(simulator, ID, 2)).toEqual([0, 601])
  simulator.change({ balance: null, budget: 1 })
  expect((await callApi(simulator, ID, 'a')).code).toBe(0)
  expect((await callApi(simulator, ID, 'a')).code).toBe(602)
  expect((await callApi(simulator, ID, 'b')).code).toBe(0)
})

test('calls above the rate get 302, with Retry-After if it is set', async () => {
  const simulator = await start({ ratePerSecond: 0.01, burst: 3, retryAfter: '7' })
  expect(await codes(simulator, ID, 4)).toEqual([0, 0, 0, 302])
  const refused = await fetch(address(simulator, ID))
  expect(refused.status).toBe(200)
  expect(refused.headers.get('retry-after')).toBe('7')
  simulator.change({ ratePerSecond: 1000 })
  expect((await callApi(simulator, ID)).code).toBe(0)
})

test('HTTP statuses match the codes with httpStatus matching', async () => {
  const simulator = await start({ httpStatus: 'matching', tokens: ['secret'] })
  const statuses: Record<string, number> = { '0': (await callApi(simulator, ID)).status }
  for (const code of ['301', '302', '303', '400', '500', '503', '600', '777']) {
    statuses[code] = (await callApi(simulator, `5f00000000000000c0de0${code}`)).status
  }
  statuses['100'] = (await callApi(simulator, ID, 'wrong')).status
  expect(statuses).toEqual({
    0: 200,
    100: 401,
    301: 500,
    302: 429,
    303: 429,
    400: 400,
    500: 500,
    503: 503,
    600: 403,
    777: 200,
  })
})

test('shares hit the same calls of the same ids in any order', async () => {
  const ids = Array.from({ length: 150 }, (_, n) => numbered(n))
  const settings = { shares: { '301': 0.3, '500': 0.1 }, seed: 5 }
  const [one, two] = [await start(settings), await start(settings)]
  const untilAnswered = async (simulator: Simulator, id: string) => {
    const got = [(await callApi(simulator, id)).code]
    while (got.at(-1) !== 0) got.push((await callApi(simulator, id)).code)
    return got.join()
  }
  const first = await Promise.all(ids.map((id) => untilAnswered(one, id)))
  const second = await Promise.all(ids.toReversed().map((id) => untilAnswered(two, id)))
  expect(second.toReversed()).toEqual(first)
  const { calls, charged, codes: counts } = one.ledger.summary()
  expect(charged).toBe(150)
  expect(Math.abs(counts['301']! / calls - 0.3)).toBeLessThan(0.1)
  expect(Math.abs(counts['500']! / calls - 0.1)).toBeLessThan(0.06)
  one.change({ seed: 6 })
  expect(await Promise.all(ids.map((id) => untilAnswered(one, id)))).not.toEqual(first)
})

test('nights make counters grow', async () => {
  const simulator = await start({ night: 3 })
  expect((await callApi(simulator, ID)).data?.fans).toBe(1003)
  simulator.change({ night: 4 })
  expect((await callApi(simulator, ID)).data?.fans).toBe(1004)
})

test('waits for the latency, and charges the call even if the client leaves', async () => {
  const simulator = await start({ latencyMs: 80, jitterMs: 40 })
  const started = performance.now()
  await callApi(simulator, ID)
  expect(performance.now() - started).toBeGreaterThan(75)
  await expect(fetch(address(simulator, OTHER), { signal: AbortSignal.timeout(30) })).rejects.toThrow()
  await expect.poll(() => simulator.ledger.summary().inFlight).toBe(0)
  expect(simulator.ledger.entries.map(({ id, charged, sentWhole }) => ({ id, charged, sentWhole }))).toEqual([
    { id: ID, charged: true, sentWhole: true },
    { id: OTHER, charged: true, sentWhole: false },
  ])
})

test('messages repeat the token, but the ledger never holds it', async () => {
  const simulator = await start({ echoToken: true, tokens: ['se/cret'] })
  const answer = await callApi(simulator, ID, 'se/cret')
  expect(answer.message).toContain('se/cret')
  expect(answer.message).toContain('se%2Fcret')
  const ledger = await (await fetch(`${simulator.url}/__ledger`)).text()
  expect(ledger).not.toContain('cret')
})

test('a hook scripts any call, and the call waits for it', async () => {
  const seen: string[] = []
  const simulator = await start({
    quota: 2,
    before: async ({ arrival, id, token }) => {
      seen.push(`${arrival} ${id} ${token}`)
      if (arrival === 1) return { code: 777, message: 'odd', status: 418, headers: { 'x-odd': '1' } }
      if (arrival === 2) return { code: 0, data: { scripted: true } }
      if (arrival === 3) return { fault: 22 }
      await new Promise((resolve) => setTimeout(resolve, 20))
      return undefined
    },
  })
  const first = await fetch(address(simulator, ID))
  expect(first.status).toBe(418)
  expect(first.headers.get('x-odd')).toBe('1')
  expect(await first.json()).toMatchObject({ code: 777, message: 'odd', data: null })
  expect(await callApi(simulator, ID)).toMatchObject({ code: 0, data: { scripted: true } })
  expect(await (await fetch(address(simulator, ID))).text()).toBe('')
  expect(await codes(simulator, OTHER, 2)).toEqual([0, 303])
  expect(seen[3]).toBe(`4 ${OTHER} secret`)
  expect(simulator.ledger.entries.map((entry) => [entry.code, entry.fault, entry.charged])).toEqual([
    [777, null, false],
    [0, null, true],
    [null, 22, false],
    [0, null, true],
    [303, null, false],
  ])
})

test('a call whose client leaves during the hook is charged, not sent', async () => {
  let release: () => void = () => undefined
  const simulator = await start({
    before: () => new Promise((resolve) => (release = () => resolve(undefined))),
  })
  await expect(fetch(address(simulator, ID), { signal: AbortSignal.timeout(50) })).rejects.toThrow()
  await new Promise((resolve) => setTimeout(resolve, 50))
  release()
  await expect.poll(() => simulator.ledger.summary()).toMatchObject({ calls: 1, charged: 1, inFlight: 0, sentWhole: 0 })
})

test('the ledger counts concurrent calls, and concurrent calls for one id', async () => {
  const simulator = await start({ latencyMs: 30 })
  await Promise.all([callApi(simulator, ID), callApi(simulator, ID), callApi(simulator, OTHER)])
  await expect.poll(() => simulator.ledger.summary()).toMatchObject({ peakInFlight: 3, overlaps: 1, inFlight: 0 })
  expect(Object.fromEntries(simulator.ledger.chargesById())).toEqual({ [ID]: 2, [OTHER]: 1 })
})

test('in counts mode no entry is kept', async () => {
  const simulator = await start({ keep: 'counts' })
  await codes(simulator, ID, 3)
  expect(simulator.ledger.entries).toEqual([])
  expect(simulator.ledger.summary()).toMatchObject({ calls: 3, charged: 3, sentWhole: 3, codes: { 0: 3 } })
})

test('another process reads the ledger and changes the settings over HTTP', async () => {
  const simulator = await start()
  const post = (path: string, body?: string) => fetch(`${simulator.url}${path}`, { method: 'POST', body: body ?? null })
  await callApi(simulator, ID)
  const ledger = (await (await fetch(`${simulator.url}/__ledger`)).json()) as { entries: unknown[] }
  expect(ledger).toMatchObject({
    summary: { calls: 1, charged: 1 },
    entries: [{ seq: 1, id: ID, tokenOk: true, code: 0, fault: null, charged: true, sentWhole: true }],
  })
  const summary = (await (await fetch(`${simulator.url}/__ledger?entries=no`)).json()) as object
  expect(Object.keys(summary)).toEqual(['summary'])

  expect(await (await post('/__night')).json()).toMatchObject({ night: 1 })
  expect(await (await post('/__night?night=7')).json()).toMatchObject({ night: 7 })
  expect(await (await post('/__settings', '{"balance": 0, "latencyMs": 1}')).json()).toMatchObject({ balance: 0 })
  expect((await callApi(simulator, ID)).code).toBe(601)
  expect(await (await fetch(`${simulator.url}/__settings`)).json()).toMatchObject({ night: 7, latencyMs: 1 })

  for (const bad of ['{"latency": 5}', '{"latencyMs": -5}', '{"night": 1.5}', 'no json', '[]']) {
    const refused = await post('/__settings', bad)
    expect(refused.status).toBe(400)
    expect(((await refused.json()) as { error: string }).error).toMatch(/setting/)
  }
  expect((await fetch(`${simulator.url}/__nothing`)).status).toBe(404)
  await post('/__ledger/clear')
  expect(simulator.ledger.summary()).toMatchObject({ calls: 0, charged: 0, codes: {} })
})

test('an invalid setting and a port in use are refused, and the error names them', async () => {
  await expect(startSimulator({ pipeline, latencyMs: -1 })).rejects.toThrow(UsageError)
  const simulator = await start()
  expect(() => simulator.change({ shares: { '301': 2 } })).toThrow(/shares\.301/)
  await expect(startSimulator({ pipeline, port: simulator.port })).rejects.toThrow(`127.0.0.1:${simulator.port}`)
})

test('an endpoint may have the id in its path', async () => {
  const byPath = { ...pipeline, request: (id: string) => ({ path: `/people/${id}/profile`, query: {} }) }
  const simulator = await start({ pipeline: byPath })
  const answer = await fetch(`${simulator.url}/people/${ID}/profile?token=secret`)
  expect(((await answer.json()) as Envelope).data?.id).toBe(ID)
  const missing = await fetch(`${simulator.url}/people/${ID}?token=secret`)
  expect(await missing.json()).toMatchObject({ code: 404 })
})

test('closing drops calls without an answer', async () => {
  const simulator = await startSimulator({ pipeline, latencyMs: 60_000 })
  const response = fetch(address(simulator, ID))
  const failed = expect(response).rejects.toThrow()
  await expect.poll(() => simulator.ledger.summary().calls).toBe(1)
  await simulator.close()
  await failed
})

test('resolvers are endpoints of their own: price, quota, markers; one balance and one ledger', async () => {
  const resolver: Resolver = {
    endpoint: 'find-person',
    kind: 'handle',
    title: 'handle',
    columns: [],
    remedies: {},
    price: 0.1,
    codes: { 301: { kind: 'retry', billed: 'no', meaning: 'busy', says: 'Busy here', status: 503 } },
    request: (input) => ({ path: '/api/test/find/v1', query: { q: input, page: '1' } }),
    read: () => ({ kind: 'miss', reason: 'not_found' }),
    withoutStrangers: () => null,
    simulatedData: () => Promise.resolve((input) => ({ users: [{ handle: input }] })),
  }
  const seen: (string | null)[] = []
  const simulator = await start({
    pipeline: { ...pipeline, resolvers: [resolver] },
    quota: 2,
    before: ({ endpoint }) => void seen.push(endpoint),
  })
  const find = async (input: string) => {
    const response = await fetch(`${simulator.url}/api/test/find/v1?token=secret&page=1&q=${encodeURIComponent(input)}`)
    return (await response.json()) as Envelope
  }
  expect(await find('示例')).toMatchObject({ code: 0, data: { users: [{ handle: '示例' }] } })
  expect(await find('')).toMatchObject({ code: 400 })
  expect(await find('kafeic0de1301')).toMatchObject({ code: 301, message: 'Busy here' })
  expect(await find('kafeic0de1301')).toMatchObject({ code: 0 })
  expect(await find('kafei')).toMatchObject({ code: 303 })
  expect(await codes(simulator, ID, 3)).toEqual([0, 0, 303])
  simulator.change({ quota: null, balance: 1 })
  expect([(await find('kafei')).code, (await callApi(simulator, ID)).code]).toEqual([0, 601])

  expect(seen).toEqual([...Array<string>(5).fill('find-person'), null, null, null, 'find-person', null])
  expect(simulator.ledger.entries[0]).toMatchObject({ endpoint: 'find-person', id: '示例', charged: true, price: 0.1 })
  expect(simulator.ledger.entries[5]).toMatchObject({ endpoint: null, id: ID, charged: true, price: 0.15 })
  expect(simulator.ledger.summary()).toMatchObject({ calls: 10, charged: 5, cost: 0.6 })
  simulator.ledger.clear()
  expect(simulator.ledger.summary()).toMatchObject({ charged: 0, cost: 0 })
})
