import { once } from 'node:events'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { withSpill } from '../../src/dataFolder/spill.js'
import { startChild } from '../support/child.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'

test.each(['SIGINT', 'SIGTERM'] as const)('%s removes what exceeded memory, and ends the process', async (signal) => {
  const data = join(temporaryFolder(), 'data')
  const reader = startChild('spiller.mjs', data)
  const folder = await reader.line()
  expect(folder.startsWith(join(data, 'state', 'spill'))).toBe(true)
  expect(statSync(folder).mode & 0o077).toBe(0)
  const ended = once(reader.process, 'exit')
  reader.process.kill(signal)
  expect(await ended).toEqual([null, signal])
  expect(existsSync(folder)).toBe(false)
})

test('what a killed reader left is removed by the next command; the folder of a living one stays', async () => {
  const data = join(temporaryFolder(), 'data')
  const [killed, living] = [startChild('spiller.mjs', data), startChild('spiller.mjs', data)]
  const [left, used] = [await killed.line(), await living.line()]
  await killed.kill()
  expect(existsSync(join(left, 'rows.tmp'))).toBe(true)
  const plan = await commandHere(['plan', writeList(temporaryFolder(), [plainId(1)]), '--data', data])
  expect(plan.code).toBe(0)
  expect(existsSync(left)).toBe(false)
  expect(existsSync(join(used, 'rows.tmp'))).toBe(true)
})

test('a command that only reads leaves no folder behind', async () => {
  const folder = temporaryFolder()
  await withSpill(layoutOf(join(folder, 'data')), (spill) => Promise.resolve(spill))
  expect(readdirSync(folder)).toEqual([])
})
