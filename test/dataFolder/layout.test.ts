import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'

test('a folder with a question mark in its path is refused before anything is made in it', async () => {
  const data = join(temporaryFolder(), 'a?b', 'data')
  const list = writeList(temporaryFolder(), [plainId(1)])
  for (const command of [['run', list, '--api', 'simulated'], ['plan', list], ['status']]) {
    const { code, stderr } = await commandHere([...command, '--data', data])
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `error: ${data}: DuckDB keeps no database in a folder with "?" in its path; give another one with --data\n`,
    })
  }
  expect(existsSync(data)).toBe(false)
  expect(() => layoutOf('x?')).toThrow('give another one with --data')
})

test('a folder may have any other sign in its path', async () => {
  const data = join(temporaryFolder(), `it's "*[a] #%20 {b};$c\n数据`)
  const list = writeList(temporaryFolder(), [plainId(1)])
  const { code, stderr } = await commandHere(['run', list, '--data', data, '--api', 'simulated', '--quiet'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(existsSync(join(data, 'creators.duckdb'))).toBe(true)
})
