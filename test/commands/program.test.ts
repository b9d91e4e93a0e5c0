import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { commands } from '../../src/commands/program.js'

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
