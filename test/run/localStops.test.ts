import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/core/duckdb.js'
import { plural } from '../../src/core/text.js'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { readStatus, type Phase } from '../../src/dataFolder/runStatus.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import { placeEmptyWarehouse } from '../support/emptyWarehouse.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { inherited } from '../support/oneThread.js'
import { enrich, refused, runHere, simulator } from '../support/simulated.js'
import { smallDisk } from '../support/tmpfs.js'

const CLI = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url))
const IDS = Array.from({ length: 250 }, (_, n) => plainId(n + 1))

/** Exactly one error line, and no stack trace. */
function expectOneLine(stderr: string): void {
  expect(stderr.split('\n').filter((line) => line.startsWith('error: '))).toHaveLength(1)
  expect(stderr).not.toMatch(/\n\s+at |a bug in/)
}

/** Runs in a child process, because this process serves the simulated API. */
async function straced(args: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  const env = { ...inherited(), JUSTONEAPI_TOKEN: 'x', UV_THREADPOOL_SIZE: '1' }
  const child = spawn('strace', args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stderr }
}

describe('the data folder is moved', () => {
  test.each<Phase>(['loading', 'publishing'])('while the run is %s: exit 7 in one line', async (phase) => {
    const folder = temporaryFolder()
    const { data, status } = layoutOf(join(folder, 'data'))
    const api = await simulator()
    let moved = false
    const timer = setInterval(() => {
      if (moved || readStatus(status)?.phase !== phase) return
      moved = true
      renameSync(data, `${data}-moved`)
    }, 1)
    const { code, stderr } = await runHere([writeList(folder, IDS.slice(0, 200))], data, api)
    clearInterval(timer)
    expect(moved).toBe(true)
    expect(code).toBe(7)
    expectOneLine(stderr)
    expect(stderr).toContain(`${join(data, 'state')} was deleted or moved`)
  })
})

describe('the disk of exports or of published copies is full', () => {
  // So many people that the files are larger than the disk of 1 MB.
  test.for([
    ['exports', 250],
    ['published', 5],
  ] as const)(
    '%s: exit 7, no half-written file, and the next run publishes with no call',
    async ([name, people], { skip }) => {
      const folder = temporaryFolder()
      const data = join(folder, 'data')
      mkdirSync(data)
      const disk = smallDisk(join(data, name), 1)
      if (!disk) return skip('a tmpfs cannot be mounted here')
      const list = writeList(folder, IDS.slice(0, people))
      const api = await simulator()
      const { code, stderr } = await runHere([list], data, api)
      expect(code).toBe(7)
      expectOneLine(stderr)
      expect(stderr).toMatch(/ENOSPC|No space left/)
      const files = readdirSync(join(data, name), { recursive: true, encoding: 'utf8' })
      expect(files.filter((file) => file.endsWith('.part'))).toEqual([])

      disk.resize(100)
      api.ledger.clear()
      expect((await enrich(list, data, api)).receipt.ids.reused).toBe(people)
      expect(api.ledger.summary().calls).toBe(0)
    },
  )
})

test.each(['| head -1 >&2', '>&-', '>/dev/full', '2>/dev/full', '2>&- | head -1'])(
  'with output to %s the run is complete and exits with its own code',
  async (output) => {
    const folder = temporaryFolder()
    const data = join(folder, 'data')
    await placeEmptyWarehouse(data, await loadPipeline(undefined))
    const list = writeList(folder, IDS.slice(0, 5))
    const command = `set -o pipefail; "$0" "$@" ${output}`
    const run = ['run', list, '--api', 'simulated', '--data', data, '--no-report']
    const args = ['-c', command, process.execPath, CLI, ...run]
    expect(spawnSync('bash', args, { env: inherited() }).status).toBe(0)
    expect(readStatus(layoutOf(data).status)).toMatchObject({ phase: 'finished', done: 5, exit_code: 0 })
  },
)

