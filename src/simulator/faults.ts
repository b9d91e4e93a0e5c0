import { gzipSync } from 'node:zlib'
import { messageFor } from './envelope.js'
import type { Exchange } from './exchange.js'

/** One kind of wrong answer. */
export interface SimulatedFault {
  readonly what: string
  /** The code that the body holds or would have held; null: none. */
  readonly code: number | null
  /** Whether the upstream charges the call: it did its work, even if the answer was lost. */
  readonly charged: boolean
  /** Whether a whole answer of the upstream is sent, which the client must keep. */
  readonly whole: boolean
  play(exchange: Exchange): void
}

const html = { 'content-type': 'text/html' }
const page = (title: string) => `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`
const headers = 'HTTP/1.1 200 OK\r\ncontent-type: application/json;charset=UTF-8\r\n'

/** A success whose bytes are lost or damaged on the way. */
function lost(what: string, play: SimulatedFault['play']): SimulatedFault {
  return { what, code: 0, charged: true, whole: false, play }
}
/** A success that is whole, in an unusual form. */
function odd(what: string, play: SimulatedFault['play']): SimulatedFault {
  return { what, code: 0, charged: true, whole: true, play }
}
/** An answer from something other than the upstream, so nothing is charged. */
function foreign(what: string, play: SimulatedFault['play']): SimulatedFault {
  return { what, code: null, charged: false, whole: false, play }
}
/** A refusal whose HTTP status matches its code. */
function refusal(code: number, status: number): SimulatedFault {
  return {
    what: `code ${code} at HTTP ${status}`,
    code,
    charged: false,
    whole: true,
    play: (x) => x.send(x.text({ code, data: null, message: messageFor(x.codes, code) }), status, x.retryAfter),
  }
}

/** All faults by their number in the marker `fa17KNNN`: 0xx connection, 02x gateways, 03x encodings and sizes, 04x text, 05x–06x the JSON, 08x statuses. */
export const faults: Readonly<Record<number, SimulatedFault>> = {
  1: lost('connection reset before a byte of the answer', (x) => x.socket.resetAndDestroy()),
  2: lost('connection closed before a byte of the answer', (x) => x.socket.end()),
  3: lost('never answers', () => undefined),
  4: lost('headers, then silence', (x) => x.socket.write(`${headers}content-length: 100\r\n\r\n`)),
  5: lost('body shorter than its Content-Length, then closed', (x) => {
    const body = Buffer.from(x.text())
    x.sendRaw(Buffer.concat([withLength(body.length), half(body)]), 'close')
  }),
  6: lost('connection reset in the middle of the body', (x) => {
    const body = Buffer.from(x.text())
    x.sendRaw(Buffer.concat([withLength(body.length), half(body)]), 'reset')
  }),
  7: lost('chunked body without its end', (x) => {
    const part = half(Buffer.from(x.text()))
    const head = `${headers}transfer-encoding: chunked\r\n\r\n${part.length.toString(16)}\r\n`
    x.sendRaw(Buffer.concat([Buffer.from(head), part, Buffer.from('\r\n')]), 'close')
  }),
  8: lost('JSON cut, with a Content-Length that fits', (x) => x.send(half(Buffer.from(x.text())))),
  9: lost('HTTP/1.0 body cut, its end known only by the close', (x) => {
    x.sendRaw(Buffer.concat([Buffer.from('HTTP/1.0 200 OK\r\n\r\n'), half(Buffer.from(x.text()))]), 'close')
  }),
  10: odd('body sent slowly, whole in the end', sendSlowly),

  20: foreign('HTTP 502 with an HTML page', (x) => x.send(page('502 Bad Gateway'), 502, html)),
  21: foreign('HTTP 200 with an HTML page, as a captive portal', (x) => x.send(page('Please log in'), 200, html)),
  22: foreign('HTTP 200 with an empty body', (x) => x.send('')),
  23: foreign('HTTP 204', (x) => x.response.writeHead(204).end()),
  24: foreign('HTTP 429 without a body', (x) => x.send('', 429, x.retryAfter)),
  25: foreign('HTTP 503 without a body', (x) => x.send('', 503, x.retryAfter)),
  26: foreign('redirect to another origin, with the token in the address', (x) => {
    const origin = x.settings.redirectTo ?? `http://localhost:${x.socket.localPort}`
    x.send('', 302, { location: new URL(`/__elsewhere?token=${encodeURIComponent(x.token)}`, origin).href })
  }),
  27: foreign('redirect to itself', (x) => x.send('', 307, { location: x.url })),
  28: foreign("HTTP 500 with another server's JSON, which repeats the address with the token", (x) => {
    x.send(JSON.stringify({ timestamp: x.now, status: 500, error: 'Internal Server Error', path: x.url }), 500)
  }),

  30: odd('gzip that was not requested', (x) => x.send(gzipSync(x.text()), 200, { 'content-encoding': 'gzip' })),
  31: lost('gzip cut before its checksum', (x) => {
    x.send(gzipSync(x.text()).subarray(0, -8), 200, { 'content-encoding': 'gzip' })
  }),
  32: lost('plain body with Content-Encoding gzip', (x) => x.send(x.text(), 200, { 'content-encoding': 'gzip' })),
  33: lost('gzip bomb: 200 kB that unpack to 200 MB', (x) => x.send(bomb(), 200, { 'content-encoding': 'gzip' })),
  34: lost('body of 64 MB', sendHuge),
  35: lost('20 kB of headers', (x) => x.send(x.text(), 200, { 'x-flood': 'f'.repeat(20_000) })),
  36: lost('two different Content-Lengths', (x) => {
    const body = x.text()
    x.sendRaw(`${headers}content-length: ${Buffer.byteLength(body)}\r\ncontent-length: 7\r\n\r\n${body}`, 'close')
  }),
  37: foreign('something that is not HTTP', (x) => x.sendRaw('SSH-2.0-OpenSSH_9.6\r\n', 'close')),

  40: lost('invalid UTF-8 in a text', (x) => {
    const text = x.text({ message: 'damaged' })
    const at = text.lastIndexOf('damaged')
    x.send(Buffer.concat([Buffer.from(text.slice(0, at)), Buffer.from([0xc3, 0x28]), Buffer.from(text.slice(at))]))
  }),
  41: odd('byte order mark before the JSON', (x) => x.send(`\ufeff${x.text()}`)),
  42: lost('UTF-16 instead of UTF-8', (x) => x.send(Buffer.from(x.text(), 'utf16le'))),

  50: odd('code "0" as text', (x) => x.send(x.text({ code: '0' }))),
  51: foreign('no code at all', (x) => x.send(x.text({ code: undefined }))),
  52: foreign('code null', (x) => x.send(x.text({ code: null }))),
  53: odd('code 0 at HTTP 500', (x) => x.send(x.text(), 500)),
  60: odd('data null', (x) => x.send(x.text({ data: null }))),
  61: odd('data {}', (x) => x.send(x.text({ data: {} }))),
  62: odd("another id's data", (x) => x.send(x.text({ data: x.invent(neighbour(x.id)) }))),
  63: odd('data is a text', (x) => x.send(x.text({ data: 'not found' }))),
  64: odd('data is a list', (x) => x.send(x.text({ data: [x.invent(x.id)] }))),
  65: foreign('the JSON null', (x) => x.send('null')),
  66: odd('an unknown key 100,000 levels deep', (x) => {
    x.send(withKey(x.text(), `"unheard_of":${'['.repeat(100_000)}${']'.repeat(100_000)}`))
  }),
  67: odd('a key __proto__ in the data', (x) => x.send(withKey(x.text(), '"__proto__":{"polluted":true}'))),
  68: odd('a number beyond 2^53 in an unknown key', (x) => x.send(withKey(x.text(), '"unheard_of":9007199254740993'))),
  69: odd('the same key twice, with different values', (x) => x.send(x.text().replace('{', '{"requestId":"first",'))),
  70: odd('message that repeats the token', (x) => x.send(x.text({ message: x.tokenEcho }))),

  80: refusal(302, 429),
  81: refusal(500, 500),
  82: refusal(503, 503),
  83: refusal(400, 400),
}

