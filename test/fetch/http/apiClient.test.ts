import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ApiClient } from '../../../src/fetch/http/apiClient.js'
import type { Answer, CallEnd, NoAnswer } from '../../../src/model/call.js'
import { DefinitionFault } from '../../../src/model/definitionFaults.js'
import { temporaryFolder } from '../../support/folder.js'
import { effects, idOf, profileOf, refusing, send, serve, serveRaw, TOKEN, upstreamAt } from '../servers.js'

const ID = idOf(1)
const WHOLE = JSON.stringify(profileOf(ID))

const attempt = (upstream: ApiClient, seq = 1): Promise<CallEnd> =>
  upstream.attempt({ seq, id: ID, attempt: 1, sentAt: 1 })

async function answerAt(base: URL): Promise<Answer> {
  const end = await attempt(upstreamAt(base))
  if (end.kind !== 'answer') throw new Error(`${end.fault}: ${end.detail}`)
  return end
}

async function faultAt(base: URL, timeoutMs = 10_000): Promise<NoAnswer> {
  const end = await attempt(upstreamAt(base, { timeoutMs }))
  if (end.kind !== 'no_answer') throw new Error(`an answer came: HTTP ${end.status}`)
  return end
}

const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString()
const raw = (text: string | Buffer, then: 'end' | 'reset' | 'stay') =>
  serveRaw((socket) => {
    socket.write(text)
    if (then === 'end') socket.end()
    if (then === 'reset') setTimeout(() => socket.resetAndDestroy(), 50)
  })
const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'

describe('one attempt', () => {
  test('sends one request, with the token in the query, and keeps the bytes', async () => {
    let url: string | undefined
    const { base, requests } = await serve((id, _, response, request) => {
      url = request.url
      send(response, profileOf(id), 200, { 'retry-after': '7' })
    })
    const answer = await answerAt(new URL('/prefix/', base))
    expect(url).toBe(`/prefix/api/some/user/v3?userId=${ID}&token=${encodeURIComponent(TOKEN)}`)
    expect(requests).toEqual([ID])
    expect(answer).toMatchObject({
      kind: 'answer',
      seq: 1,
      id: ID,
      status: 200,
      contentType: 'application/json',
      retryAfter: '7',
    })
    expect(textOf(answer.body)).toBe(WHOLE)
    expect(answer.ms).toBeGreaterThan(0)
  })

  test.each([200, 201, 400, 401, 403, 404, 429, 500, 502, 503, 504])(
    'HTTP %i is an answer like any other, after one request',
    async (status) => {
      const { base, requests } = await serve((_, __, response) => send(response, { code: 301 }, status))
      expect(await answerAt(base)).toMatchObject({ status, kind: 'answer' })
      expect(requests).toHaveLength(1)
    },
  )

  test('a request that the pipeline cannot make is a call that was not sent', async () => {
    const { base, requests } = await serve(() => undefined)
    const request = (): never => {
      throw new DefinitionFault(`request threw: no ${TOKEN}`)
    }
    const detail = 'request threw: no [token]'
    const end = await attempt(upstreamAt(base, { pipeline: { request } }))
    expect(end).toMatchObject({ kind: 'no_answer', fault: 'unsent', detail })
    expect(requests).toEqual([])
  })

  test('answers without a body are answers', async () => {
    const { base } = await serve((_, __, response) => response.writeHead(204).end())
    expect((await answerAt(base)).body).toHaveLength(0)
  })

  test('connections are kept from call to call', async () => {
    const ports = new Set<number>()
    const { base } = await serve((id, _, response, request) => {
      ports.add(request.socket.remotePort ?? 0)
      send(response, profileOf(id))
    })
    const upstream = upstreamAt(base)
    for (let seq = 1; seq <= 20; seq += 1) await attempt(upstream, seq)
    // undici lets a connection rest for one turn and takes another one meanwhile.
    expect(ports.size).toBeLessThanOrEqual(2)
  })

  test('bytes that are not UTF-8 are kept as they came', async () => {
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0xc3, 0x28, 0x7d])
    const { base } = await serve((_, __, response) => send(response, bytes))
    expect(Buffer.from((await answerAt(base)).body)).toEqual(bytes)
  })
})

