import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { EXIT } from '../../src/core/errors.js'

test('docs/exit-codes.md has a row for each exit code', () => {
  const page = readFileSync(new URL('../../docs/exit-codes.md', import.meta.url), 'utf8')
  const codes = [...page.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, cell]) => cell!.split(',').map(Number))
  expect(codes).toEqual(Object.values(EXIT))
})
