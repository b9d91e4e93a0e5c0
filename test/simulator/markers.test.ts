import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { request } from 'undici'
import { expect, test } from 'vitest'
import { faults } from '../../src/simulator/faults.js'
import { markers } from '../../src/simulator/markers.js'
import type { Simulator } from '../../src/simulator/simulator.js'
import { address, callApi, codes, invention, start } from './start.js'

/** An id with the marker of fault `number`, for its first `times` calls; 0: for all. */
function faulty(number: number, times = 0): string {
  return `5f00000000000000fa17${times}${String(number).padStart(3, '0')}`
}

test('the examples and the ids of these tests are 24 hex digits', () => {
  for (const { example } of Object.values(markers)) expect(example).toMatch(/^[0-9a-f]{24}$/)
  expect(faulty(5)).toMatch(/^[0-9a-f]{24}$/)
})

test('a code marker gives its code K times, then the usual answer, and again in the next night', async () => {
  const simulator = await start()
  expect(await codes(simulator, '5f00000000000000c0de2301', 4)).toEqual([301, 301, 0, 0])
  expect(await codes(simulator, '5f00000000000000c0de0400', 4)).toEqual([400, 400, 400, 400])
  expect(await codes(simulator, 'c0de15030000000000000001', 2)).toEqual([503, 0])
  simulator.change({ night: 1 })
  expect(await codes(simulator, '5f00000000000000c0de2301', 3)).toEqual([301, 301, 0])
})

test('an incomplete marker has no effect', async () => {
  const simulator = await start()
  for (const id of ['5f00000000000000c0de23a1', '5f000000000000000000c0de', '5f00000000000000fa170999']) {
    expect(await codes(simulator, id, 1)).toEqual([0])
  }
})

test('faults come before codes when an id has both', async () => {
  const simulator = await start()
  const id = '5f000000fa171022c0de1301'
  expect(await (await fetch(address(simulator, id))).text()).toBe('')
  expect(await codes(simulator, id, 2)).toEqual([301, 0])
})

test('201 is charged, other codes are not', async () => {
  const simulator = await start()
  for (const code of ['201', '301', '400', '100', '777']) await callApi(simulator, `5f00000000000000c0de0${code}`)
  expect(simulator.ledger.entries.filter((entry) => entry.charged).map((entry) => entry.code)).toEqual([201])
})

/** These faults never end; all others end without the client. */
const ENDLESS = [3, 4]

/** The result of each fault through Node's fetch: a part of the error's text, or a check of the answer. */
const throughFetch: Record<number, RegExp | ((response: Response, simulator: Simulator) => Promise<void>)> = {
  1: /ECONNRESET/,
  2: /other side closed/,
  3: /aborted due to timeout/,
  4: /aborted due to timeout/,
  5: /terminated|other side closed/,
  6: /terminated|ECONNRESET/,
  7: /terminated|other side closed/,
  8: async (response) => {
    const body = Buffer.from(await response.arrayBuffer())
    expect(Number(response.headers.get('content-length'))).toBe(body.length)
    expect(() => JSON.parse(body.toString()) as unknown).toThrow()
  },
  9: async (response) => {
    const text = await response.text()
    expect(text).toMatch(/^\{"code":0/)
    expect(() => JSON.parse(text) as unknown).toThrow()
  },
  10: profile,
  20: async (response) => {
    expect(response.status).toBe(502)
    expect(await response.text()).toContain('<h1>502 Bad Gateway')
  },
  21: async (response) => {
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html'])
    expect(await response.text()).toContain('<html>')
  },
  22: async (response) => expect([response.status, await response.text()]).toEqual([200, '']),
  23: async (response) => expect([response.status, await response.text()]).toEqual([204, '']),
  24: async (response) => {
    expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([429, '3', ''])
  },
  25: async (response) => {
    expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([503, '3', ''])
  },
  26: /redirect/,
  27: /redirect/,
  28: async (response) => {
    expect(response.status).toBe(500)
    expect(await response.text()).toContain('token=secret')
  },
  30: async (response) => {
    expect(response.headers.get('content-encoding')).toBe('gzip')
    await profile(response)
  },
  // Node's fetch accepts a gzip stream without its checksum.
  31: profile,
  32: /terminated|incorrect header check/,
  33: async (response) => {
    let size = 0
    for await (const chunk of response.body!) size += (chunk as Uint8Array).length
    expect(size).toBeGreaterThan(200_000_000)
  },
  34: async (response) => {
    let size = 0
    for await (const chunk of response.body!) size += (chunk as Uint8Array).length
    expect(size).toBeGreaterThan(64_000_000)
  },
  35: /Headers Overflow/,
  36: /content-length|Content-Length|Unexpected/,
  37: /Expected HTTP|Parse|Invalid/,
  40: async (response) => {
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow()
    expect(bytes.toString('utf8')).toContain('\ufffd')
  },
  41: async (response) => {
    expect(Buffer.from(await response.arrayBuffer()).subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]))
  },
  42: async (response) => {
    expect(Buffer.from(await response.arrayBuffer()).toString('utf16le')).toContain('"示例创作者"')
  },
  50: async (response) => expect(await response.json()).toMatchObject({ code: '0', data: { fans: 1000 } }),
  51: async (response) => expect(await response.json()).not.toHaveProperty('code'),
  52: async (response) => expect(await response.json()).toMatchObject({ code: null }),
  53: async (response) => {
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ code: 0, data: { fans: 1000 } })
  },
  60: async (response) => expect(await response.json()).toMatchObject({ code: 0, data: null }),
  61: async (response) => expect(await response.json()).toMatchObject({ code: 0, data: {} }),
  62: async (response) => {
    expect(await response.json()).toMatchObject({ code: 0, data: { id: '5f00000000000000fa171060', fans: 1000 } })
  },
  63: async (response) => expect(await response.json()).toMatchObject({ code: 0, data: 'not found' }),
  64: async (response) => expect(await response.json()).toMatchObject({ code: 0, data: [{ fans: 1000 }] }),
  65: async (response) => expect(await response.json()).toBeNull(),
  66: async (response) => expect(await response.text()).toContain('['.repeat(100_000)),
  67: async (response) => expect(await response.text()).toContain('"data":{"__proto__":{"polluted":true},"id"'),
  68: async (response) => expect(await response.text()).toContain('"unheard_of":9007199254740993,"id"'),
  69: async (response) => expect((await response.text()).match(/"requestId"/g)).toHaveLength(2),
  70: async (response) =>
    expect(await response.json()).toMatchObject({ code: 0, message: 'token secret (?token=secret)' }),
  80: refused(302, 429),
  81: refused(500, 500),
  82: refused(503, 503),
  83: refused(400, 400),
}

