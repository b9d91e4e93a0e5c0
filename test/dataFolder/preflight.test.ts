import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { checkOpenFiles, warnOfSpace } from '../../src/dataFolder/preflight.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { enrich, simulator, TOKEN } from '../support/simulated.js'
import { smallDisk } from '../support/tmpfs.js'

const CLI = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url))

/** Runs against a data folder that cannot be used: nothing may be sent, and stderr must have one line. */
async function refused(data: string): Promise<string> {
  const list = writeList(temporaryFolder(), [plainId(1)])
  const api = await simulator()
  const command = ['run', list, '--data', data, '--api', api.url, '--quiet', '--no-report']
  const { code, stdout, stderr } = await commandHere(command, { env: { JUSTONEAPI_TOKEN: TOKEN } })
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect({ code, stdout }).toEqual({ code: 7, stdout: '' })
  expect(api.ledger.summary().calls).toBe(0)
  return stderr
}

describe('a folder that cannot be written: exit 7 in one line, nothing is sent', () => {
  test.each(['.', 'state', 'state/journal', 'exports', 'published', 'raw'])('%s is a file', async (name) => {
    const path = join(temporaryFolder(), 'data', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, 'in the way')
    const data = name === '.' ? path : join(path, name.includes('/') ? '../..' : '..')
    expect(await refused(data)).toContain(
      `cannot write in ${path}: it is not a folder; nothing was sent: put a writable folder in its place, then run`,
    )
  })

  test.each(['state', 'exports', 'published'])('%s is a link to nowhere', async (name) => {
    const data = temporaryFolder()
    symlinkSync(join(data, 'nowhere'), join(data, name))
    expect(await refused(data)).toContain(`${join(data, name)}: it is a link to ${join(data, 'nowhere')}, which is not`)
  })

  test.each(['state', 'exports', 'published'])('%s is immutable', async (name) => {
    const data = temporaryFolder()
    const path = join(data, name)
    mkdirSync(path)
    if (spawnSync('chattr', ['+i', path]).status !== 0) return
    onTestFinished(() => void spawnSync('chattr', ['-i', path]))
    expect(await refused(data)).toContain(`cannot write in ${path}: EPERM`)
  })

  test('the folder belongs to another user', ({ skip }) => {
    const folder = temporaryFolder()
    const list = writeList(folder, [plainId(1)])
    chmodSync(folder, 0o755)
    const setpriv = ['--reuid=65534', '--clear-groups', process.execPath, CLI, 'run', list, '--data', folder]
    const ended = spawnSync('setpriv', [...setpriv, '--api', 'simulated'], { encoding: 'utf8' })
    if (ended.error || ended.stderr.startsWith('setpriv:')) return skip('setpriv cannot switch the user here')
    expect(ended.status).toBe(7)
    expect(ended.stderr).toMatch(/EACCES|permission denied/i)
  })
})

test('folders that can be written are left as they were', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  await enrich(writeList(folder, [plainId(1)]), data, await simulator())
  const names = readdirSync(data, { recursive: true, encoding: 'utf8' })
  expect(names.filter((name) => name.includes('probe'))).toEqual([])
})

test('exports and published files on other disks are written, and the link leads there', async ({ skip }) => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  mkdirSync(data)
  if (!smallDisk(join(data, 'exports'), 50)) return skip('a tmpfs cannot be mounted here')
  smallDisk(join(folder, 'elsewhere'), 50)
  symlinkSync(join(folder, 'elsewhere'), join(data, 'published'))
  const { code } = await enrich(writeList(folder, [plainId(1)]), data, await simulator())
  expect(code).toBe(0)
  expect(readdirSync(join(data, 'exports'))).toContain('creators.csv')
  expect(readdirSync(join(folder, 'elsewhere'))).toHaveLength(1)
})

describe('few open files', () => {
  test.each([
    [40, '16', 'to load the program'],
    [60, '16', 'to load the program'],
    [80, '16', 'to load the program'],
    [140, '120', 'or give a smaller --concurrency'],
  ])('%i, --concurrency %s: exit 7 in one line', async (files, concurrency, words) => {
    const folder = temporaryFolder()
    const api = await simulator()
    const args = ['run', writeList(folder, [plainId(1)]), '--api', api.url, '--data', join(folder, 'data'), '--quiet']
    const command = `ulimit -n ${files}; exec "$0" "$@" --concurrency ${concurrency}`
    const env = { ...process.env, JUSTONEAPI_TOKEN: 'x' }
    const ended = spawnSync('bash', ['-c', command, process.execPath, CLI, ...args], { encoding: 'utf8', env })
    expect(ended.status).toBe(7)
    expect(ended.stderr.trim().split('\n')).toHaveLength(1)
    expect(ended.stderr).toContain(words)
    expect(api.ledger.summary().calls).toBe(0)
  })

  test('enough open files: no error', async () => {
    await expect(checkOpenFiles(50)).resolves.toBeUndefined()
  })
})

test('too little space is a warning', async () => {
  const warnings: string[] = []
  const effects = { log: (level: string, message: string) => void warnings.push(`${level}: ${message}`) }
  const layout = layoutOf(temporaryFolder())
  await warnOfSpace(layout, 10, effects)
  expect(warnings).toEqual([])
  await warnOfSpace(layout, 1e12, effects)
  expect(warnings).toEqual([
    expect.stringMatching(/^warn: .* [\d,]+ MB free, and 1,000,000,000,000 ids may take 15,000,000,000 MB/),
  ])
})