function withLength(length: number): Buffer {
  return Buffer.from(`${headers}content-length: ${length}\r\n\r\n`)
}

function half(body: Buffer): Buffer {
  return body.subarray(0, Math.floor(body.length / 2))
}

/** The same id with another last digit. */
function neighbour(id: string): string {
  return `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`
}

/** Adds one key at the start of the data object. */
function withKey(text: string, key: string): string {
  return text.replace('"data":{', `"data":{${key},`)
}

function sendSlowly(x: Exchange): void {
  const body = Buffer.from(x.text())
  const pieces = 20
  const size = Math.ceil(body.length / pieces)
  x.response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  let sent = 0
  const timer = setInterval(() => {
    x.response.write(body.subarray(sent, sent + size))
    sent += size
    if (sent < body.length) return
    clearInterval(timer)
    x.response.end()
  }, x.settings.dripMs / pieces)
  x.response.once('close', () => clearInterval(timer))
}

/** Gzip members can be concatenated: 20 members of 10 MB of blanks, inside a valid envelope. */
function bomb(): Buffer {
  const blanks = gzipSync(Buffer.alloc(10_000_000, ' '))
  return Buffer.concat([
    gzipSync('{"code":0,"message":null,"data":'),
    ...Array.from({ length: 20 }, () => blanks),
    gzipSync('null}'),
  ])
}

function sendHuge(x: Exchange): void {
  const piece = Buffer.alloc(1_000_000, ' ')
  let left = 64
  const more = () => {
    while (left > 0) {
      left -= 1
      if (!x.response.write(piece)) {
        x.response.once('drain', more)
        return
      }
    }
    x.response.end('null}')
  }
  x.response.writeHead(200, { 'content-type': 'application/json' })
  x.response.write('{"code":0,"message":null,"data":')
  more()
}
