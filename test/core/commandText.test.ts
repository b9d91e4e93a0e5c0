import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { commandText, demoText, plainCommands, type Start } from '../../src/core/commandText.js'
import { temporaryFolder } from '../support/folder.js'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const CLI = join(root, 'dist/src/cli.js')

function link(...path: string[]): { folder: string; script: string } {
  const folder = temporaryFolder()
  const script = join(folder, ...path)
  mkdirSync(join(script, '..'), { recursive: true })
  symlinkSync(CLI, script)
  return { folder, script }
}

const REPLAY = ['replay', '--data', 'data']
const start = (script: string | undefined, more: Partial<Start> = {}): Start => ({ script, env: {}, cwd: '/', ...more })

test('node dist/src/cli.js, from its folder and from another', () => {
  expect(commandText(REPLAY, start(CLI, { cwd: root }))).toBe('node dist/src/cli.js replay --data data')
  expect(commandText(REPLAY, start(CLI, { cwd: join(root, 'docs') }))).toBe(`node ${CLI} replay --data data`)
})

test('npx and npm scripts start the link of node_modules/.bin', () => {
  const { folder, script } = link('node_modules/.bin/creator-enrich')
  const env = { PATH: `${join(folder, 'node_modules/.bin')}:/usr/bin` }
  expect(commandText(REPLAY, start(script, { env, cwd: folder }))).toBe('npx creator-enrich replay --data data')
})

test('a global installation, and a link that is not on the PATH', () => {
  const { folder, script } = link('bin/creator-enrich')
  const env = { PATH: `/usr/bin:${join(folder, 'bin')}` }
  expect(commandText(REPLAY, start(script, { env }))).toBe('creator-enrich replay --data data')
  expect(commandText(REPLAY, start(script))).toBe(`${script} replay --data data`)
  expect(commandText(REPLAY, start(script, { cwd: join(folder, 'bin') }))).toBe('./creator-enrich replay --data data')
})

test('another program that uses the library', () => {
  expect(commandText(REPLAY, start('/srv/app.js'))).toBe('creator-enrich replay --data data')
  expect(commandText(REPLAY, start(undefined))).toBe('creator-enrich replay --data data')
})

test.each([
  [['replay'], 'make replay'],
  [REPLAY, "make replay ARGS='--data data'"],
  [['run', '<list>', '--track', '--data', '/srv/d'], "make enrich INPUT=<list> ARGS='--track --data /srv/d'"],
  [['run', 'a b.csv'], "make enrich INPUT='a b.csv'"],
  [['plan', '达人.csv'], 'make plan INPUT=达人.csv'],
  [['run', '--tracked', '--data', 'd'], "make nightly ARGS='--data d'"],
  [['report'], 'make report'],
  [['plan', '--tracked'], 'node dist/src/cli.js plan --tracked'],
  [['forget', '<id>'], 'node dist/src/cli.js forget <id>'],
  [['replay', '--data', 'my data'], "node dist/src/cli.js replay --data 'my data'"],
])('make: %j', (args, text) => {
  const env = { CREATOR_ENRICH_STARTED_BY: 'make' }
  expect(commandText(args, start(CLI, { env, cwd: root }))).toBe(text)
})

test('words that a shell would change are quoted', () => {
  expect(commandText(['run', "it's; a $(list).csv"], start(undefined))).toBe(
    "creator-enrich run 'it'\\''s; a $(list).csv'",
  )
})

test('a checkout names its own demo', () => {
  expect(demoText(start(CLI, { cwd: root }))).toBe('make demo')
  expect(demoText(start(CLI))).toBe(`make -C ${root} demo`)
})

test('stored text names every command plainly, however it was started', () => {
  const byMake = { env: { CREATOR_ENRICH_STARTED_BY: 'make' } }
  const texts = [
    commandText(REPLAY, start(CLI, { cwd: root })),
    commandText(['replay'], start(CLI, byMake)),
    commandText(['replay', '--data', 'd2'], start(CLI, byMake)),
    demoText(start(CLI, { cwd: root })),
  ]
  expect(texts.slice(1)).toEqual(['make replay', "make replay ARGS='--data d2'", 'make demo'])
  expect(plainCommands(`run \`${texts.join('`, `')}\` again; make demo`)).toBe(
    'run `creator-enrich replay --data data`, `creator-enrich replay`, `creator-enrich replay --data d2`, `creator-enrich run <list> --api simulated --nights 3 --data demo` again; make demo',
  )
})
