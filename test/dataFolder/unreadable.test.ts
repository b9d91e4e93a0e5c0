import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli, CLI, type Ended } from '../support/cli.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { inOneProcess } from '../support/oneProcess.js'

/** A user without rights. Tests may run as root, for whom no mode counts. */
const NOBODY = 65534
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']

let nobody: boolean | undefined

function mayBecomeNobody(): boolean {
  const [command, ...rest] = [...AS_NOBODY, process.execPath, CLI, '--version']
  return (nobody ??= process.getuid?.() === 0 && spawnSync(command, rest).status === 0)
}

interface Folder {
  readonly folder: string
  readonly data: string
  readonly list: string
  /** The path of a stored part of `raw/receipts`. */
  readonly receipt: string
}

const made = mkdtempSync(join(tmpdir(), 'creator-enrich-'))
beforeAll(async () => {
  const list = writeList(made, [plainId(1), plainId(2)], 'list.csv')
  const { code } = await commandHere(['run', list, '--data', join(made, 'data'), '--api', 'simulated', '--track'])
  expect(code).toBe(0)
})
afterAll(() => rmSync(made, { recursive: true }))

/** A data folder after a run. */
function filled(): Folder {
  const folder = temporaryFolder()
  cpSync(made, folder, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
  const [data, list] = [join(folder, 'data'), join(folder, 'list.csv')]
  const receipts = join(data, 'raw', 'receipts')
  const parts = readdirSync(receipts, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.parquet'))
  return { folder, data, list, receipt: join(receipts, parts[0]!) }
}

type Commands = Readonly<Record<string, (folder: Folder) => string[]>>

const COMMANDS: Commands = {
  run: ({ data, list }) => ['run', list, '--data', data, '--api', 'simulated', '--max-age', '1ms'],
  plan: ({ data, list }) => ['plan', list, '--data', data],
  status: ({ data }) => ['status', '--data', data],
  doctor: ({ data }) => ['doctor', '--data', data, '--api', 'simulated'],
  replay: ({ data }) => ['replay', '--data', data],
  forget: ({ data }) => ['forget', plainId(1), '--data', data],
  select: ({ data }) => ['select', '--data', data],
}

function expectNamed(command: string, { code, stderr, stdout }: Ended, path: string): void {
  const said = stderr + stdout
  const isRight =
    said.includes(path) &&
    /EACCES|ELOOP|permission/i.test(said) &&
    !/a bug|paid again|from a backup|nothing to replay|holds nothing|free some space/.test(said)
  expect.soft({ command, code, said: isRight ? '' : said }).toEqual({ command, code: 7, said: '' })
}

describe('a folder that loops is not an absent one', () => {
  test.each([
    ['state', ['run', 'plan', 'status', 'doctor', 'replay', 'forget']],
    ['raw', ['run', 'doctor', 'replay', 'forget']],
    ['creators.duckdb', ['plan', 'status', 'doctor', 'select']],
    ['raw/receipts', ['run', 'replay', 'forget']],
    ['raw/forgotten.json', ['run', 'plan', 'replay', 'forget']],
    ['state/status.json', ['run', 'status', 'doctor']],
    ['state/journal', ['status', 'replay', 'forget']],
    ['state/learned.json', ['run']],
    ['published', ['plan', 'status']],
  ] as const)('%s', async (name, commands) => {
    const there = filled()
    const path = join(there.data, name)
    rmSync(path, { recursive: true, force: true })
    symlinkSync(path, path)
    for (const command of commands) {
      const ended = await commandHere(COMMANDS[command]!(there))
      expectNamed(command, ended, name === 'published' ? there.data : path)
    }
  })
})

describe('a missing permission is named, and nothing is paid', () => {
  test.each([
    ['state', ['run', 'plan', 'status', 'doctor', 'replay', 'forget']],
    ['raw', ['run', 'plan', 'replay', 'forget']],
    ['raw/answers', ['run', 'replay', 'forget']],
    ['receipt', ['replay', 'forget']],
    ['published', ['plan', 'status', 'doctor', 'select']],
    ['state/warehouse.duckdb', ['run', 'replay', 'forget']],
    ['state/journal/loaded', ['replay', 'forget']],
    ['state/status.json', ['status']],
    ['raw/forgotten.json', ['run', 'replay']],
  ] as const)('%s', async (name, commands, { skip }: { skip?: (why: string) => void } = {}) => {
    if (!mayBecomeNobody()) return skip?.('this process cannot become another user')
    const there = filled()
    const path = name === 'receipt' ? there.receipt : join(there.data, name)
    if (name === 'raw/forgotten.json') writeFileSync(path, '{}')
    spawnSync('chown', ['-R', `${NOBODY}:${NOBODY}`, there.folder])
    chmodSync(dirname(there.folder), 0o755)
    chmodSync(path, 0)
    const named = commands.map((command) => COMMANDS[command]!(there))
    const ended = await inOneProcess(named, { through: AS_NOBODY, cwd: there.folder })
    commands.forEach((command, at) => expectNamed(command, ended[at]!, path))
  })
})

test('another user sees what is published, and is told what is closed', async ({ skip }) => {
  if (!mayBecomeNobody()) return skip('this process cannot become another user')
  const { data } = filled()
  for (const folder of [dirname(dirname(data)), dirname(data), data]) chmodSync(folder, 0o755)
  const commands = [
    ['plan', '--tracked'],
    ['doctor', '--api', 'simulated'],
    ['status'],
    ['status', '--json'],
    ['costs'],
    ['costs', '--format', 'csv'],
  ]
  const ended = await inOneProcess(
    commands.map((args) => [...args, '--data', data]),
    { through: AS_NOBODY, cwd: '/' },
  )
  const [plan, doctor, status, statusJson, costs, calls] = ended as [Ended, Ended, Ended, Ended, Ended, Ended]
  const remedy = `error: ${join(data, 'state')} is closed to you, and this command reads it: ask the user of this folder (uid 0)`
  expect(plan).toMatchObject({ code: 7, stdout: '', stderr: expect.stringContaining(remedy) as string })
  expect(doctor.stdout).toMatch(/^fail {2}folder .* is closed to you, .* you can use lists, select, changes, status/m)
  expect(doctor.stdout).not.toContain('permission')
  expect(status).toMatchObject({ code: 0, stderr: '' })
  expect(status.stdout).toMatch(/\nnow {8}not known: state\/ is closed to you; [^\n]*\n\nrun .*\n.* done /)
  const json = JSON.parse(statusJson.stdout) as object
  expect(json).toMatchObject({ closed: ['state', 'raw'], running: null, unfinished_erasure: null, creators: 2 })
  expect(costs).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nlist +2 +2 +2 /) as string })
  expect(costs.stderr).toContain('state/ is closed to you')
  expect(calls).toMatchObject({ code: 7, stdout: '' })
  expect(calls.stderr).toContain(`error: ${join(data, 'raw')} is closed to you, `)
  expect(calls.stderr).not.toContain('permission')
})

