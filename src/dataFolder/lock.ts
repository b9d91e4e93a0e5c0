import { link, rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { pathExists } from '../core/absent.js'
import { makeFolder, identityOf } from '../core/atomicFile.js'
import { openDatabase, type Database } from '../core/duckdb.js'
import { BusyError, LocalError, messageOf } from '../core/errors.js'
import { temporaryName } from '../core/temporaryFile.js'
import { timeOf } from '../terminal/progress.js'
import { requireOpen } from './isClosed.js'
import type { Layout } from './layout.js'
import { refusePlantedLinks } from './plantedLinks.js'
import { readStatus, type RunStatus } from './runStatus.js'

/** The right to write in a data folder, until it is released or the process ends for any reason. */
export interface Lock {
  readonly layout: Layout
  /** @throws LocalError if the folder was deleted or moved since: a write could be lost, or disturb another run */
  check(): void
  /** Safe to call twice. */
  release(): Promise<void>
}

/**
 * The state folders whose lock this process holds, by identity: two paths may lead to one folder. An operating-system lock
 * belongs to the process: a second open in the same process would succeed, and closing it would release the first lock.
 */
const heldHere = new Set<string>()

/** How long another command may hold the lock without a run: `doctor` takes it for a moment. */
const WAIT_MS = 2_000
const PAUSE_MS = 50

/**
 * Takes the lock of a data folder, or is refused: at once if the holder is a run. The lock is an empty database file that
 * nothing else opens. DuckDB locks the file as long as it is open.
 * @param refused what a refusal means for the command
 * @throws BusyError that names the process that holds the lock
 * @throws LocalError when the state folder cannot be used
 */
export async function takeLock(layout: Layout, refused = 'nothing was changed'): Promise<Lock> {
  requireOpen(layout)
  const deadline = performance.now() + WAIT_MS
  for (;;) {
    try {
      return await openLock(layout)
    } catch (error) {
      if (error instanceof LocalError) throw error
      const holder = error instanceof HeldHere ? process.pid : lockHolder(error)
      if (holder === undefined)
        throw new LocalError(
          `cannot take the lock ${layout.lock}: ${messageOf(error)}; make its folder writable, or remove the file while no run is on`,
          { cause: error },
        )
      const isRun = holder === process.pid || runOf(layout, holder) !== undefined
      if (isRun || performance.now() > deadline) throw busy(layout, holder, refused)
      await delay(PAUSE_MS)
    }
  }
}

/** This process holds the lock already. */
class HeldHere extends Error {}

async function openLock(layout: Layout): Promise<Lock> {
  // All paid answers are kept below this folder, so its own name must be durable too.
  await makeFolder(layout.data, 'shared')
  await refusePlantedLinks(layout)
  await makeFolder(layout.state)
  const folder = identityOf(layout.state)!
  if (heldHere.has(folder)) throw new HeldHere()
  heldHere.add(folder)
  try {
    await placeLockFile(layout.lock)
    const database = await openLockFile(layout.lock)
    const identity = identityOf(layout.lock)
    let isHeld = true
    return {
      layout,
      check() {
        if (identityOf(layout.lock) !== identity) throw folderGone(layout)
      },
      async release() {
        if (!isHeld) return
        isHeld = false
        await database.close()
        heldHere.delete(folder)
      },
    }
  } catch (error) {
    heldHere.delete(folder)
    throw error
  }
}

/** The id of the process that has a database file open, if that is why opening failed; 0 if the id is not known. */
export function lockHolder(error: unknown): number | undefined {
  const message = messageOf(error)
  if (!message.includes('Could not set lock')) return undefined
  return Number(/\(PID (\d+)\)/.exec(message)?.[1] ?? 0)
}

function busy(layout: Layout, holder: number, refused: string): BusyError {
  const otherRun = holder > 0 ? `another run (PID ${holder})` : 'another run'
  const run = runOf(layout, holder)
  const age = run && (Date.now() - Date.parse(run.started_at)) / 1000
  const holds = age === undefined ? `holds ${layout.data}` : `has held ${layout.data} for ${timeOf(Math.max(0, age))}`
  return new BusyError(`${otherRun} ${holds}: ${refused}, wait until it is done`)
}

/** The run of the holder. A status that cannot be read does not change that the folder is held. */
function runOf({ status: path }: Layout, holder: number): RunStatus | undefined {
  try {
    const status = readStatus(path, holder > 0 ? holder : undefined)
    return status && ['finished', 'interrupted'].includes(status.phase) ? undefined : status
  } catch {
    return undefined
  }
}

function folderGone(layout: Layout): LocalError {
  return new LocalError(
    `${layout.state} was deleted or moved while this run used it: put it back, then run the same command again`,
  )
}

/** Links a finished file into place: a crash while DuckDB writes the file could leave one that no later run can open. */
async function placeLockFile(path: string): Promise<void> {
  if (pathExists(path)) return
  const own = temporaryName(path)
  try {
    const database = await openLockFile(own)
    await database.close()
    await link(own, path)
  } catch {
    // Another run placed it first, or this file system has no hard links: the next open uses the file or creates it.
  } finally {
    await rm(own, { force: true })
  }
}

function openLockFile(path: string): Promise<Database> {
  return openDatabase(path, { memoryLimit: '16MB', threads: 1 })
}
