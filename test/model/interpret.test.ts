import { describe, expect, test } from 'vitest'
import type { Answer, CallEnd, NoAnswer } from '../../src/model/call.js'
import { justOneApi } from '../../pipelines/justOneApi.js'
import { interpreter, showsUpstreamWorks } from '../../src/model/interpret.js'
import type { Outcome } from '../../src/model/outcome.js'
import type { Profile } from '../../src/model/pipeline.js'

const ID = '5f0000000000000001000a01'
const RECEIVED = Date.parse('2026-11-22T03:04:05Z')

const interpret = interpreter({
  vendor: justOneApi,
  profile: (data, requestedId): Profile => {
    if (typeof data === 'string') return { kind: 'unreadable', found: 'a text' }
    const value = data as Record<string, unknown> | null
    if (typeof value?.['userid'] !== 'string') return { kind: 'empty' }
    return value['userid'] === requestedId ? { kind: 'profile', value } : { kind: 'misdelivered', id: value['userid'] }
  },
})

function answer(body: unknown, more: Partial<Answer> = {}): Answer {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return {
    kind: 'answer',
    seq: 1,
    id: ID,
    attempt: 1,
    sentAt: RECEIVED - 100,
    receivedAt: RECEIVED,
    ms: 100,
    status: 200,
    contentType: 'application/json',
    retryAfter: null,
    body: bytes,
    ...more,
  }
}

const noAnswer = (fault: NoAnswer['fault'], detail = 'what happened'): NoAnswer => ({
  kind: 'no_answer',
  seq: 1,
  id: ID,
  attempt: 1,
  sentAt: 0,
  receivedAt: 1,
  ms: 1,
  fault,
  detail,
})

type Short = [kind: Outcome['kind'], billed: Outcome['billed'], stop?: Outcome['stop']]
const short = ({ kind, billed, stop }: Outcome): Short => (stop ? [kind, billed, stop] : [kind, billed])

