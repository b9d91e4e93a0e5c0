import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { faults } from '../../src/simulator/faults.js'
import { defaultSettings } from '../../src/simulator/settings.js'

const page = readFileSync(new URL('../../docs/simulator.md', import.meta.url), 'utf8')

test('the page lists every fault as it is', () => {
  const yes = (is: boolean) => (is ? 'yes' : 'no')
  const rows = Object.entries(faults).map(
    ([number, { what, charged, whole }]) =>
      `| ${number.padStart(3, '0')} | ${what} | ${yes(charged)} | ${yes(whole)} |`,
  )
  expect(page.split('\n').filter((line) => /^\| \d{3} \|/.test(line))).toEqual(rows)
})

test('the page lists every setting', () => {
  const [, settings = ''] = page.split('## Settings')
  const named = [...settings.split('## ')[0]!.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(([, names]) =>
    names!.split(', ').map((name) => name.slice(1, -1)),
  )
  expect(named).toEqual(Object.keys(defaultSettings))
})
