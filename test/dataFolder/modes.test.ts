import { chmodSync, lstatSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cli } from '../support/cli.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { inOneProcess } from '../support/oneProcess.js'

/** The modes of files and folders, by path. Links have no modes. */
function modesIn(folder: string): Map<string, number> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const found = names.map((name) => [name, lstatSync(join(folder, name))] as const)
  return new Map(found.filter(([, file]) => !file.isSymbolicLink()).map(([name, file]) => [name, file.mode & 0o777]))
}

const isPrivate = (name: string): boolean => /^(data\/(state|raw)|logs)(\/|$)/.test(name)

test.each(['000', '022', '027', '077'])('with umask %s no mode gives more than it may', async (umask) => {
  const folder = temporaryFolder()
  writeList(folder, [plainId(1), plainId(2)], 'list.csv')
  const there = ['--data', 'data', '--log-file', 'logs/deep/x.log']
  const outputs = ['s.csv', 's.xlsx', 's.parquet', 's.json'].map((name) => `out/${name}`)
  const commands = [
    ['run', 'list.csv', '--api', 'simulated', '--excel', '--track', ...there],
    ...outputs.map((out) => ['select', '--data', 'data', '--out', out]),
    ['report', ...there],
    ['replay', ...there],
    ['forget', plainId(1), ...there],
  ]
  const ended = await inOneProcess(commands, { cwd: folder, umask })
  expect(ended.map(({ code, stderr }) => [code, stderr.match(/^error.*/m)])).toEqual(commands.map(() => [0, null]))

  const mask = Number.parseInt(umask, 8)
  const modes = modesIn(folder)
  modes.delete('list.csv')
  expect(modes.size).toBeGreaterThan(40)
  const expected = [...modes.keys()].map((name) => {
    const isFolder = statSync(join(folder, name)).isDirectory()
    const isPublished = name.endsWith('/creators.duckdb')
    const most = isPublished ? 0o444 : isFolder ? 0o775 : 0o664
    return [name, most & ~mask & (isPrivate(name) ? 0o770 : 0o777)] as const
  })
  const octal = (entries: Iterable<readonly [string, number]>): string[] =>
    [...entries].map(([name, mode]) => `${mode.toString(8)} ${name}`)
  expect(octal(modes)).toEqual(octal(expected))
})

test('folders of an older version are closed to others once, which is said; a log file that exists keeps its mode', async () => {
  const folder = temporaryFolder()
  const list = writeList(folder, [plainId(1)], 'list.csv')
  const [data, log] = [join(folder, 'data'), join(folder, 'x.log')]
  writeFileSync(log, '', { mode: 0o644 })
  const run = ['run', list, '--data', data, '--api', 'simulated', '--no-report', '--log-file', log]
  await cli(run)
  for (const name of ['state', 'raw']) {
    for (const inside of readdirSync(join(data, name), { recursive: true, encoding: 'utf8' }))
      chmodSync(join(data, name, inside), 0o757)
    chmodSync(join(data, name), 0o755)
  }
  const said = `other users of this machine could read ${join(data, 'state')} and ${join(data, 'raw')}`
  const lines = async (): Promise<number> => (await cli(run)).stderr.split(said).length - 1
  expect([await lines(), await lines()]).toEqual([1, 0])
  const open = [...modesIn(data)].filter(([name, mode]) => /^(state|raw)(\/|$)/.test(name) && (mode & 0o007) !== 0)
  expect(open).toEqual([])
  expect(statSync(log).mode & 0o777).toBe(0o644)
})