describe('content encodings', () => {
  test.each<[string, (text: string) => Buffer]>([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['identity', (text) => Buffer.from(text)],
    ['gzip, br', (text) => brotliCompressSync(gzipSync(text))],
  ])('%s', async (name, encode) => {
    const { base } = await serve((_, __, response) => send(response, encode(WHOLE), 200, { 'content-encoding': name }))
    expect(textOf((await answerAt(base)).body)).toBe(WHOLE)
  })

  test('a large body is decompressed', async () => {
    const large = JSON.stringify(Array.from({ length: 200_000 }, (_, index) => index * 7919))
    const { base } = await serve((_, __, response) =>
      send(response, gzipSync(large), 200, { 'content-encoding': 'gzip' }),
    )
    expect(textOf((await answerAt(base)).body)).toBe(large)
  })

  const damaged = gzipSync(WHOLE)
  test.each<[string, Buffer, string]>([
    ['without its trailer', damaged.subarray(0, -8), WHOLE],
    ['cut in the middle', damaged.subarray(0, 60), ''],
    ['with a wrong checksum', Buffer.concat([damaged.subarray(0, -8), Buffer.alloc(8)]), WHOLE],
    ['with other bytes behind it', Buffer.concat([damaged, Buffer.from('other')]), WHOLE],
    ['that is not gzip', Buffer.from(WHOLE), WHOLE],
  ])('gzip %s is not an answer', async (_, bytes, part) => {
    const { base } = await serve((__, ___, response) => send(response, bytes, 200, { 'content-encoding': 'gzip' }))
    const fault = await faultAt(base)
    expect(fault.fault).toBe('undecodable')
    expect(WHOLE.startsWith(textOf(fault.part))).toBe(true)
    if (part !== '') expect(textOf(fault.part)).toBe(part)
  })

  test.each<[string, Buffer, string | undefined]>([
    ['an unknown encoding', Buffer.from(WHOLE), WHOLE],
    ['an unknown encoding of bytes that are no text', gzipSync(WHOLE), undefined],
  ])('%s is not an answer; its text is kept', async (_, bytes, part) => {
    const { base } = await serve((__, ___, response) => send(response, bytes, 200, { 'content-encoding': 'zstd' }))
    const fault = await faultAt(base)
    expect(fault.fault).toBe('undecodable')
    expect(fault.part && textOf(fault.part)).toBe(part)
  })

  test('two encodings that cannot be undone keep the text that came', async () => {
    const { base } = await serve((_, __, response) => send(response, WHOLE, 200, { 'content-encoding': 'gzip, br' }))
    expect(textOf((await faultAt(base)).part)).toBe(WHOLE)
  })
})

describe('too large', () => {
  test('200 kB of gzip that hold 200 MB take no memory', async () => {
    const blanks = gzipSync(Buffer.alloc(10_000_000, ' '))
    const bomb = Buffer.concat(Array.from({ length: 20 }, () => blanks))
    const { base } = await serve((_, __, response) => send(response, bomb, 200, { 'content-encoding': 'gzip' }))
    const before = process.memoryUsage().rss
    expect(await faultAt(base)).toMatchObject({ fault: 'too_large' })
    expect(process.memoryUsage().rss - before).toBeLessThan(120 << 20)
  })

  test.each([true, false])('64 MB, announced: %s', async (announced) => {
    const piece = Buffer.alloc(1 << 20, ' ')
    let written = 0
    const { base } = await serve((_, __, response) => {
      response.writeHead(200, announced ? { 'content-length': String(64 << 20) } : {})
      response.on('error', () => undefined)
      const more = () => {
        while (written < 64 && !response.destroyed) {
          written += 1
          if (!response.write(piece)) {
            response.once('drain', more)
            return
          }
        }
        response.end()
      }
      more()
    })
    expect(await faultAt(base)).toMatchObject({ fault: 'too_large' })
    expect(written).toBeLessThan(64)
  })

  test('20 kB of headers', async () => {
    const { base } = await serve((_, __, response) => send(response, WHOLE, 200, { 'x-flood': 'f'.repeat(20_000) }))
    expect(await faultAt(base)).toMatchObject({ fault: 'too_large' })
  })
})

