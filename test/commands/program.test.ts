import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { commands } from '../../src/commands/program.js'
import { cli } from '../support/cli.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('every folder of src/commands/ is a command of the list', () => {
  const folders = readdirSync(`${root}/src/commands`, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(folders.map(({ name }) => name).sort()).toEqual(commands.map(({ name }) => name).sort())
})

test('a command is declared without importing what it runs, so that --help stays fast', () => {
  for (const { name } of commands) {
    const source = readFileSync(`${root}/src/commands/${name}/command.ts`, 'utf8')
    expect([...source.matchAll(/^import .* from '(.*)'/gm)].map(([, target]) => target)).toEqual(['../command.js'])
  }
})

test('each --help has an example and fits 80 columns; that of run has groups', async () => {
  for (const { name, example } of commands) {
    const { code, stdout } = await commandHere([name, '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain(example === undefined ? 'docs/exit-codes.md' : `Example: creator-enrich ${example}\n`)
    expect(stdout.split('\n').filter((line) => line.length > 80 && !line.startsWith('Example: '))).toEqual([])
    if (name === 'run') expect(stdout).toMatch(/\nMoney:\n {2}--max-calls /)
  }
  const { stdout } = await commandHere(['--help'])
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(stdout).toMatch(/\n {2}run \[input\.\.\.\] +read, plan/)
})

test.each(['run', 'plan', 'status'])('%s in a folder that was deleted is one clear line', async (command) => {
  const folder = temporaryFolder()
  const list = command === 'status' ? [] : [writeList(folder, [plainId(1)])]
  const through = ['sh', '-c', `mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"`, join(folder, 'gone')]
  const ended = await cli([command, ...list, '--data', join(folder, 'data')], { through })
  expect(ended.code).toBe(2)
  expect(ended.stderr).toMatch(/^error: the current folder was deleted or cannot be read; [^\n]*\n$/)
})

test.each([1_000_000, 2_000_000])(
  'too little address space (%i kB) is one clear line and exit code 7',
  async (limit) => {
    const folder = temporaryFolder()
    const through = ['sh', '-c', `ulimit -v ${limit}; exec "$@"`, 'sh']
    const args = ['run', writeList(folder, [plainId(1)]), '--api', 'simulated', '--data', join(folder, 'data')]
    const ended = await cli([...args, '--quiet'], { through })
    expect(ended.code).toBe(7)
    expect(ended.stderr).toMatch(/^error: [^\n]*ulimit -v unlimited[^\n]*\n$/)
  },
)
