import fc from 'fast-check'
import { expect, test } from 'vitest'
import { endRedactor, redactor } from '../../src/core/redact.js'

test('takes the token out in its literal and its encoded forms', () => {
  const redact = redactor('a+b/c=="%')
  expect(redact('GET /x?token=a%2Bb%2Fc%3D%3D%22%25&u=1')).toBe('GET /x?token=[token]&u=1')
  expect(redact('GET /x?token=a%2bb%2fc%3d%3d%22%25')).toBe('GET /x?token=[token]')
  expect(redact('{"message":"bad a+b/c==\\"%"}')).toBe('{"message":"bad [token]"}')
  expect(redact('a+b/c=="%,a+b/c=="%')).toBe('[token],[token]')
})

test('takes the token out of JSON, whichever characters are escaped', () => {
  const redact = redactor('Zm9vYmFy/abcd+12==')
  expect(redact('{"m":"Zm9vYmFy\\/abcd+12\\u003d\\u003D"}')).toBe('{"m":"[token]"}')
  expect(redact('{"m":"\\u005am9vYmFy\\/abcd%2B12=="}')).toBe('{"m":"[token]"}')
})

test('without a token nothing changes', () => {
  expect(redactor(undefined)('token=x')).toBe('token=x')
})

test('a token too short to be a secret is taken out only where it is sent', () => {
  expect(redactor('x')('GET https://xyz/x?token=x&x=x: exit')).toBe('GET https://xyz/x?token=[token]&x=x: exit')
})

test('no token of printable ASCII survives, at any place in a text', () => {
  const token = fc.stringMatching(/^[!-~]{8,40}$/)
  fc.assert(
    fc.property(token, fc.string(), fc.string(), (secret, before, after) => {
      const redact = redactor(secret)
      for (const form of [secret, encodeURIComponent(secret), new URLSearchParams({ t: secret }).toString().slice(2)]) {
        expect(redact(`${before} ${form} ${after}`).replaceAll('[token]', '')).not.toContain(form)
      }
    }),
  )
})

const TOKENS = [
  'canary+token/7f3a==',
  'sk_live_4f9a8c7b6e5d4c3b2a1',
  '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d',
  '"\\&<canary>\'%',
]
const everyCharacter = (write: (code: number) => string) => (text: string) =>
  Array.from(text, (character) => write(character.charCodeAt(0))).join('')
