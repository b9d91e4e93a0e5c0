import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'

test.each(['', '\n', '\r\n', ' \t\n\n'])('a token file that holds only %j is named as empty', async (content) => {
  const folder = temporaryFolder()
  const list = writeList(folder, [plainId(1)])
  const file = join(folder, 'token.txt')
  writeFileSync(file, content)
  // A token of the environment does not stand in for the file.
  const options = { cwd: folder, env: { JUSTONEAPI_TOKEN: 'canary-token' } }
  const said = `--token-file ${file} is empty: write the token into it, or name another file`
  const run = await commandHere(['run', list, '--token-file', 'token.txt'], options)
  expect(run).toEqual({ code: 2, stdout: '', stderr: `error: ${said}\n` })
  const doctor = await commandHere(
    ['doctor', '--token-file', 'token.txt', '--api', 'http://127.0.0.1:9', '--json'],
    options,
  )
  const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; said: string; exit_code?: number }[] }
  expect(checks.find(({ name }) => name === 'token')).toMatchObject({ said, exit_code: 2 })
})
