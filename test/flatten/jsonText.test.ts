import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonText, sortedJsonText } from '../../src/flatten/jsonText.js'

test('parsed JSON is written back, bigints as digits', () => {
  expect(jsonText([1, 'a', null, true, { b: 12345678901234567890n, a: [] }])).toBe(
    '[1,"a",null,true,{"b":12345678901234567890,"a":[]}]',
  )
})

test('halves of surrogate pairs become U+FFFD, also in keys, and text that looks like an escape stays', () => {
  expect(jsonText({ '\ud83d': ['\udc00', '\\ud800', '😀'] })).toBe('{"\ufffd":["\ufffd","\\\\ud800","😀"]}')
})

test('equal objects have equal sorted texts, and any JSON can be read back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const plain = JSON.stringify(value)
      expect(JSON.parse(jsonText(value)!)).toEqual(JSON.parse(plain))
      expect(JSON.parse(sortedJsonText(value)!)).toEqual(JSON.parse(plain))
    }),
  )
  expect(sortedJsonText({ b: 1, a: { d: 1, c: 2 } })).toBe(sortedJsonText({ a: { c: 2, d: 1 }, b: 1 }))
})

test('a hundred levels are written, one more is not', () => {
  const nest = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown
  expect(jsonText(nest(100))).toHaveLength(200)
  expect(jsonText(nest(101))).toBeUndefined()
  expect(sortedJsonText(nest(101))).toBeUndefined()
  expect(jsonText(nest(100_000))).toBeUndefined()
})