const hex = (code: number) => code.toString(16).padStart(2, '0')
const NAMED: Record<string, string> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
  '=': 'equals',
  '/': 'sol',
}
const named = (text: string) => text.replace(/[&<>"'=/]/g, (character) => `&${NAMED[character]!};`)
const base64 = (shift: number, encoding: 'base64' | 'base64url') => (text: string) =>
  Buffer.from(`${'~'.repeat(shift)}${text}`).toString(encoding)
const utf16 = (text: string) => Buffer.from(text, 'utf16le')

const ENCODINGS: Record<string, (token: string) => string> = {
  'URL, once': encodeURIComponent,
  'URL, twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'URL, every character': everyCharacter((code) => `%${hex(code).toUpperCase()}`),
  'URL, every character twice': everyCharacter((code) => `%25${hex(code)}`),
  JSON: JSON.stringify,
  'JSON in JSON': (text) => JSON.stringify(JSON.stringify(text)),
  'JSON, every character': everyCharacter((code) => `\\u00${hex(code)}`),
  'JSON in JSON, every character': everyCharacter((code) => `\\\\u00${hex(code)}`),
  'HTML, decimal': everyCharacter((code) => `&#${code};`),
  'HTML, decimal with zeros and no semicolon': everyCharacter((code) => `&#0${code}`),
  'HTML, hex': everyCharacter((code) => `&#x${hex(code)};`),
  'HTML, hex in capitals': everyCharacter((code) => `&#X${hex(code).toUpperCase()};`),
  'HTML, named': named,
  'HTML in HTML': (text) => named(named(text)),
  'HTML in JSON': everyCharacter((code) => `\\u0026#${code};`),
  'hex, small': (text) => Buffer.from(text).toString('hex'),
  'hex, capital': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'hex, spaced': everyCharacter((code) => `${hex(code)} `),
  'hex, as bytes of C': everyCharacter((code) => `\\x${hex(code)}`),
  'hex, listed': everyCharacter((code) => `0x${hex(code)}, `),
  'hex of UTF-16': (text) => utf16(text).toString('hex'),
  'base64 of UTF-16': (text) => utf16(text).toString('base64'),
  'base64 in a URL': (text) => encodeURIComponent(base64(0, 'base64')(text)),
  'base64 in lines': (text) => base64(1, 'base64')(text).replace(/.{7}/g, '$&\r\n'),
  'UTF-16, little end first': (text) => utf16(text).toString('latin1'),
  'UTF-16, big end first': (text) => utf16(text).swap16().toString('latin1'),
  'UTF-16 in JSON': (text) => JSON.stringify(utf16(text).toString('latin1')),
  capitals: (text) => text.toUpperCase(),
}
for (const shift of [0, 1, 2]) {
  ENCODINGS[`base64 after ${shift} bytes`] = base64(shift, 'base64')
  ENCODINGS[`base64 for URLs after ${shift} bytes`] = base64(shift, 'base64url')
}
/** Of a token of few letters and digits these forms could be an ordinary text. */
const SPACED: Record<string, (token: string) => string> = {
  spaced: (text) => Array.from(text).join(' '),
  'with hyphens': (text) => Array.from(text).join('-'),
  'in groups': (text) => text.replace(/.{4}/g, '$& '),
  'spaced in a URL': (text) => Array.from(text).join('%20'),
  'spaced in HTML': (text) => Array.from(text).join('&nbsp;'),
  'in lines': (text) => text.replace(/.{4}/g, '$&\n'),
  'in lines in JSON': (text) => text.replace(/.{4}/g, '$&\\n'),
}

/** What a reader finds in a text with all escapes and separators undone. */
function readable(text: string): string {
  return text
    .replace(/%25/g, '%')
    .replace(/%([0-9a-f]{2})|\\+u00([0-9a-f]{2})|&#x([0-9a-f]{2});?/gi, (_, ...codes: (string | undefined)[]) =>
      String.fromCharCode(
        Number.parseInt(
          codes.find((code) => code)!,
          16,
        ),
      ),
    )
    .replace(/&#0?(\d+);?/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/[^a-z0-9]/gi, '')
    .toLowerCase()
}

test.each(Object.entries({ ...ENCODINGS, ...SPACED }))(
  'takes the token out of a text that holds it as: %s',
  (name, encode) => {
    for (const token of name in SPACED ? TOKENS.slice(0, 3) : TOKENS) {
      const encoded = encode(token)
      const redacted = redactor(token)(`before ${encoded} after`)
      expect(redacted).toContain('[token]')
      expect(readable(redacted.replaceAll('[token]', '')), token).toMatch(/^before.{0,4}after$/)
    }
  },
)

test('takes the token out of longer base64 text, at each place in it', () => {
  const redact = redactor(TOKENS[0])
  for (let before = 40; before < 43; before += 1) {
    for (const encoding of ['base64', 'base64url'] as const) {
      const whole = Buffer.from(`${'x'.repeat(before)}${TOKENS[0]!}${'y'.repeat(40)}`).toString(encoding)
      const redacted = redact(whole)
      expect(redacted).toContain('[token]')
      const rest = Buffer.from(redacted.replace('[token]', ''), encoding).toString('latin1')
      expect(rest).not.toMatch(/canary|token|7f3a/)
    }
  }
})

test('a body with the token in it stays JSON', () => {
  const redact = redactor(TOKENS[0])
  for (const before of ['', '\\', '\\\\', '\n', '"', 'é\\']) {
    for (const encode of [JSON.stringify, (text: string) => `"${ENCODINGS['JSON, every character']!(text)}"`]) {
      const body = `{"m":"${JSON.stringify(before).slice(1, -1)}${encode(TOKENS[0]!).slice(1)}}`
      // Backslashes before an escaped character belong to its escape.
      expect((JSON.parse(redact(body)) as { m: string }).m).toMatch(/^[^a-z]*\[token\]$/)
    }
  }
})

test('bodies made to be slow are searched in time that grows with their length', () => {
  const parts = [
    '\\',
    '%25',
    '&amp;',
    'amp;',
    ' ',
    '00',
    'c',
    'ca ',
    'canary+token/7f3a=',
    '63',
    '\\u0063',
    '&#99;',
    '\0',
    '%',
    '&#0',
  ]
  const pieces = [...parts, ...parts.map((part) => `c${part.repeat(50)}`)]
  const redact = redactor(TOKENS[0])
  const took = (text: string): number => {
    const start = performance.now()
    redact(text)
    return performance.now() - start
  }
  for (const piece of pieces) {
    const text = piece.repeat(Math.ceil(500_000 / piece.length))
    // A search of every part of the text from every place would take minutes.
    expect(took(text), piece).toBeLessThan(2_000)
  }
})

test.each([32, 300, 1_000])('a token of %i characters, whole or cut, is taken out within seconds', (length) => {
  const token = Array.from({ length }, (_, at) => 'aZ3_kQ9.xW-7mB'[(at * at + at) % 14]).join('')
  const began = performance.now()
  const redact = redactor(token)
  const redactEnd = endRedactor(token)
  const body = `{"a":"${'x'.repeat(3_000)}`
  expect(redactEnd(body)).toBe(body)
  for (const echo of [
    token,
    encodeURIComponent(token),
    Buffer.from(token).toString('hex'),
    Buffer.from(token).toString('base64'),
  ]) {
    expect(redact(`${body} ${echo} y`)).toBe(`${body} [token] y`)
    for (const part of [16, Math.floor(echo.length / 2), echo.length - 1].map((end) => echo.slice(0, end))) {
      expect(redactEnd(`${body} ${part}`.slice(-4_000)).endsWith(part.slice(-8))).toBe(false)
    }
  }
  // A search of every part of the token from every place would take minutes.
  expect(performance.now() - began).toBeLessThan(60_000)
})