describe('codes', () => {
  const CODES: [number, ...Short][] = [
    [100, 'stop', 'no', 'token'],
    [101, 'refused', 'maybe'],
    [201, 'empty', 'maybe'],
    [202, 'refused', 'maybe'],
    [300, 'refused', 'maybe'],
    [301, 'retry', 'no'],
    [302, 'throttled', 'no'],
    [303, 'stop', 'no', 'quota'],
    [400, 'invalid', 'no'],
    [404, 'stop', 'no', 'route'],
    [500, 'retry', 'no'],
    [503, 'retry', 'maybe'],
    [600, 'stop', 'no', 'permission'],
    [601, 'stop', 'no', 'balance'],
    [602, 'stop', 'no', 'balance'],
    [-7, 'refused', 'maybe'],
    [99999, 'refused', 'maybe'],
  ]

  test.each(CODES)('%i: %s, billed %s', (code, ...expected) => {
    for (const status of [200, 400, 401, 403, 429, 500, 503]) {
      for (const form of [code, String(code)]) {
        const outcome = interpret(answer({ code: form, data: null, message: 'as sent' }, { status }))
        expect(short(outcome)).toEqual(expected)
        expect(outcome.code).toBe(String(code))
        expect(outcome.message).toBe('as sent')
      }
    }
  })

  test.each([0, '0', ' 0 ', -0])('%j with the profile of the requested id', (code) => {
    for (const status of [200, 500]) {
      const outcome = interpret(answer({ code, data: { userid: ID, fans: 1 }, message: null }, { status }))
      expect(short(outcome)).toEqual(['profile', 'yes'])
      expect(outcome).toMatchObject({ code: '0', value: { userid: ID, fans: 1 } })
    }
  })

  test.each([null, {}])('0 with data %j is empty, maybe billed', (data) => {
    expect(short(interpret(answer({ code: 0, data })))).toEqual(['empty', 'maybe'])
  })

  test('0 with something that is not a profile is billed, and says what it is', () => {
    const outcome = interpret(answer({ code: 0, data: 'not found', message: 'ok' }))
    expect(short(outcome)).toEqual(['unreadable', 'yes'])
    expect(outcome.message).toBe('the answer holds something that is not a profile: a text')
    expect(outcome.value).toBe('not found')
  })

  test('0 without data is empty', () => {
    expect(short(interpret(answer({ code: 0 })))).toEqual(['empty', 'maybe'])
  })

  test('a pipeline changes the meaning of codes, and reports a failure inside the data of a success', () => {
    const read = interpreter({
      vendor: justOneApi,
      codes: { 301: { kind: 'missing', billed: 'no', meaning: 'collection failed, or not in the marketplace' } },
      profile: (data): Profile => {
        const { ok, msg } = data as { ok: number; msg?: string }
        if (ok === 1) return { kind: 'profile', value: {} }
        return { kind: ok === 0 ? 'missing' : 'retry', code: `ok ${ok}`, ...(msg && { message: msg }) }
      },
    })
    const missing = read(answer({ code: 301 }))
    expect(missing).toMatchObject({ kind: 'missing', code: '301', billed: 'no' })
    expect(showsUpstreamWorks(answer({ code: 301 }), missing)).toBe(false)
    expect(short(read(answer({ code: 302 })))).toEqual(['throttled', 'no'])
    expect(short(read(answer({ code: 0, data: { ok: 1 } })))).toEqual(['profile', 'yes'])
    const inner = { code: 'ok 0', message: 'no such\nuser', kind: 'missing', billed: 'yes' }
    expect(read(answer({ code: 0, data: { ok: 0, msg: 'no such\nuser' } }))).toEqual({
      ...inner,
      message: 'no such user',
    })
    const unsaid = { kind: 'retry', code: 'ok -5', message: 'the answer says ok -5' }
    expect(read(answer({ code: 0, data: { ok: -5 } }))).toMatchObject(unsaid)
  })

  test('the profile of another id is billed and never has a value', () => {
    const outcome = interpret(answer({ code: 0, data: { userid: 'ffffffffffffffffffffffff' } }))
    expect(short(outcome)).toEqual(['misdelivered', 'yes'])
    expect(outcome.value).toBeUndefined()
    expect(outcome.message).toContain('ffffffffffffffffffffffff')
  })

  test.each(['constructor', '__proto__', 'toString'])('a code named %s is an undocumented code', (code) => {
    expect(short(interpret(answer({ code })))).toEqual(['refused', 'maybe'])
  })

  test('a message is one line, and our own text if the upstream sent none', () => {
    expect(interpret(answer({ code: 301, message: ' a\r\nb\u0000c ' })).message).toBe('a b c')
    expect(interpret(answer({ code: 301, message: null })).message).toBe('collection failed')
    expect(interpret(answer({ code: 301, message: { nested: [] } })).message).toBe('collection failed')
    expect(interpret(answer({ code: 301, message: 'x'.repeat(100_000) })).message.length).toBeLessThanOrEqual(1000)
  })

  test('a message nested 100,000 levels deep does no harm', () => {
    const body = `{"code":301,"message":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    expect(short(interpret(answer(body)))).toEqual(['retry', 'no'])
  })
})

describe('no usable envelope', () => {
  const utf16 = Buffer.from('\ufeff{"code":0}', 'utf16le')
  const cut = '{"code":0,"data":{"userid":"5f00'
  const CASES: [name: string, body: string | Uint8Array, status: number, code: string, ...Short][] = [
    ['empty', '', 200, 'no_body', 'ambiguous', 'maybe'],
    ['blanks', ' \n', 200, 'no_body', 'ambiguous', 'maybe'],
    ['204', '', 204, 'no_body', 'ambiguous', 'maybe'],
    ['portal', '<html>Please log in</html>', 200, 'not_json', 'ambiguous', 'maybe'],
    ['portal in GBK', Buffer.from([0x3c, 0xb0, 0xa1]), 200, 'not_json', 'ambiguous', 'maybe'],
    ['JSON null', 'null', 200, 'not_json', 'ambiguous', 'maybe'],
    ['list', '[]', 200, 'not_json', 'ambiguous', 'maybe'],
    ['cut JSON', cut, 200, 'cut_json', 'ambiguous', 'maybe'],
    ['cut JSON after a byte order mark', `\ufeff${cut}`, 200, 'cut_json', 'ambiguous', 'maybe'],
    ['no code', '{"data":{}}', 200, 'no_code', 'ambiguous', 'maybe'],
    ['code null', '{"code":null}', 200, 'no_code', 'ambiguous', 'maybe'],
    ['code true', '{"code":true}', 200, 'no_code', 'ambiguous', 'maybe'],
    ['code 0.5', '{"code":0.5}', 200, 'no_code', 'ambiguous', 'maybe'],
    ['code of blanks', '{"code":" "}', 200, 'no_code', 'ambiguous', 'maybe'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xc3, 0x28]), 200, 'not_utf8', 'refused', 'maybe'],
    ['UTF-16', utf16, 200, 'not_utf8', 'refused', 'maybe'],
    ['502 page', '<html>502 Bad Gateway</html>', 502, 'not_json', 'retry', 'maybe'],
    ['503 empty', '', 503, 'no_body', 'retry', 'maybe'],
    ['504 cut JSON', cut, 504, 'cut_json', 'retry', 'maybe'],
    ["another server's JSON", '{"status":500,"error":"Internal Server Error"}', 500, 'no_code', 'retry', 'maybe'],
    ['404 page', '<html>nothing here</html>', 404, 'not_json', 'retry', 'maybe'],
    ['429 empty', '', 429, 'no_body', 'throttled', 'no'],
    ['429 page', '<html>slow down</html>', 429, 'not_json', 'throttled', 'no'],
  ]

  test.each(CASES)('%s', (_, body, status, code, ...expected) => {
    const outcome = interpret(answer(body, { status }))
    expect(outcome.code).toBe(code)
    expect(short(outcome)).toEqual(expected)
    expect(outcome.message).toContain(`HTTP ${status}`)
    expect(outcome.message).not.toMatch(/[\r\n]/)
  })

  test('the message has a snippet of at most 200 bytes', () => {
    const outcome = interpret(answer(`<html>\n${'x'.repeat(5000)}`, { status: 502, contentType: 'text/html' }))
    expect(outcome.message).toContain('text/html')
    expect(outcome.message).toContain('<html> xxx')
    expect(outcome.message.length).toBeLessThan(300)
  })

  test('an envelope cut at each byte is never a profile', () => {
    const whole = Buffer.from(JSON.stringify({ code: 0, data: { userid: ID, nickname: '示例' } }))
    expect(interpret(answer(whole)).kind).toBe('profile')
    for (let length = 0; length < whole.length; length += 1) {
      expect(['retry', 'ambiguous', 'refused']).toContain(interpret(answer(whole.subarray(0, length))).kind)
    }
  })
})

test.each<[NoAnswer['fault'], ...Short]>([
  ['unsent', 'retry', 'no'],
  ['untrusted', 'stop', 'no', 'unreachable'],
  ['proxy', 'stop', 'no', 'proxy'],
  ['timeout', 'ambiguous', 'maybe'],
  ['broken', 'ambiguous', 'maybe'],
  ['undecodable', 'ambiguous', 'maybe'],
  ['too_large', 'refused', 'maybe'],
  ['redirect', 'stop', 'maybe', 'redirect'],
])('fault %s', (fault, ...expected) => {
  const outcome = interpret(noAnswer(fault))
  expect(short(outcome)).toEqual(expected)
  expect(outcome).toMatchObject({ code: fault, message: 'what happened' })
})

describe('Retry-After', () => {
  const waited = (retryAfter: string | null, body: unknown = { code: 302 }) =>
    interpret(answer(body, { retryAfter, status: 429 })).retryAfterMs

  test.each<[string | null, number | undefined]>([
    ['5', 5000],
    [' 5 ', 5000],
    ['0', 0],
    ['1000000000', 1e12],
    ['Sun, 22 Nov 2026 03:05:05 GMT', 60_000],
    ['Sun, 22 Nov 2026 03:00:00 GMT', 0],
    ['Sun, 99 Nov 2026 03:00:00 GMT', undefined],
    ['-1', undefined],
    ['1e9', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['5 apples', undefined],
    ['', undefined],
    ['9'.repeat(400), undefined],
    [null, undefined],
  ])('%j', (header, ms) => {
    expect(waited(header)).toBe(ms)
    expect(waited(header, '')).toBe(ms)
  })
})

describe('whether an answer shows that the upstream works', () => {
  const works = (end: CallEnd) => showsUpstreamWorks(end, interpret(end))

  test.each([0, 100, 201, 301, 303, 400, 77777])('code %i does', (code) => {
    expect(works(answer({ code }))).toBe(true)
  })

  test.each([302, 500, 503])('code %i does not', (code) => {
    expect(works(answer({ code }))).toBe(false)
  })

  test('a page or a fault does not', () => {
    expect(works(answer('<html>', { status: 502 }))).toBe(false)
    expect(works(answer(''))).toBe(false)
    expect(works(noAnswer('timeout'))).toBe(false)
    expect(works(noAnswer('unsent'))).toBe(false)
  })
})
