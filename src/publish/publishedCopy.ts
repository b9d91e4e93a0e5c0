import { constants, type Stats } from 'node:fs'
import { chmod, copyFile, lstat, readlink, rename, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { isAbsent, namesInFolder, unreadablePath } from '../core/absent.js'
import { makeFolder, sameContent, syncFile, syncFolder, sizeOf } from '../core/atomicFile.js'
import { LocalError, messageOf } from '../core/errors.js'
import { remedyFor } from '../core/remedyFor.js'
import { createTemporary, temporaryName } from '../core/temporaryFile.js'
import type { Layout } from '../dataFolder/layout.js'

export interface PublishedCopy {
  /** The finished copy; the link points to it, or the file of that name has the same content. */
  readonly path: string
  /** New paths of files that were in the way: change logs of other programs, or a file in place of the link. */
  readonly movedAside: readonly string[]
}

type Completion = (copy: string) => Promise<void>

const KEPT = 3
const READ_ONLY = 0o444
/** Only folders with the name of a run are removed. */
const RUN_ID = /^\d{8}T\d{6}Z-[0-9a-f]{4}$/

/**
 * Copies the closed working database to `published/<runId>/`, then points the link to the copy in one step. A program that
 * has the old file open keeps it; a program that opens the link gets the new one. Keeps the last three copies. Where the
 * file system has no links, a second copy takes the place of the link.
 * @param complete adds to the new copy, a closed file, before anybody sees it
 * @throws LocalError when the copy cannot be written: the link still leads to the old file
 */
export async function publishCopy(layout: Layout, runId: string, complete?: Completion): Promise<PublishedCopy> {
  try {
    await refuseUnfinished(layout.warehouse)
    const path = await copyFinished(layout, runId, complete)
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

async function copyFinished(
  { warehouse, published, database }: Layout,
  runId: string,
  complete: Completion | undefined,
): Promise<string> {
  const folder = join(published, runId)
  const path = join(folder, basename(database))
  await makeFolder(folder, 'shared')
  const temporary = await copyReadOnly(warehouse, path, complete)
  try {
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(folder)
  await syncFolder(published)
  return path
}

/** @returns the path of a copy beside the target, durable and read-only */
async function copyReadOnly(from: string, target: string, complete?: Completion): Promise<string> {
  const { path, file } = await createTemporary(target, 'shared')
  try {
    const { mode } = await file.stat().finally(() => file.close())
    // The copy takes over the mode of the working database, which is not shared.
    const setMode = (bits: number): Promise<void> => chmod(path, mode & bits).catch(() => undefined)
    await copyFile(from, path, constants.COPYFILE_FICLONE)
    await setMode(0o777)
    await complete?.(path)
    await syncFile(path)
    await setMode(READ_ONLY)
    return path
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

/**
 * A program that opened the old file for writing may have left a change log beside the link or beside the file. The next
 * reader would replay it into the new file, silently.
 */
async function moveObstacles(layout: Layout, path: string, runId: string): Promise<string[]> {
  const { database } = layout
  const moved: string[] = []
  for (const log of [`${database}.wal`, `${path}.wal`]) moved.push(...(await moveAside(log, runId)))
  const there = await linkOrFile(database)
  const isOurs = there === undefined || there.isSymbolicLink() || (await currentCopy(layout)) !== undefined
  if (!isOurs) moved.push(...(await moveAside(database, runId)))
  return moved
}

async function moveAside(path: string, runId: string): Promise<string[]> {
  if (!(await linkOrFile(path))) return []
  for (let n = 1; ; n += 1) {
    const aside = `${path}.aside-${runId}${n === 1 ? '' : `-${n}`}`
    if (await linkOrFile(aside)) continue
    await rename(path, aside)
    return [aside]
  }
}

async function pointLink({ database }: Layout, path: string): Promise<void> {
  const folder = dirname(database)
  // exFAT, FAT, and many network shares have no links.
  const temporary = await linkBeside(database, relative(folder, path)).catch(() => copyReadOnly(path, database))
  await rename(temporary, database)
  await syncFolder(folder)
}

async function linkBeside(target: string, to: string): Promise<string> {
  const path = temporaryName(target)
  await symlink(to, path)
  return path
}

/** What has this name, a link too; undefined when nothing has. */
async function linkOrFile(path: string): Promise<Stats | undefined> {
  return lstat(path).catch((error: unknown) => {
    if (isAbsent(error)) return undefined
    throw unreadablePath(path, error)
  })
}

/**
 * The folder of the copy that is published now: the link leads into it, or the file in place of the link has the content of
 * its copy.
 * @returns undefined if nothing is published, or if the file was not made by creator-enrich
 */
export async function currentCopy({ database, published }: Layout): Promise<string | undefined> {
  const there = await linkOrFile(database)
  if (there === undefined) return undefined
  if (there.isSymbolicLink()) return dirname(resolve(dirname(database), await readlink(database)))
  const names = (await namesInFolder(published)).filter((name) => RUN_ID.test(name))
  for (const name of names.sort().reverse()) {
    if (await sameContent(database, join(published, name, basename(database)))) return join(published, name)
  }
  return undefined
}

/** Keeps the copy that was just made, and the newest others. */
async function removeOld({ published, database }: Layout, runId: string): Promise<void> {
  const others = (await namesInFolder(published)).filter((name) => RUN_ID.test(name) && name !== runId)
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
