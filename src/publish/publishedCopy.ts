import { constants } from 'node:fs'
import { chmod, copyFile, lstat, readdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { makeFolder, syncFile, syncFolder, sizeOf } from '../core/atomicFile.js'
import { LocalError, messageOf } from '../core/errors.js'
import { remedyFor } from '../core/remedyFor.js'
import type { Layout } from '../dataFolder/layout.js'

export interface PublishedCopy {
  /** The finished copy; the link points to it. */
  readonly path: string
  /** New paths of files that were in the way: change logs of other programs, or a file in place of the link. */
  readonly movedAside: readonly string[]
}

const KEPT = 3
const READ_ONLY = 0o444
/** Only folders with the name of a run are removed. */
const RUN_ID = /^\d{8}T\d{6}Z-[0-9a-f]{4}$/

/**
 * Copies the closed working database to `published/<runId>/`, then points the link to the copy in one step. A program that
 * has the old file open keeps it; a program that opens the link gets the new one. Keeps the last three copies.
 * @throws LocalError when the copy cannot be written: the link still leads to the old file
 */
export async function publishCopy(layout: Layout, runId: string): Promise<PublishedCopy> {
  try {
    await refuseUnfinished(layout.warehouse)
    const path = await copyFinished(layout, runId)
    const movedAside = await moveObstacles(layout, path, runId)
    await pointLink(layout, path)
    await removeOld(layout, runId)
    return { path, movedAside }
  } catch (error) {
    if (error instanceof LocalError) throw error
    throw new LocalError(
      `cannot publish ${layout.database}: ${messageOf(error)}; ${remedyFor(error, 'make this folder writable')}, then run the same command again: no answer is lost, and the old file is still in place`,
      { cause: error },
    )
  }
}

/** The copy has no change log, so it would lack changes that are only in the log. */
async function refuseUnfinished(warehouse: string): Promise<void> {
  const log = `${warehouse}.wal`
  if (!(await sizeOf(log))) return
  throw new LocalError(`${log} exists: the working database was not closed; run the same command again`)
}

async function copyFinished({ warehouse, published, database }: Layout, runId: string): Promise<string> {
  const folder = join(published, runId)
  const path = join(folder, basename(database))
  const temporary = `${path}.part`
  await makeFolder(folder)
  try {
    await copyFile(warehouse, temporary, constants.COPYFILE_FICLONE)
    await chmod(temporary, 0o644)
    await syncFile(temporary)
    await chmod(temporary, READ_ONLY)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(folder)
  await syncFolder(published)
  return path
}

/**
 * A program that opened the old file for writing may have left a change log beside the link or beside the file. The next
 * reader would replay it into the new file, silently.
 */
async function moveObstacles({ database }: Layout, path: string, runId: string): Promise<string[]> {
  const moved: string[] = []
  for (const log of [`${database}.wal`, `${path}.wal`]) moved.push(...(await moveAside(log, runId)))
  const there = await lstat(database).catch(() => undefined)
  if (there && !there.isSymbolicLink()) moved.push(...(await moveAside(database, runId)))
  return moved
}

async function moveAside(path: string, runId: string): Promise<string[]> {
  if (!(await lstat(path).catch(() => undefined))) return []
  for (let n = 1; ; n += 1) {
    const aside = `${path}.aside-${runId}${n === 1 ? '' : `-${n}`}`
    if (await lstat(aside).catch(() => undefined)) continue
    await rename(path, aside)
    return [aside]
  }
}

async function pointLink({ database }: Layout, path: string): Promise<void> {
  const folder = dirname(database)
  const temporary = `${database}.part`
  await rm(temporary, { force: true })
  await symlink(relative(folder, path), temporary)
  await rename(temporary, database)
  await syncFolder(folder)
}

/** Keeps the copy that the link leads to, and the newest others. */
async function removeOld({ published, database }: Layout, runId: string): Promise<void> {
  const current = basename(dirname(await readlink(database)))
  const others = (await readdir(published)).filter((name) => RUN_ID.test(name) && name !== current && name !== runId)
  const finished: string[] = []
  const unfinished: string[] = []
  for (const name of others.sort().reverse()) {
    const size = await sizeOf(join(published, name, basename(database)))
    ;(size ? finished : unfinished).push(name)
  }
  for (const name of [...finished.slice(KEPT - 1), ...unfinished]) {
    await rm(join(published, name), { recursive: true, force: true })
  }
}
