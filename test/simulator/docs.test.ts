import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { faults } from '../../src/simulator/faults.js'
import { defaultSettings } from '../../src/simulator/settings.js'

const page = readFileSync(new URL('../../docs/simulator.md', import.meta.url), 'utf8')

test('the page lists every fault with its text and its kind', () => {
  const kindOf = (charged: boolean, whole: boolean) =>
    charged ? (whole ? 'odd' : 'lost') : whole ? 'refusal' : 'foreign'
  const lines = Object.entries(faults).map(
    ([number, { what, charged, whole }]) => `${number.padStart(3, '0')}  ${kindOf(charged, whole).padEnd(7)}  ${what}`,
  )
  expect(page.split('\n').filter((line) => /^\d{3} /.test(line))).toEqual(lines)
})

test('the page lists every setting', () => {
  const [, settings = ''] = page.split('## Settings')
  const named = [...settings.split('## ')[0]!.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(([, names]) =>
    names!.split(', ').map((name) => name.slice(1, -1)),
  )
  expect(named).toEqual(Object.keys(defaultSettings))
})