describe('sent, and no whole answer', () => {
  test.each<[string, () => Promise<URL>]>([
    ['closed before a byte', () => serveRaw((socket) => socket.end())],
    ['reset before a byte', () => serveRaw((socket) => socket.resetAndDestroy())],
    ['closed within the headers', () => raw('HTTP/1.1 200 OK\r\ncontent-', 'end')],
    ['not HTTP', () => raw('SSH-2.0-OpenSSH_9.6\r\n', 'end')],
    ['two lengths', () => raw(`${OK}content-length: 5\r\ncontent-length: 6\r\n\r\n12345`, 'end')],
  ])('%s', async (_, open) => {
    const fault = await faultAt(await open())
    expect(fault).toMatchObject({ fault: 'broken' })
    expect(fault.part).toBeUndefined()
  })

  const half = WHOLE.slice(0, 40)
  const chunked = `${OK}transfer-encoding: chunked\r\n\r\n${half.length.toString(16)}\r\n${half}\r\n`
  test.each<[string, string, 'end' | 'reset']>([
    ['body shorter than its length, closed', `${OK}content-length: 500\r\n\r\n${half}`, 'end'],
    ['body shorter than its length, reset', `${OK}content-length: 500\r\n\r\n${half}`, 'reset'],
    ['chunks without an end, closed', chunked, 'end'],
    ['chunks without an end, reset', chunked, 'reset'],
  ])('%s: the part that arrived is kept', async (_, text, then) => {
    const fault = await faultAt(await raw(text, then))
    expect(fault).toMatchObject({ fault: 'broken' })
    expect(textOf(fault.part)).toBe(half)
  })

  test('a body that is cut without a sign of it counts as an answer', async () => {
    const answer = await answerAt(await raw(`HTTP/1.0 200 OK\r\n\r\n${half}`, 'end'))
    expect(textOf(answer.body)).toBe(half)
  })

  test('a keep-alive connection that closes on the second request', async () => {
    let hits = 0
    const base = await serveRaw((socket) => {
      hits += 1
      if (hits === 2) socket.end()
      else socket.write(`${OK}content-length: ${Buffer.byteLength(WHOLE)}\r\n\r\n${WHOLE}`)
    })
    const upstream = upstreamAt(base)
    expect(await attempt(upstream)).toMatchObject({ kind: 'answer' })
    expect(await attempt(upstream)).toMatchObject({ fault: 'broken' })
    expect(hits).toBe(2)
  })
})

