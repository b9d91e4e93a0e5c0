import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId } from '../support/lists.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A folder in which the makefile works as in the checkout; whatever else it ran would leave a file here. */
function workplace(): string {
  const folder = temporaryFolder()
  symlinkSync(join(root, 'dist'), join(folder, 'dist'))
  return folder
}

/** The same with a stand-in that shows its arguments: each target starts the command by this path. */
function showingArguments(): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'dist/src'), { recursive: true })
  writeFileSync(join(folder, 'dist/src/cli.js'), 'console.log(JSON.stringify(process.argv.slice(2)))\n')
  return folder
}

const lastLine = (text: string): unknown => JSON.parse(text.trimEnd().split('\n').at(-1)!)

function make(folder: string, args: readonly string[], env: Record<string, string> = {}) {
  // What these tests start is compiled already, and must not be installed again below them.
  const built = ['-o', 'node_modules/.installed', '-o', 'dist/.built']
  const { status, stdout, stderr } = spawnSync('make', ['-f', join(root, 'Makefile'), ...built, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  })
  return { status, stdout, stderr }
}

const filesIn = (folder: string) => readdirSync(folder).sort()

test.each([
  'x`touch y`.csv',
  '$(shell touch y).csv',
  '$(touch y).csv',
  '${HOME}$$x.csv',
  "it's; touch y; 'a.csv",
  '"; touch y; ".csv',
  'two  words & touch y | touch z > y.csv',
  '-list.csv',
  '--help',
  '*.csv',
  '达人 名单.csv',
  'a\\b#c.csv',
])('INPUT is one argument and is not run: %s', async (name) => {
  const folder = showingArguments()
  writeFileSync(join(folder, name), `user_id\n${plainId(1)}\n`)
  const before = filesIn(folder)
  const shown = make(folder, ['plan', `INPUT=${name}`, 'ARGS=--json --data data'])
  expect(shown.status, shown.stderr).toBe(0)
  const args = lastLine(shown.stdout) as string[]
  expect(args).toEqual(['plan', '--json', '--data', 'data', '--', name])
  const planned = await commandHere(args, { cwd: folder })
  expect(planned.code, planned.stderr).toBe(0)
  expect(lastLine(planned.stdout)).toMatchObject({ rows: 1, ids: 1, lists: [{ source: join(folder, name) }] })

  const { stdout } = make(folder, ['enrich'], { INPUT: name })
  expect(lastLine(stdout)).toEqual(['run', '--', name])
  expect(filesIn(folder)).toEqual(before)
})

test('a target starts the command with INPUT as it was given', () => {
  const name = '"; touch y; $(touch y) & x.csv'
  const folder = workplace()
  writeFileSync(join(folder, name), `user_id\n${plainId(1)}\n`)
  const before = filesIn(folder)
  const planned = make(folder, ['plan', `INPUT=${name}`, 'ARGS=--json --data data'])
  expect(planned.status, planned.stderr).toBe(0)
  expect(lastLine(planned.stdout)).toMatchObject({ rows: 1, ids: 1, lists: [{ source: join(folder, name) }] })
  expect(filesIn(folder)).toEqual(before)
})

test.each([
  ['--json; touch y', ['--json;', 'touch', 'y']],
  ['`touch y` $(touch y) $(shell touch y)', ['`touch', 'y`', '$(touch', 'y)', '$(shell', 'touch', 'y)']],
  ['* "a b" > y', ['*', '"a', 'b"', '>', 'y']],
])('ARGS is split at blanks and is not run: %s', (args, words) => {
  const folder = showingArguments()
  const shown = (target: string, ...more: string[]): unknown => {
    const { status, stdout, stderr } = make(folder, [target, `ARGS=${args}`, ...more])
    expect(status, stderr).toBe(0)
    return lastLine(stdout)
  }
  expect(shown('plan', 'INPUT=a b.csv')).toEqual(['plan', ...words, '--', 'a b.csv'])
  expect(shown('enrich', 'INPUT=a b.csv')).toEqual(['run', ...words, '--', 'a b.csv'])
  expect(shown('nightly')).toEqual(['run', '--tracked', ...words])
  for (const target of ['replay', 'report', 'simulate']) expect(shown(target)).toEqual([target, ...words])
  const sample = ['run', 'data/samples/creators.csv', '--api', 'simulated', '--nights', '3', '--data', 'data/demo']
  expect(shown('demo')).toEqual([...sample, ...words])
  expect(filesIn(folder)).toEqual(['dist'])
})

test('no recipe holds INPUT or ARGS as text', () => {
  const recipes = readFileSync(join(root, 'Makefile'), 'utf8').match(/^\t.*/gm)!
  expect(recipes.length).toBeGreaterThan(20)
  expect(recipes.filter((line) => /[^$]\$[({](INPUT|ARGS)/.test(line))).toEqual([])
})

test('without INPUT: one line, exit 2', () => {
  for (const target of ['plan', 'enrich']) {
    const { status, stderr } = make(workplace(), [target])
    expect(status).toBe(2)
    expect(stderr).toContain(`error: make ${target} needs a file, such as INPUT=creators.csv\n`)
  }
})

test('make help lists every target, in 80 columns', () => {
  const { stdout } = make(workplace(), ['help'])
  const targets = /^\.PHONY: (.*)$/m.exec(readFileSync(join(root, 'Makefile'), 'utf8'))![1]!.split(' ')
  expect([...stdout.matchAll(/^ {2}make ([a-z-]+)/gm)].map(([, target]) => target).sort()).toEqual(targets.sort())
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})
