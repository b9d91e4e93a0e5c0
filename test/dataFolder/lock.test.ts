import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { BusyError, LocalError } from '../../src/core/errors.js'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { takeLock } from '../../src/dataFolder/lock.js'
import { startChild } from '../support/child.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'

interface Refused {
  readonly name: string
  readonly exitCode: number
  readonly message: string
  readonly ms: number
}

/** Says that the run of this process started 65 minutes ago. */
function showRun(data: string, pid: number): void {
  const started = new Date(Date.now() - 65 * 60_000).toISOString()
  const times = { started_at: started, updated_at: started }
  const counts = { due: 1, done: 0, in_flight: 1, failed: 0, billed: 0, maybe_billed: 0 }
  const status = { run_id: '20260101T000000Z-0000', pid, ...times, phase: 'fetching', lists: [], ...counts }
  writeFileSync(layoutOf(data).status, JSON.stringify(status))
}

test('a second process is refused in less than a second, with the id of the holder; after kill -9 it starts', async () => {
  const data = join(temporaryFolder(), 'data')
  const first = startChild('holder.mjs', data)
  expect(await first.line()).toBe('held')
  showRun(data, first.process.pid!)

  const refused = JSON.parse(await startChild('holder.mjs', data).line()) as Refused
  expect(refused).toMatchObject({ name: 'BusyError', exitCode: 8 })
  expect(refused.message).toBe(
    `another run (PID ${first.process.pid}) has held ${data} for 1h05m: nothing was changed, wait until it is done`,
  )
  expect(refused.ms).toBeLessThan(1000)

  await first.kill()
  const next = startChild('holder.mjs', data)
  expect(await next.line()).toBe('held')
})

test('of many processes that start together one gets the lock', async () => {
  const data = join(temporaryFolder(), 'data')
  const lines = await Promise.all(Array.from({ length: 8 }, () => startChild('holder.mjs', data).line()))
  expect(lines.filter((line) => line === 'held')).toHaveLength(1)
  expect(lines.filter((line) => line.includes('"BusyError"'))).toHaveLength(7)
  expect(readdirSync(join(data, 'state'))).toEqual(['lock.duckdb'])
})

test('a process cannot take the lock twice, but can take it again after a release', async () => {
  const layout = layoutOf(temporaryFolder())
  const lock = await takeLock(layout)
  showRun(layout.data, process.pid)
  await expect(takeLock(layout)).rejects.toThrow(BusyError)
  const refused = JSON.parse(await startChild('holder.mjs', layout.data).line()) as Refused
  expect(refused.message).toContain(`PID ${process.pid}`)

  await lock.release()
  await lock.release()
  const again = await takeLock(layout)
  expect(JSON.parse(await startChild('holder.mjs', layout.data).line())).toMatchObject({ name: 'BusyError' })
  await again.release()
})

test('two paths to one folder are one folder', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  mkdirSync(data)
  symlinkSync(data, join(folder, 'link'))
  const both = await Promise.allSettled(['data', 'link'].map((name) => takeLock(layoutOf(join(folder, name)))))
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { exitCode: 8 } })
  for (const each of both) if (each.status === 'fulfilled') await each.value.release()
  for (const name of ['data', 'link']) await (await takeLock(layoutOf(join(folder, name)))).release()
})

test('a start waits for a command that holds the lock for a moment and is not a run', async () => {
  const layout = layoutOf(join(temporaryFolder(), 'data'))
  const moment = startChild('holder.mjs', layout.data)
  expect(await moment.line()).toBe('held')
  const waiting = takeLock(layout)
  waiting.catch(() => undefined)
  await delay(200)
  moment.process.stdin!.end()
  const lock = await waiting
  await lock.release()
})

test('a state folder that cannot be used is named, and does not count as another run', async () => {
  const folder = temporaryFolder()
  const layout = layoutOf(join(folder, 'data'))
  writeFileSync(layout.data, 'a file')
  await expect(takeLock(layout)).rejects.toThrow(LocalError)
  await expect(takeLock(layout)).rejects.toThrow(layout.lock)
})

test('a refusal says what it means for the command: only a run would have sent anything', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, [plainId(1)])
  const before = await commandHere(['run', list, '--data', data, '--api', 'simulated', '--no-report', '--track'])
  expect(before.code, before.stderr).toBe(0)
  const holder = startChild('holder.mjs', data)
  expect(await holder.line()).toBe('held')
  showRun(data, holder.process.pid!)
  const held = `another run (PID ${holder.process.pid}) has held ${data} for 1h05m`
  for (const [args, refused] of [
    [['run', list, '--api', 'simulated', '--quiet'], 'nothing was sent'],
    [['replay'], 'nothing was changed'],
    [['untrack', 'people'], 'nothing was changed'],
    [['report'], 'nothing was changed'],
    [['forget', plainId(1)], 'nothing was changed'],
  ] as const) {
    const ended = await commandHere([...args, '--data', data])
    expect(ended).toMatchObject({ code: 8, stdout: '', stderr: `error: ${held}: ${refused}, wait until it is done\n` })
  }
})
