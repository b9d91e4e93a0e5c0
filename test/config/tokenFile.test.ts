import { chmodSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { exposedToken } from '../../src/config/exposedToken.js'
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

test('a file with the token that other users can read is a warning of a run and of doctor', async () => {
  const folder = temporaryFolder()
  for (const each of [folder, dirname(folder)]) chmodSync(each, 0o755)
  const [file, dotEnv] = [join(folder, 'token.txt'), join(folder, '.env')]
  writeFileSync(file, 'canary-token\n', { mode: 0o640 })
  expect(exposedToken(file)).toBeUndefined()
  const warning = (path: string) =>
    `other users of this machine can use the token: ${path} has the mode 644: chmod 600 ${path}`
  const run = async (...args: string[]) => (await commandHere(['run', 'none.csv', ...args], { cwd: folder })).stderr
  chmodSync(file, 0o644)
  expect(await run('--token-file', 'token.txt')).toContain(`warning: ${warning(file)}\n`)
  expect(await run('--token-file', 'token.txt', '--api', 'simulated')).not.toContain('other users')
  writeFileSync(dotEnv, 'JUSTONEAPI_TOKEN=canary-token\n', { mode: 0o644 })
  expect(await run()).toContain(`warning: ${warning(dotEnv)}\n`)
  const doctor = await commandHere(['doctor', '--api', 'http://127.0.0.1:9', '--token-file', file], { cwd: folder })
  expect(doctor.stdout).toMatch(new RegExp(`^warn {2}token .*; ${warning(file)}$`, 'm'))
  // Nobody else can enter the folder.
  chmodSync(folder, 0o700)
  expect(exposedToken(file)).toBeUndefined()
})
