import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { EXIT } from '../../src/core/errors.js'

test('docs/exit-codes.md names each exit code in the order in which they apply', () => {
  const page = readFileSync(new URL('../../docs/exit-codes.md', import.meta.url), 'utf8')
  const order = page
    .slice(0, page.indexOf('`make`'))
    .match(/\b\d+\b/g)!
    .map(Number)
  expect(new Set(order)).toEqual(new Set(Object.values(EXIT)))
})

test('docs/exit-codes.md has a row for each exit code', () => {
  const page = readFileSync(new URL('../../docs/exit-codes.md', import.meta.url), 'utf8')
  const codes = [...page.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, cell]) => cell!.split(',').map(Number))
  expect(codes).toEqual(Object.values(EXIT))
})
