import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BusyError, LocalError } from '../../src/core/errors.js'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { takeLock } from '../../src/dataFolder/lock.js'
import { startChild } from '../support/child.js'
import { temporaryFolder } from '../support/folder.js'

interface Refused {
  readonly name: string
  readonly exitCode: number
  readonly message: string
  readonly ms: number
}

test('a second process is refused in less than a second and told who holds the folder; after kill -9 it starts', async () => {
  const data = join(temporaryFolder(), 'data')
  const first = startChild('holder.mjs', data)
  expect(await first.line()).toBe('held')

  const refused = JSON.parse(await startChild('holder.mjs', data).line()) as Refused
  expect(refused).toMatchObject({ name: 'BusyError', exitCode: 8 })
  expect(refused.message).toBe(
    `another run (PID ${first.process.pid}) holds ${data}: nothing was sent, wait until it is done`,
  )
  expect(refused.ms).toBeLessThan(1000)

  await first.kill()
  const next = startChild('holder.mjs', data)
  expect(await next.line()).toBe('held')
})

test('of many that start together one holds the lock', async () => {
  const data = join(temporaryFolder(), 'data')
  const lines = await Promise.all(Array.from({ length: 8 }, () => startChild('holder.mjs', data).line()))
  expect(lines.filter((line) => line === 'held')).toHaveLength(1)
  expect(lines.filter((line) => line.includes('"BusyError"'))).toHaveLength(7)
  expect(readdirSync(join(data, 'state'))).toEqual(['lock.duckdb'])
})

test('the holding process does not take it twice, and takes it again once released', async () => {
  const layout = layoutOf(temporaryFolder())
  const lock = await takeLock(layout)
  await expect(takeLock(layout)).rejects.toThrow(BusyError)
  const refused = JSON.parse(await startChild('holder.mjs', layout.data).line()) as Refused
  expect(refused.message).toContain(`PID ${process.pid}`)

  lock.release()
  lock.release()
  const again = await takeLock(layout)
  expect(JSON.parse(await startChild('holder.mjs', layout.data).line())).toMatchObject({ name: 'BusyError' })
  again.release()
})

test('a state folder that cannot be used is named, and not taken for a run', async () => {
  const folder = temporaryFolder()
  const layout = layoutOf(join(folder, 'data'))
  writeFileSync(layout.data, 'no folder')
  await expect(takeLock(layout)).rejects.toThrow(LocalError)
  await expect(takeLock(layout)).rejects.toThrow(layout.lock)
})
