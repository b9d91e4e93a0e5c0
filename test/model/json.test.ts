import { describe, expect, test } from 'vitest'
import { decodeUtf8, readJson, readJsonText } from '../../src/model/json.js'

const valueOf = (text: string) => {
  const read = readJsonText(text)
  if (!read.ok) throw new Error(read.problem)
  return read.value
}

describe('numbers', () => {
  test.each<[string, unknown]>([
    ['{"n":65447}', 65447],
    ['{"n":-1}', -1],
    ['{"n":1.5}', 1.5],
    ['{"n":1.0}', 1],
    ['{"n":9007199254740991}', 9007199254740991],
    ['{"n":9007199254740993}', 9007199254740993n],
    ['{"n":-9007199254740993}', -9007199254740993n],
    ['{"n": 10000000000000000999}', 10000000000000000999n],
    ['{"n":1e3}', 1000],
    ['{"n":1e400}', '1e400'],
    ['{"n":1e-400}', '1e-400'],
    ['{"n":0.12345678901234567891}', '0.12345678901234567891'],
    ['{"n":9007199254740993.0}', '9007199254740993.0'],
  ])('%s', (text, expected) => {
    expect(valueOf(text)).toEqual({ n: expected })
  })

  test('an id with 16 zeros and a text with digits stay text', () => {
    const text = '{"id":"5f0000000000000001000a01","bio":"x: 12345678901234567890, y"}'
    expect(valueOf(text)).toEqual({ id: '5f0000000000000001000a01', bio: 'x: 12345678901234567890, y' })
  })

  test('long numbers in a list are found, too', () => {
    expect(valueOf('[1,[9007199254740993 ,2]]')).toEqual([1, [9007199254740993n, 2]])
  })
})

describe('keys', () => {
  test.each(['{"__proto__":{"x":1}}', '{"__proto__":{"x":1},"n":9007199254740993}'])(
    '%s changes no prototype',
    (text) => {
      const value = valueOf(text) as Record<string, unknown>
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
      expect(value['x']).toBeUndefined()
      expect(Object.keys(value)[0]).toBe('__proto__')
    },
  )

  test('if a key occurs twice the last one counts, with and without large numbers', () => {
    expect(valueOf('{"a":1,"a":2}')).toEqual({ a: 2 })
    expect(valueOf('{"a":1,"a":2,"n":9007199254740993}')).toEqual({ a: 2, n: 9007199254740993n })
  })
})

describe('problems', () => {
  const nested = (depth: number, inner: string) => '['.repeat(depth) + inner + ']'.repeat(depth)

  test.each(['', '  \n', '\ufeff'])('%j is empty', (text) => {
    expect(readJson(Buffer.from(text))).toEqual({ ok: false, problem: 'empty' })
  })

  test('JSON cut at any byte is not JSON', () => {
    const bytes = Buffer.from('{"code":0,"data":{"name":"示例","n":9007199254740993}}')
    for (let length = 1; length < bytes.length; length += 1) {
      const read = readJson(bytes.subarray(0, length))
      expect(read.ok, `cut to ${length}`).toBe(false)
    }
  })

  test('bytes that are not UTF-8 are refused', () => {
    expect(readJson(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]))).toEqual({ ok: false, problem: 'not_utf8' })
    expect(decodeUtf8(Buffer.from([0xb0, 0xa1]))).toBeUndefined()
  })

  test('deep nesting is read, but refused together with large numbers', () => {
    expect(readJsonText(nested(100_000, '1')).ok).toBe(true)
    expect(readJsonText(nested(100_000, '9007199254740993'))).toEqual({ ok: false, problem: 'too_deep' })
  })
})

test('a byte order mark is left out at the start only', () => {
  expect(decodeUtf8(Buffer.from('\ufeffa\ufeff'))).toBe('a\ufeff')
  expect(readJson(Buffer.from('\ufeff{"a":1}'))).toEqual({ ok: true, value: { a: 1 } })
})

test('only the bytes of a view are read, not the buffer around it', () => {
  const larger = Buffer.from('xx{"a":1}yy')
  expect(readJson(new Uint8Array(larger.buffer, larger.byteOffset + 2, 7))).toEqual({ ok: true, value: { a: 1 } })
})

test('a long number is found at every place where a number can stand', () => {
  const big = '9007199254740993'
  const blanks = ' \n'.repeat(30)
  for (const text of [
    `[${blanks}${big}]`,
    `[1,${big}]`,
    `{"a" :${blanks}-${big}}`,
    big,
    `["5e",${big}]`,
    `["1234567890123456",${big}]`,
  ]) {
    expect(
      JSON.stringify(valueOf(text), (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)),
    ).toContain(`${big}n`)
  }
  expect(valueOf('["0000000000000000000012e4","5e1"]')).toEqual(['0000000000000000000012e4', '5e1'])
})

test('a very long text of digits takes linear time', () => {
  const started = performance.now()
  expect(valueOf(`["x${'1234567890'.repeat(200_000)}"]`)).toHaveLength(1)
  expect(performance.now() - started).toBeLessThan(1000)
})
