import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { count } from '../../src/core/text.js'
import { fit, percent, table } from '../../src/terminal/table.js'

test.each([
  ['abc', 3],
  ['小红书', 6],
  ['ＡＢ', 4],
  ['é', 1],
  ['e\u0301', 1],
  ['👩‍👩‍👧', 2],
  ['❤️', 2],
  ['한국', 4],
  ['かな', 4],
  ['¥1…', 3],
  ['a\u200bb', 2],
  ['', 0],
])('%s takes %d columns', (text, columns) => {
  expect(stringWidth(text)).toBe(columns)
})

test('a text is cut between letters, and `…` shows it', () => {
  expect(fit('小红书达人', 10)).toBe('小红书达人')
  expect(fit('小红书达人', 9)).toBe('小红书达…')
  expect(fit('小红书达人', 8)).toBe('小红书…')
  expect(fit('a👩‍👩‍👧b👩‍👩‍👧', 5)).toBe('a👩‍👩‍👧b…')
})

test('control characters are removed', () => {
  expect(fit('a\x1b[31m\r\nb\u202ec', 20)).toBe('a [31m b c')
})

test('columns are aligned, and the widest column that may be cut is narrowed', () => {
  const header = [
    { title: 'name', cut: true },
    { title: 'n', right: true },
    { title: 'note', cut: true },
  ]
  const rows = [
    ['小红书达人小红书达人', '1', 'short'],
    ['b', '1,234', 'a note that is far too long'],
  ]
  expect(table(header, rows, 40)).toBe(
    [
      'name                 n  note',
      '小红书达人小红…      1  short',
      'b                1,234  a note that is …',
      '',
    ].join('\n'),
  )
  for (const line of table(header, rows, 40).split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(40)
})

test('a link gives way before a name', () => {
  const header = [
    { title: 'link', cut: 'first' as const },
    { title: 'name', cut: true },
  ]
  const rows = [['https://example.invalid/profile/1', 'a rather long name of somebody']]
  expect(table(header, rows, 45)).toBe('link           name\nhttps://exam…  a rather long name of somebody\n')
  expect(table(header, rows, 30)).toBe('link      name\nhttps:/…  a rather long name …\n')
})

test('numbers and shares for people', () => {
  expect([count(1234567), count(null), count(12345678901234567890n)]).toEqual([
    '1,234,567',
    '–',
    '12,345,678,901,234,567,890',
  ])
  expect([0, 0.0001, 0.125, 0.99999, 1, null].map(percent)).toEqual(['0%', '0.1%', '12.5%', '99.9%', '100%', '–'])
})

test('a text of megabytes is cut without being measured whole', () => {
  const header = [{ title: 'id' }, { title: 'name', cut: true }]
  const [, line] = table(header, [['1', '好'.repeat(5_000_000)]], 40).split('\n')
  expect(stringWidth(line!)).toBeLessThanOrEqual(40)
  expect(line).toContain('…')
})