async function profile(response: Response): Promise<void> {
  expect(await response.json()).toMatchObject({ code: 0, data: { name: '示例创作者' } })
}

function refused(code: number, status: number) {
  return async (response: Response) => {
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ code, data: null })
  }
}

test('each fault has its case', () => {
  expect(Object.keys(throughFetch)).toEqual(Object.keys(faults))
})

test.each(Object.entries(faults))("fault %s through Node's fetch", async (number, fault) => {
  const simulator = await start({ dripMs: 100, retryAfter: '3' })
  const id = faulty(Number(number), 1)
  const check = throughFetch[Number(number)]!
  const signal = AbortSignal.timeout(ENDLESS.includes(Number(number)) ? 200 : 20_000)
  const response = fetch(address(simulator, id), { redirect: 'error', signal })
  if (typeof check === 'function') await check(await response, simulator)
  else await expect(response.then((answer) => answer.text()).catch(chain)).resolves.toMatch(check)

  await expect.poll(() => simulator.ledger.summary().inFlight).toBe(0)
  expect(simulator.ledger.entries).toHaveLength(1)
  expect(simulator.ledger.entries[0]).toMatchObject({
    id,
    fault: Number(number),
    code: fault.code,
    charged: fault.charged,
    sentWhole: fault.whole,
  })
  expect(await callApi(simulator, id)).toMatchObject({ code: 0, data: invention.data(id, 0) as object })
  expect(simulator.ledger.summary().redirectsFollowed).toBe(0)
})

/** A fetch error with all its causes. */
function chain(error: unknown): string {
  return error instanceof Error ? `${error.message} ${chain(error.cause)}` : ''
}

test('a followed redirect is counted', async () => {
  const simulator = await start()
  await fetch(address(simulator, faulty(26)))
  expect(simulator.ledger.summary().redirectsFollowed).toBe(1)
  simulator.change({ redirectTo: 'http://127.0.0.1:9' })
  const bare = await fetch(address(simulator, faulty(26)), { redirect: 'manual' })
  expect(bare.headers.get('location')).toBe('http://127.0.0.1:9/__elsewhere?token=secret')
})

test('the cut gzip is cut, and the bomb is small on the wire', async () => {
  const simulator = await start()
  const cut = await request(address(simulator, faulty(31)))
  const bytes = Buffer.from(await cut.body.arrayBuffer())
  expect(() => gunzipSync(bytes)).toThrow('unexpected end of file')
  const bomb = await request(address(simulator, faulty(33)))
  expect((await bomb.body.arrayBuffer()).byteLength).toBeLessThan(250_000)
})

test('the two lengths and the HTTP/1.0 answer are on the wire', async () => {
  const simulator = await start()
  const raw = (number: number) =>
    new Promise<string>((resolve, reject) => {
      let text = ''
      const socket = connect(simulator.port, '127.0.0.1', () => {
        const { pathname, search } = new URL(address(simulator, faulty(number)))
        socket.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: test\r\n\r\n`)
      })
      socket.on('data', (chunk) => (text += chunk.toString()))
      socket.on('end', () => resolve(text))
      socket.on('error', reject)
    })
  expect((await raw(36)).match(/content-length: \d+/g)).toHaveLength(2)
  expect(await raw(9)).toMatch(/^HTTP\/1\.0 200 OK\r\n\r\n\{"code":0/)
})
