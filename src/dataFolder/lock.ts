import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, rm } from 'node:fs/promises'
import { makeFolder, identityOf } from '../core/atomicFile.js'
import { openDatabase, type Database } from '../core/duckdb.js'
import { BusyError, LocalError, messageOf } from '../core/errors.js'
import { localTime } from '../core/time.js'
import type { Layout } from './layout.js'
import { readStatus } from './runStatus.js'

/** The right to write in a data folder, held until it is released or the process ends, however it ends. */
export interface Lock {
  readonly layout: Layout
  /** @throws LocalError if the folder was deleted or moved since: what is written there now would be lost, or another run's */
  check(): Promise<void>
  /** Safe to call twice. */
  release(): void
}

/**
 * An operating-system lock belongs to the process: a second open in the holding process would succeed, and closing it
 * would drop the first one's lock. So this process's own locks are known here.
 */
const heldHere = new Set<string>()

/**
 * Takes the lock of a data folder, in milliseconds either way. The lock is an empty database file that nothing else ever
 * opens, and that DuckDB locks as long as it is open.
 * @throws BusyError naming the process that holds it
 * @throws LocalError when the state folder cannot be used
 */
export async function takeLock(layout: Layout): Promise<Lock> {
  if (heldHere.has(layout.lock)) throw busy(layout, process.pid)
  heldHere.add(layout.lock)
  try {
    // Everything that is ever paid for lies below it: the journal makes durable only what is inside.
    await makeFolder(layout.state)
    await placeLockFile(layout.lock)
    const database = await openLockFile(layout.lock)
    const identity = await identityOf(layout.lock)
    return {
      layout,
      async check() {
        if ((await identityOf(layout.lock)) !== identity) throw gone(layout)
      },
      release() {
        if (heldHere.delete(layout.lock)) database.close()
      },
    }
  } catch (error) {
    heldHere.delete(layout.lock)
    const holder = lockHolder(error)
    if (holder !== undefined) throw busy(layout, holder)
    throw new LocalError(
      `cannot take the lock ${layout.lock}: ${messageOf(error)}; make its folder writable, or remove the file while no run is on`,
      { cause: error },
    )
  }
}

/** The process that keeps a database file open (0: unknown), when that is why it could not be opened. */
export function lockHolder(error: unknown): number | undefined {
  const message = messageOf(error)
  if (!message.includes('Could not set lock')) return undefined
  return Number(/\(PID (\d+)\)/.exec(message)?.[1] ?? 0)
}

function busy(layout: Layout, holder: number): BusyError {
  const who = holder > 0 ? `another run (PID ${holder})` : 'another run'
  const status = readStatus(layout.status, holder > 0 ? holder : undefined)
  const known = status !== undefined && !['finished', 'interrupted'].includes(status.phase)
  const since = known ? ` since ${localTime(Date.parse(status.started_at))}` : ''
  return new BusyError(`${who} holds ${layout.data}${since}: nothing was sent, wait until it is done`)
}

function gone(layout: Layout): LocalError {
  return new LocalError(
    `${layout.state} was deleted or moved while this run used it: put it back, then run the same command again`,
  )
}

/** Puts the file there whole: a crash while DuckDB writes it in its place would leave one that no later run can open. */
async function placeLockFile(path: string): Promise<void> {
  if (existsSync(path)) return
  const own = `${path}.${randomUUID()}.part`
  try {
    const database = await openLockFile(own)
    database.close()
    await link(own, path)
  } catch {
    // Another run placed it first, or this file system has no hard links: opening it will tell, or make it.
  } finally {
    await rm(own, { force: true })
  }
}

function openLockFile(path: string): Promise<Database> {
  return openDatabase(path, { memoryLimit: '16MB', threads: 1 })
}