test('a command that only prints fails when a full disk does not take all of it, and not when its reader leaves', ({
  skip,
}) => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, IDS.slice(0, 50))
  const env = inherited()
  spawnSync(process.execPath, [CLI, 'run', list, '--api', 'simulated', '--data', data, '--no-report'], { env })
  const disk = join(folder, 'disk')
  // The rows are one text, of which the disk takes the first part.
  if (!smallDisk(disk, 1)) return skip('a tmpfs cannot be mounted here')
  writeFileSync(join(disk, 'other'), Buffer.alloc(1_040_000))
  const print = (output: string, ...args: string[]) => {
    const command = ['-c', `set -o pipefail; "$0" "$@" ${output}`, process.execPath, CLI, ...args, '--data', data]
    const { status, stderr } = spawnSync('bash', ['--norc', ...command], { env, encoding: 'utf8' })
    return { status, stderr }
  }
  const select = ['select', '--format', 'csv', '--columns', '*']
  const full = /^error: cannot write to stdout: ENOSPC: .*; what is there is not whole: free some space, then run /
  for (const [output, args] of [
    [`>${join(disk, 'rows.csv')}`, select],
    ['>/dev/full', ['status']],
    ['>/dev/full', ['costs', '--json']],
  ] as const) {
    const ended = print(output, ...args)
    expectOneLine(ended.stderr)
    expect(ended).toEqual({ status: 7, stderr: expect.stringMatching(full) as string })
  }
  expect(statSync(join(disk, 'rows.csv')).size).toBeGreaterThan(0)
  for (const output of ['| true', '>&-', `>${join(folder, 'rows.csv')}`])
    expect(print(output, ...select)).toEqual({ status: 0, stderr: '' })
  expect(readFileSync(join(folder, 'rows.csv'), 'utf8').match(/^5f/gm)).toHaveLength(50)
})

test('a working database of a newer creator-enrich: exit 7 naming both versions, the file is unchanged, nothing is sent', async () => {
  const folder = temporaryFolder()
  const { data, warehouse } = layoutOf(join(folder, 'data'))
  const list = writeList(folder, IDS.slice(0, 5))
  const api = await simulator()
  await enrich(list, data, api)
  const database = await openDatabase(warehouse)
  await database.connection.run('UPDATE data_folder SET schema_version = 99')
  await database.connection.run('CHECKPOINT')
  await database.close()
  const hash = () => createHash('sha256').update(readFileSync(warehouse)).digest('hex')
  const before = hash()
  api.ledger.clear()
  const { code, stderr } = await refused(enrich(list, data, api, '--max-age', '0s'))
  expect(code).toBe(7)
  expect(stderr).not.toContain('\n')
  expect(stderr).toMatch(/made by a newer creator-enrich \(schema 99, this one knows \d+\)/)
  expect(hash()).toBe(before)
  expect(api.ledger.summary().calls).toBe(0)
})

describe('a sync that fails', () => {
  test.for([1, 3])(
    'number %i of the journal: exit 7, no call is unknown, nothing is paid twice',
    async (when, { skip }) => {
      const folder = temporaryFolder()
      const data = join(folder, 'data')
      const list = writeList(folder, IDS.slice(0, 20))
      await placeEmptyWarehouse(data, await loadPipeline(undefined))
      const api = await simulator({ latencyMs: 5 })
      const inject = ['-e', 'trace=fdatasync', '-e', `inject=fdatasync:error=EIO:when=${when}`]
      const args = ['-f', '-qq', '-o', '/dev/null', ...inject, process.execPath, CLI, 'run', list]
      if (spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status !== 0) return skip('strace is not installed')
      const { code, stderr } = await straced([...args, '--api', api.url, '--data', data, '--concurrency', '4'])
      expect(code).toBe(7)
      expectOneLine(stderr)
      const paid = api.ledger.summary().charged
      expect(stderr).toContain(
        `EIO: i/o error, fdatasync; sending stopped, ${plural(paid, 'answer of this run is', 'answers of this run are')} safe: check this`,
      )
      const { receipt } = await enrich(list, data, api)
      expect(receipt.recovered).toEqual({ answers: paid, unknown: 0, damaged: 0 })
      expect([...api.ledger.chargesById().values()].every((n) => n === 1)).toBe(true)
    },
  )
})
