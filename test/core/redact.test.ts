import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redactor } from '../../src/core/redact.js'

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