describe('the deadline', () => {
  test('ends a call without an answer', async () => {
    let hits = 0
    const base = await serveRaw(() => (hits += 1))
    const started = performance.now()
    expect(await faultAt(base, 200)).toMatchObject({ fault: 'timeout' })
    expect(performance.now() - started).toBeLessThan(2000)
    expect(hits).toBe(1)
  })

  test('is for the whole call: a body that drips does not extend it', async () => {
    const base = await serveRaw((socket) => {
      socket.write(`${OK}content-length: 1000\r\n\r\n`)
      const timer = setInterval(() => socket.write('{'), 20)
      socket.once('close', () => clearInterval(timer))
    })
    const started = performance.now()
    const fault = await faultAt(base, 300)
    expect(fault).toMatchObject({ fault: 'timeout' })
    expect(textOf(fault.part)).toMatch(/^{+$/)
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('a body that drips and ends in time is an answer', async () => {
    const base = await serveRaw((socket) => {
      socket.write(`${OK}content-length: ${Buffer.byteLength(WHOLE)}\r\n\r\n`)
      const bytes = Array.from(Buffer.from(WHOLE), (byte) => Buffer.from([byte]))
      const timer = setInterval(() => {
        socket.write(Buffer.concat(bytes.splice(0, 10)))
        if (bytes.length === 0) clearInterval(timer)
      }, 5)
    })
    expect(await answerAt(base)).toMatchObject({ status: 200 })
  })

  test('is fresh for each attempt', async () => {
    const { base } = await serve((id, count, response) => {
      if (count > 1) setTimeout(() => send(response, profileOf(id)), 150)
    })
    const upstream = upstreamAt(base, { timeoutMs: 400 })
    expect(await attempt(upstream)).toMatchObject({ fault: 'timeout' })
    expect(await attempt(upstream)).toMatchObject({ kind: 'answer' })
  })

  test('missed by a frozen process, it lets the bytes that have arrived be read', async () => {
    const { base } = await serve((id, _, response) => setTimeout(() => send(response, profileOf(id)), 50))
    // By this clock the timer fires long after it was due.
    let hours = 0
    const late = { ...effects, elapsed: () => (hours += 1) * 3_600_000 }
    const upstream = upstreamAt(base, { timeoutMs: 1, effects: late })
    expect(await attempt(upstream)).toMatchObject({ kind: 'answer' })
  })
})

describe('provably not sent', () => {
  test('a refused connection', async () => {
    const fault = await faultAt(await refusing())
    expect(fault).toMatchObject({ fault: 'unsent' })
    expect(fault.detail).toContain('ECONNREFUSED')
  })

  test('a name that does not exist', async () => {
    const fault = await faultAt(new URL('http://nowhere.invalid'))
    expect(fault).toMatchObject({ fault: 'unsent' })
    expect(fault.detail).toMatch(/ENOTFOUND|EAI_AGAIN/)
  })

  test('a TLS handshake that is cut, or is not TLS', async () => {
    for (const answer of [(): string => '', () => 'HTTP/1.1 400 Bad Request\r\n\r\n']) {
      let seen = ''
      const base = await serveRaw((socket, data) => {
        seen += data
        socket.end(answer())
      })
      const secure = new URL(`https://${base.host}`)
      expect(await faultAt(secure)).toMatchObject({ fault: 'unsent' })
      expect(seen).not.toContain('userId')
    }
  })

  test('a certificate that is not trusted, even where Node is set to accept any', async ({ skip }) => {
    const folder = temporaryFolder()
    const key = join(folder, 'key.pem')
    const cert = join(folder, 'cert.pem')
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    try {
      execFileSync(
        'openssl',
        ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject],
        {
          stdio: 'ignore',
        },
      )
    } catch {
      return skip('no openssl here')
    }
    let received = ''
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
      socket.on('data', (data: Buffer) => (received += data.toString()))
      socket.on('error', () => undefined)
    })
    server.on('tlsClientError', () => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const base = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      const fault = await faultAt(base)
      expect(fault).toMatchObject({ fault: 'untrusted' })
      expect(fault.detail).toContain('DEPTH_ZERO_SELF_SIGNED_CERT')
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
    expect(received).toBe('')
  })
})

describe('redirects', () => {
  test.each([301, 302, 303, 307, 308])('HTTP %i to another origin is not followed', async (status) => {
    const elsewhere = await serve((_, __, response) => send(response, 'got it'))
    const { base, requests } = await serve((_, __, response, request) => {
      send(response, '', status, { location: new URL(request.url ?? '/', elsewhere.base).href })
    })
    const fault = await faultAt(base)
    expect(fault).toMatchObject({ fault: 'redirect' })
    expect(fault.detail).toContain(elsewhere.base.host)
    expect(fault.detail).not.toContain('userId')
    expect(requests).toHaveLength(1)
    expect(elsewhere.requests).toHaveLength(0)
  })

  test('to itself or to an unreadable address', async () => {
    for (const location of ['/again', 'http://[broken']) {
      const { base, requests } = await serve((_, __, response) => send(response, '', 302, { location }))
      expect(await faultAt(base)).toMatchObject({ fault: 'redirect' })
      expect(requests).toHaveLength(1)
    }
  })

  test('304 and a 302 without an address are answers', async () => {
    for (const status of [304, 302]) {
      const { base } = await serve((_, __, response) => response.writeHead(status).end())
      expect(await answerAt(base)).toMatchObject({ status })
    }
  })
})

describe('the token', () => {
  const forms = [TOKEN, encodeURIComponent(TOKEN), JSON.stringify(TOKEN).slice(1, -1)]
  const textOfEnd = (end: CallEnd) =>
    JSON.stringify(end, (_, value: unknown) => (Buffer.isBuffer(value) ? value.toString('latin1') : value))
  const expectNoToken = (end: CallEnd) => {
    const text = textOfEnd(end)
    for (const form of forms) expect(text.toLowerCase()).not.toContain(form.toLowerCase())
  }

  test('is taken out of the body, however it is echoed, and nothing else is', async () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0x00]), Buffer.from(`a${forms.join('b')}c`), Buffer.from([0xfe])])
    const { base } = await serve((_, __, response) => send(response, bytes))
    const answer = await answerAt(base)
    expectNoToken(answer)
    const expected = [Buffer.from([0xff, 0x00]), Buffer.from('a[token]b[token]b[token]c'), Buffer.from([0xfe])]
    expect(Buffer.from(answer.body)).toEqual(Buffer.concat(expected))
  })

  test('is taken out of the kept headers', async () => {
    const { base } = await serve((_, __, response) =>
      send(response, '{}', 200, { 'content-type': `text/${TOKEN}`, 'retry-after': TOKEN }),
    )
    expectNoToken(await answerAt(base))
  })

  test('is taken out of the address of a redirect', async () => {
    const { base } = await serve((_, __, response) =>
      send(response, '', 302, { location: `http://${TOKEN.slice(0, 12)}.example/?token=${TOKEN}` }),
    )
    expectNoToken(await faultAt(base))
  })

  test('is taken out of a body that is cut, even within the token', async () => {
    const echo = `{"message":"${TOKEN} and again ${TOKEN.slice(0, -1)}`
    const fault = await faultAt(await raw(`${OK}content-length: 500\r\n\r\n${echo}`, 'end'))
    expectNoToken(fault)
    expect(textOf(fault.part)).toBe('{"message":"[token] and again ')
  })

  test.each([
    ['hex', Buffer.from(TOKEN).toString('hex')],
    ['base64', Buffer.from(`~${TOKEN}`).toString('base64')],
    ['entities', Array.from(TOKEN, (character) => `&#${character.charCodeAt(0)};`).join('')],
    ['spaced letters', Array.from(TOKEN).join(' ')],
    ['UTF-16', Buffer.from(TOKEN, 'utf16le').toString('latin1')],
  ])('is taken out of answers, headers and cut bodies as %s too', async (_, echo) => {
    const headers = echo.includes('\0') ? {} : { 'retry-after': `no ${echo}` }
    const { base } = await serve((__, ___, response) => send(response, `{"message":"no ${echo} no"}`, 200, headers))
    const answer = await answerAt(base)
    expect(textOf(answer.body)).toMatch(/^{"message":"no .{0,2}\[token\]\0? no"}$/)
    expect(answer.retryAfter ?? 'no [token]').toMatch(/^no .{0,2}\[token\]$/)
    const middle = Math.ceil(echo.length * 0.7)
    for (let length = middle; length < middle + 6; length += 1) {
      const cut = `{"message":"${echo.slice(0, length)}`
      const fault = await faultAt(await raw(`${OK}content-length: 500\r\n\r\n${cut}`, 'end'))
      expect(textOf(fault.part)).toMatch(/^{"message":".{0,2}$/)
    }
  })

  test('is in no error', async () => {
    for (const base of [await refusing(), new URL('http://nowhere.invalid')]) {
      expectNoToken(await faultAt(base))
    }
    const { base } = await serve(() => undefined)
    const upstream = upstreamAt(base)
    await upstream.close()
    expectNoToken(await attempt(upstream))
    const buggy = upstreamAt(base, {
      pipeline: {
        request: () => ({ path: '/a b', query: {} }),
      },
    })
    expectNoToken(await attempt(buggy))
  })
})
