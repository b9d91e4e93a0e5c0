import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isInexact, readNumber } from '../../src/model/readNumber.js'

describe('readNumber', () => {
  test.each([
    ['0', 0n],
    ['65447', 65447n],
    ['65,447', 65447n],
    ['65，447', 65447n],
    ['1,234,567', 1234567n],
    [' 42 ', 42n],
    ['-7', -7n],
    ['+7', 7n],
    ['1.0', 1n],
    ['1.000', 1n],
    ['２１２６３', 21263n],
    ['9223372036854775808', 9223372036854775808n],
    ['1.2345万', 12345n],
    ['007', 7n],
  ])('%s is exactly %s', (text, value) => {
    const number = readNumber(text)
    expect(number).toEqual({ value, step: 1n, open: false })
    expect(isInexact(number!)).toBe(false)
  })

  test.each([
    ['2.1万', 21000n, 1000n],
    ['2.10万', 21000n, 100n],
    ['2万', 20000n, 10000n],
    ['2.1 万', 21000n, 1000n],
    ['10.5W', 105000n, 1000n],
    ['1.2k', 1200n, 100n],
    ['3千', 3000n, 1000n],
    ['6.5亿', 650000000n, 10000000n],
    ['1.5M', 1500000n, 100000n],
    ['２．１万', 21000n, 1000n],
    ['1,234.5万', 12345000n, 1000n],
  ])('%s is about %s', (text, value, step) => {
    const number = readNumber(text)
    expect(number).toEqual({ value, step, open: false })
    expect(isInexact(number!)).toBe(true)
  })

  test.each([
    ['10+', 10n, 1n],
    ['50w+', 500000n, 10000n],
    ['1千＋', 1000n, 1000n],
  ])('%s is %s or more', (text, value, step) => {
    const number = readNumber(text)
    expect(number).toEqual({ value, step, open: true })
    expect(isInexact(number!)).toBe(true)
  })

  test.each([
    '',
    ' ',
    'many',
    '1.5',
    '1e3',
    '1e400',
    '0x10',
    '1,23',
    '12,34,567',
    '1.23456万',
    '2.1万万',
    '万',
    '.5万',
    '1.',
    '--1',
    '5f',
    'NaN',
    'Infinity',
    '1 2',
    '28岁',
    '9'.repeat(100),
    ' '.repeat(1_000_000),
  ])('%j is not a whole number', (text) => {
    expect(readNumber(text)).toBeUndefined()
  })

  test('every whole number is read back, with and without grouping', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (value) => {
        expect(readNumber(String(value))).toEqual({ value, step: 1n, open: false })
        expect(readNumber(value.toLocaleString('en-US'))?.value).toBe(value)
      }),
    )
  })
})
