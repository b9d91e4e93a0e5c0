import { expect, test } from 'vitest'
import { prometheusText, sampleIn } from '../../src/core/prometheusText.js'
import { parsePrometheusText } from '../support/prometheusText.js'

const family = (samples: [Record<string, string>, number][]) => {
  return { name: 'a_metric', type: 'gauge' as const, help: 'A \\ and\na line.', samples }
}

test('every label value survives the text format', () => {
  const values = ['plain', '"', '\\', '\n', '\\n', 'a "b" \\ c\nd', '上海 ✓', '{x="y"}', ', ', '']
  const text = prometheusText([family(values.map((value, at) => [{ value }, at]))], { folder: '/a "b"\n\\' })
  expect(parsePrometheusText(text)).toEqual(
    values.map((value, at) => ({ name: 'a_metric', labels: { folder: '/a "b"\n\\', value }, value: at })),
  )
  expect(text).toMatch(/^# HELP a_metric A \\\\ and\\na line\.\n# TYPE a_metric gauge\n/)
})

test('a metric without a sample, and a value that is not finite, are left out', () => {
  expect(prometheusText([family([]), { ...family([[{}, NaN]]), name: 'other' }])).toBe('')
  expect(
    prometheusText([
      family([
        [{ at: '1' }, Infinity],
        [{ at: '2' }, 1e21],
      ]),
    ]),
  ).toContain('a_metric{at="2"} 1e+21\n')
})

test('a sample is found again, with labels and without', () => {
  const text = '# HELP a A.\nab 1\na{folder="x y",b="1"} 2.5\na 3\n'
  expect(sampleIn(text, 'a')).toBe(2.5)
  expect(sampleIn('a 3\n', 'a')).toBe(3)
  expect(sampleIn(text, 'b')).toBeUndefined()
  expect(sampleIn('a \na nonsense\n', 'a')).toBeUndefined()
})

test.each([
  ['the last line does not end', '# HELP a A.\n# TYPE a gauge\na 1'],
  ['a comes twice', '# HELP a A.\n# TYPE a gauge\na 1\n# HELP a A.\n# TYPE a gauge\na 1\n'],
  ['the series comes twice', '# HELP a A.\n# TYPE a gauge\na{x="1",y="2"} 1\na{y="2",x="1"} 1\n'],
  ['stands under', '# HELP a A.\n# TYPE a gauge\nb 1\n'],
  ['a bad label', '# HELP a A.\n# TYPE a gauge\na{x="1} 1\n'],
  ['a bad value', '# HELP a A.\n# TYPE a gauge\na one\n'],
])('the parser of these tests says: %s', (message, text) => {
  expect(() => parsePrometheusText(text)).toThrow(message)
})