test('raw/ that is a file is not an empty raw/', async () => {
  const there = filled()
  rmSync(join(there.data, 'raw', 'receipts'), { recursive: true })
  writeFileSync(join(there.data, 'raw', 'receipts'), '')
  const { code, stderr } = await commandHere(COMMANDS['replay']!(there))
  expect(code).toBe(7)
  expect(stderr).toMatch(/data\/raw\/receipts.*: ENOTDIR.*; put the folder in the place of this file/)
})

test('--save over a file that cannot be read is refused by name', async () => {
  const there = filled()
  const path = join(there.folder, 'mine.csv')
  symlinkSync(path, path)
  const { code, stderr } = await commandHere(['select', '--data', there.data, '--save', 'mine'], { cwd: there.folder })
  expect(code).toBe(7)
  expect(stderr).toContain(`cannot read ${path}`)
})

test('root is warned in a folder of another user, whose next command says how to get back what root has made', async ({
  skip,
}) => {
  if (!mayBecomeNobody()) return skip('this process cannot become another user')
  const { folder, data } = filled()
  spawnSync('chown', ['-R', `${NOBODY}:${NOBODY}`, folder])
  chmodSync(dirname(folder), 0o755)
  const { code, stderr } = await cli(['report', '--data', data])
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(new RegExp(`^warning: root works in ${data}, .* chown -R ${NOBODY}:${NOBODY} ${data}\\n$`)),
  ])
  const status = join(data, 'state', 'status.json')
  chownSync(status, 0, 0)
  chmodSync(status, 0o640)
  const next = await cli(['status', '--data', data], { through: AS_NOBODY, cwd: folder })
  expect([next.code, next.stderr]).toEqual([
    7,
    expect.stringContaining(
      `cannot read ${status}: EACCES: permission denied, open '${status}'; uid 0 has made it in a folder of yours: as root, give back all of the data folder (chown -R ${NOBODY}:${NOBODY} <data folder>)`,
    ),
  ])
})
