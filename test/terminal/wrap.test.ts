import fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { wrap } from '../../src/terminal/wrap.js'

test('a line that fits stays as it is', () => {
  const line = 'time       a  b   c'
  expect(wrap(line, 19)).toBe(line)
})

test.each([
  ['plain text is indented by two', 'one two three four', 'one two\n  three\n  four'],
  ['indented text by two more', '  one two three', '  one two\n    three'],
  ['Chinese takes two columns', '小红书 上海 浙江', '小红书\n  上海\n  浙江'],
  ['a longer word stays whole', 'see /a/long/path/x here', 'see\n  /a/long/path/x\n  here'],
])('%s', (_, line, wrapped) => {
  expect(wrap(line, 9)).toBe(wrapped)
})

test.each([
  ['behind a label', 'note       the last run was cut off', 'note       the last run\n           was cut off'],
  ['behind the longest', 'unsearched /a/b may name them: check', 'unsearched /a/b may name\n           them: check'],
  ['behind no label', '           the last run was cut', '           the last run\n           was cut'],
  [
    'behind two',
    'ok    space     12.0 GB free of all',
    'ok    space     12.0 GB\n                free of\n                all',
  ],
  ['a path at once', 'database   /a/very/long/path/data.duckdb', 'database   /a/very/long/path/data.duckdb'],
])('the text hangs where it begins: %s', (_, line, wrapped) => {
  expect(wrap(line, 25)).toBe(wrapped)
})

test('a command to be copied is not broken', () => {
  expect(wrap('next       fix it and run `creator-enrich run a.csv --track`, then', 40)).toBe(
    'next       fix it and run\n           `creator-enrich run a.csv --track`,\n           then',
  )
  expect(wrap('next: `node cli.js run /data/somewhere/people.csv`', 24)).toBe(
    'next:\n  `node cli.js run /data/somewhere/people.csv`',
  )
})

test('no word is lost or broken, and only a long one is wider than the terminal', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[!-_a-z小红]{1,12}$/), { maxLength: 30 }), (words) => {
      const lines = wrap(words.join(' '), 20).split('\n')
      expect(lines.flatMap((line) => line.trim().split(' '))).toEqual(words.length === 0 ? [''] : words)
      for (const line of lines) if (line.trim().includes(' ')) expect(stringWidth(line)).toBeLessThanOrEqual(20)
    }),
  )
})
