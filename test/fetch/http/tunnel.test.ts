import { describe, expect, test } from 'vitest'
import { proxyRule } from '../../../src/config/proxy.js'
import type { CallEnd } from '../../../src/model/call.js'
import { startProxy, startTls, type TestProxy } from '../../support/proxy.js'
import { idOf, interpret, profileOf, send, serve, TOKEN, upstreamAt } from '../servers.js'

const ID = idOf(1)
const PLAIN = new URL('http://api.example.test')
const SECURE = new URL('https://api.example.test')

function attemptThrough(proxy: TestProxy, base: URL, options = {}): Promise<CallEnd> {
  const rule = proxyRule([{ ALL_PROXY: `http://user:s3cret@127.0.0.1:${proxy.port}` }])
  const upstream = upstreamAt(base, { proxy: rule(base), ...options })
  return upstream.attempt({ seq: 1, id: ID, attempt: 1, sentAt: 1 })
}

const profiles = () => serve((id, _, response) => send(response, profileOf(id)))
const portOf = ({ base }: { base: URL }) => Number(base.port)

test('calls share a tunnel, and the proxy gets the user', async () => {
  const served = await profiles()
  const proxy = await startProxy(portOf(served))
  const rule = proxyRule([{ ALL_PROXY: `http://user:s3cret@127.0.0.1:${proxy.port}` }])
  const upstream = upstreamAt(PLAIN, { proxy: rule(PLAIN), connections: 1 })
  for (const seq of [1, 2, 3]) {
    const end = await upstream.attempt({ seq, id: idOf(seq), attempt: 1, sentAt: 1 })
    expect(end).toMatchObject({ kind: 'answer', status: 200 })
  }
  expect(served.requests).toHaveLength(3)
  expect(proxy.asked).toEqual(['api.example.test:80'])
  expect(proxy.users).toEqual([`Basic ${Buffer.from('user:s3cret').toString('base64')}`])
})

describe('no tunnel: nothing was sent', () => {
  test.each<[number | 'close' | 'hang', string, RegExp]>([
    [502, 'unsent', /refused to connect to api\.example\.test:443 \(HTTP 502\)/],
    [403, 'unsent', /HTTP 403/],
    [302, 'unsent', /HTTP 302/],
    ['close', 'unsent', /proxy http:\/\/127\.0\.0\.1:\d+ cannot be used: socket hang up/],
    ['hang', 'unsent', /no (tunnel|connection) within 0\.3 s/],
    [407, 'proxy', /does not accept this user \(HTTP 407\)/],
  ])('%s is %s', async (answer, fault, detail) => {
    const served = await profiles()
    const proxy = await startProxy(portOf(served), () => answer)
    const end = await attemptThrough(proxy, SECURE, { timeoutMs: answer === 'hang' ? 300 : 10_000 })
    expect(end).toMatchObject({ kind: 'no_answer', fault, detail: expect.stringMatching(detail) as string })
    expect(JSON.stringify(end)).not.toContain('s3cret')
    expect(interpret(end)).toMatchObject({ billed: 'no', kind: fault === 'proxy' ? 'stop' : 'retry' })
    // One attempt is one CONNECT: no loop of its own.
    expect(proxy.asked).toEqual(['api.example.test:443'])
    expect(served.requests).toEqual([])
  })

  test('a proxy that is down', async () => {
    const proxy = { port: 1, asked: [], users: [], sent: '' }
    const end = await attemptThrough(proxy, PLAIN)
    expect(end).toMatchObject({ fault: 'unsent', detail: expect.stringContaining('ECONNREFUSED') as string })
  })
})

test('a certificate is verified inside the tunnel, also where Node is set to accept any', async () => {
  const served = await profiles()
  const proxy = await startProxy(await startTls(portOf(served)))
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  try {
    const end = await attemptThrough(proxy, SECURE)
    expect(end).toMatchObject({
      fault: 'untrusted',
      detail: expect.stringMatching(/DEPTH_ZERO_SELF_SIGNED_CERT.*NODE_EXTRA_CA_CERTS/) as string,
    })
  } finally {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
  }
  expect(served.requests).toEqual([])
  expect(proxy.sent).not.toContain(encodeURIComponent(TOKEN))
})
