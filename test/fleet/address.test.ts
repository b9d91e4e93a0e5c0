import { expect, test } from 'vitest'
import { commandHere } from '../support/commandHere.js'

test.each([
  'postgres://enrich:12/34secret@db/enrich',
  'postgres://enrich:77#34secret@db/enrich',
  'postgres://enrich:77?34secret@db/enrich',
  'postgres://enrich%3A34secret%40db/enrich',
])('an address that cannot be read as it was meant is refused without its text: %s', async (url) => {
  const ended = await commandHere(['worker', 'stop', '--database-url', url])
  expect(ended).toMatchObject({ code: 2, stdout: '' })
  expect(ended.stderr).toContain('the address of the database cannot be read')
  expect(ended.stderr).not.toContain('secret')
  expect(ended.stderr).not.toMatch(/77|12|enrich:/)
})
