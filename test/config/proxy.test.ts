import { expect, test } from 'vitest'
import { proxyRule } from '../../src/config/proxy.js'
import { UsageError } from '../../src/core/errors.js'

const API = 'https://api.example.test'
const PLAIN = 'http://203.0.113.9:30015'

/** The proxy of an address; its variable as well. */
function taken(address: string, ...environments: Record<string, string>[]): string | undefined {
  const proxy = proxyRule(environments)(new URL(address))
  return proxy && `${proxy.variable} ${proxy.host}:${proxy.port}`
}

test.each<[string, Record<string, string>, string | undefined]>([
  [API, {}, undefined],
  [API, { HTTPS_PROXY: 'http://a:1' }, 'HTTPS_PROXY a:1'],
  [API, { https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:2' }, 'https_proxy a:1'],
  [API, { https_proxy: '', HTTPS_PROXY: ' http://b:2 ' }, 'HTTPS_PROXY b:2'],
  [API, { HTTP_PROXY: 'http://b:2' }, 'HTTP_PROXY b:2'],
  [PLAIN, { HTTPS_PROXY: 'http://a:1' }, undefined],
  [PLAIN, { HTTPS_PROXY: 'http://a:1', http_proxy: 'http://b:2' }, 'http_proxy b:2'],
  [API, { ALL_PROXY: 'http://c:3' }, 'ALL_PROXY c:3'],
  [PLAIN, { all_proxy: 'http://c:3' }, 'all_proxy c:3'],
  [PLAIN, { HTTPS_PROXY: 'http://a:1', ALL_PROXY: 'http://c:3' }, undefined],
  [API, { HTTPS_PROXY: 'a.example:3128' }, 'HTTPS_PROXY a.example:3128'],
  [API, { HTTPS_PROXY: 'http://a.example' }, 'HTTPS_PROXY a.example:80'],
  [API, { HTTPS_PROXY: 'https://a.example' }, 'HTTPS_PROXY a.example:443'],
  [API, { HTTPS_PROXY: 'http://[2001:db8::1]:8' }, 'HTTPS_PROXY 2001:db8::1:8'],
])('%s with %j', (address, environment, expected) => {
  expect(taken(address, environment)).toBe(expected)
})

test.each<[string, string, boolean]>([
  [API, '*', true],
  [API, 'other.test, *', true],
  [API, 'api.example.test', true],
  [API, 'API.Example.Test.', true],
  [API, 'example.test', true],
  [API, '.example.test', true],
  [API, '*.example.test', true],
  [API, 'ample.test', false],
  [API, 'a,b example.test', true],
  [API, 'example.test:443', true],
  [API, 'example.test:8443', false],
  [`${API}:8443`, 'example.test:8443', true],
  [PLAIN, '203.0.113.9', true],
  [PLAIN, '203.0.113.9:30015', true],
  [PLAIN, '203.0.113.9:80', false],
  [PLAIN, '203.0.113.0/24', true],
  [PLAIN, '203.0.112.0/24', false],
  [PLAIN, '203.0.113.0/99', false],
  ['https://[2001:db8::9]', '2001:db8::9', true],
  ['https://[2001:db8::9]', '[2001:db8::9]:443', true],
  ['https://[2001:db8::9]', '2001:db8::/32', true],
  [API, '', false],
])('%s with NO_PROXY=%s', (address, noProxy, isExcepted) => {
  const direct = taken(address, { ALL_PROXY: 'http://c:3', NO_PROXY: noProxy }) === undefined
  expect(direct).toBe(isExcepted)
  expect(taken(address, { ALL_PROXY: 'http://c:3', no_proxy: noProxy }) === undefined).toBe(isExcepted)
})

test.each(['localhost', '127.0.0.1:8080', '127.9.9.9', '[::1]', '[::ffff:127.0.0.1]'])(
  '%s is this machine, which no proxy reaches',
  (host) => {
    const all = { HTTPS_PROXY: 'http://a:1', HTTP_PROXY: 'http://b:2' }
    expect(taken(`http://${host}`, all)).toBeUndefined()
    expect(taken(`https://${host}`, all)).toBeUndefined()
  },
)

test('the first environment wins, one variable at a time', () => {
  expect(taken(API, { NO_PROXY: 'x' }, { HTTPS_PROXY: 'http://a:1', NO_PROXY: '*' })).toBe('HTTPS_PROXY a:1')
})

test('user and password are sent and never shown', () => {
  const proxy = proxyRule([{ HTTPS_PROXY: 'http://us%40er:s%3Acret@a.example:3128/path' }])(new URL(API))!
  expect(proxy.authorization).toBe(`Basic ${Buffer.from('us@er:s:cret').toString('base64')}`)
  expect(proxy.shown).toBe('http://a.example:3128')
})

test.each([
  'socks5://u:s3cret@127.0.0.1:1080',
  'http://',
  'ftp://u:s3cret@a',
  'http://u:s3cret%zz@a:1',
  'http://a:99999',
])('%s is refused where it would be used, without its value', (value) => {
  const rule = proxyRule([{ HTTPS_PROXY: value, NO_PROXY: 'other.test' }])
  expect(rule(new URL('https://other.test'))).toBeUndefined()
  expect(rule(new URL('https://localhost'))).toBeUndefined()
  expect(() => rule(new URL(API))).toThrow(UsageError)
  expect(() => rule(new URL(API))).toThrow(/^HTTPS_PROXY: (?!.*s3cret)/)
})
