import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'

test('a worker takes the path of a pipeline of one’s own, as run does', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'missing')
  const address = ['--database-url', 'postgres://localhost:1/none']
  const ended = await commandHere(['worker', '--pipeline', path, '--data', join(folder, 'worker'), ...address])
  expect(ended).toMatchObject({ code: 2, stderr: `error: --pipeline ${path}: ${path} does not exist\n` })
})
