import { closeSync, existsSync, linkSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { readStatus, StatusFile, type RunStatus } from '../../src/dataFolder/runStatus.js'
import { smallDisk } from '../support/tmpfs.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { enrich, simulator, startRun } from '../support/simulated.js'

const IDS = Array.from({ length: 40 }, (_, n) => plainId(n + 1))

test('a run shows its progress; a reader never sees a half-written status; the last one has the exit code', async () => {
  const folder = temporaryFolder()
  const { data, status } = layoutOf(join(folder, 'data'))
  const { child, ended } = startRun(
    [writeList(folder, IDS)],
    data,
    await simulator({ latencyMs: 100 }),
    '--concurrency',
    '2',
  )
  const seen = new Map<string, RunStatus>()
  const hasEnded = ended.then(() => true)
  while (!(await Promise.race([hasEnded, new Promise<false>((resolve) => setTimeout(() => resolve(false), 1))]))) {
    if (existsSync(status)) {
      const now = JSON.parse(readFileSync(status, 'utf8')) as RunStatus
      seen.set(now.phase, now)
    }
  }
  expect((await ended).code).toBe(0)
  expect([...seen.keys()].at(-1)).toBe('finished')
  expect(seen.get('fetching')).toMatchObject({ pid: child.pid, lists: ['creators'], due: 40 })
  expect(seen.get('fetching')!.in_flight).toBeLessThanOrEqual(2)
  expect(seen.get('fetching')!.done).toBeGreaterThan(0)
  expect(readStatus(status)).toMatchObject({
    phase: 'finished',
    due: 40,
    done: 40,
    in_flight: 0,
    billed: 40,
    maybe_billed: 0,
    failed: 0,
    exit_code: 0,
  })
})

test('a second run: exit 8 with no call, and the error names the other run; a killed run shows as interrupted', async () => {
  const folder = temporaryFolder()
  const { data, status } = layoutOf(join(folder, 'data'))
  const list = writeList(folder, IDS)
  const run: { kill?: () => void } = {}
  const arrived = new Promise<void>((resolve) => (run.kill = resolve))
  const api = await simulator({
    before: () => {
      run.kill?.()
      return new Promise(() => undefined)
    },
  })
  const first = startRun([list], data, api, '--concurrency', '1')
  await arrived
  const second = await startRun([list], data, api).ended
  expect(second.code).toBe(8)
  expect(second.stderr).toMatch(/error: another run \(PID \d+\) has held \S+ for \d+s: nothing was sent/)
  expect(second.stderr).toContain(`PID ${first.child.pid}`)
  expect(api.ledger.summary().calls).toBeLessThanOrEqual(1)

  expect(readStatus(status)!.phase).toBe('fetching')
  expect(readStatus(status, 1)!.phase).toBe('interrupted')
  first.child.kill('SIGKILL')
  await first.ended
  expect(readStatus(status)).toMatchObject({ phase: 'interrupted', pid: first.child.pid })

  const next = await enrich(list, data, await simulator())
  expect(next.stderr).toMatch(/the last run \(.*\) was cut off at /)
  expect(readStatus(status)).toMatchObject({ phase: 'finished', exit_code: 0 })
})

test('the status has the stop and the exit code', async () => {
  const folder = temporaryFolder()
  const { data, status } = layoutOf(join(folder, 'data'))
  await enrich(writeList(folder, IDS), data, await simulator({ quota: 5 }))
  expect(readStatus(status)).toMatchObject({
    phase: 'finished',
    exit_code: 5,
    billed: 5,
    stop: expect.stringMatching(/./) as string,
  })
})

test('the last status is written over the one before where the disk has no room for a second file', async ({
  skip,
}) => {
  const folder = temporaryFolder()
  const disk = join(folder, 'disk')
  if (!smallDisk(disk, 1)) return skip('a tmpfs cannot be mounted here')
  const path = join(disk, 'status.json')
  const endWithoutSpace = async (exitCode: number) => {
    const status = new StatusFile(path, Date.now, { now: () => 0 })
    const header = { runId: 'r', startedAt: 0, pipeline: 'p', simulated: true, host: 'h' }
    status.open(header)
    status.enter('fetching')
    await new Promise((resolve) => setTimeout(resolve, 100))
    fill(join(disk, 'full'))
    status.finish(exitCode)
    await status.close()
  }
  await endWithoutSpace(7)
  expect(readStatus(path)).toMatchObject({ run_id: 'r', phase: 'finished', exit_code: 7 })
  expect(readFileSync(path, 'utf8')).toMatch(/^\{[^\n]*\}\n$/)

  // A copy by hard links, as of a backup, keeps its content.
  rmSync(join(disk, 'full'))
  const backup = join(disk, 'backup.json')
  const before = readFileSync(path, 'utf8')
  linkSync(path, backup)
  fill(join(disk, 'full'))
  const status = new StatusFile(path, Date.now, { now: () => 0 })
  status.open({ runId: 'later', startedAt: 0, pipeline: 'p', simulated: true, host: 'h' })
  status.finish(0)
  await status.close()
  expect(readFileSync(backup, 'utf8')).toBe(before)
})

/** Takes the last bytes of a disk. */
function fill(path: string): void {
  writeFileSync(path, '')
  const file = openSync(path, 'a')
  for (const size of [65536, 1]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size))
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' })
    }
  }
  closeSync(file)
}
