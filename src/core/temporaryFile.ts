import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileMode, shareNew, type Access } from './fileModes.js'

/** Marks the names of this process: its id alone may be that of a dead process in another container. */
const OWN = `${process.pid}-${randomBytes(4).toString('hex')}`
const ENDING = /\.(\d+-[0-9a-f]{8})[0-9a-f]{12}\.part(\.wal)?$/
/** In bytes. File systems allow 255, and the ending needs room. */
const LONGEST_NAME = 210

/** A random name beside the target, so that no link can be planted there. */
export function temporaryName(target: string): string {
  return `${stemOf(target)}.${OWN}${randomBytes(6).toString('hex')}.part`
}

/** The name of the file that a temporary file becomes; also for the names of older versions, which only end in `.part`. */
export function nameWithoutEnding(path: string): string {
  const name = basename(path)
  return ENDING.test(name) ? name.replace(ENDING, '') : basename(name, '.part')
}

export interface TemporaryFile {
  readonly path: string
  /** Open for reading and writing. */
  readonly file: FileHandle
}

/** Creates an empty file beside the target. Fails, instead of following a link, if something has its name. */
export async function createTemporary(
  target: string,
  access: Access = 'private',
  path = temporaryName(target),
): Promise<TemporaryFile> {
  // Windows has no O_NOFOLLOW: it counts as 0 there. With O_EXCL no link is followed in any case.
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const file = await open(path, flags, fileMode(access))
  if (access === 'shared') await shareNew(path, fileMode(access))
  return { path, file }
}

/** Replaces a small file that may be lost in a power loss: it is not synced. */
export async function replaceUnsynced(target: string, text: string): Promise<void> {
  const { path, file } = await createTemporary(target)
  try {
    await file.writeFile(text).finally(() => file.close())
    await rename(path, target)
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

/**
 * Writes a small file over itself, where a full disk has no room for a second one. A reader may see half of it. Follows no
 * link, and leaves a file alone that has another name, too.
 */
export async function overwriteUnsynced(target: string, text: string): Promise<void> {
  const file = await open(target, constants.O_RDWR | constants.O_NOFOLLOW)
  try {
    if ((await file.stat()).nlink > 1) throw new Error(`${target} has another name, too`)
    await file.writeFile(text)
    await file.truncate(Buffer.byteLength(text))
  } finally {
    await file.close()
  }
}

/**
 * Removes what killed processes left beside a target. Files of processes that live stay.
 * @param access in a private folder, names of older versions go too
 */
export async function sweepBeside(target: string, access: Access): Promise<void> {
  const isOld = (name: string): boolean => access === 'private' && !ENDING.test(name)
  const [folder, stem] = [dirname(target), basename(stemOf(target))]
  // Some folders take files and cannot be listed.
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith(`${stem}.`) && nameWithoutEnding(name) === stem && (isLeftover(name) || isOld(name)))
      await rm(join(folder, name), { force: true })
  }
}

/**
 * Whether a name is that of a temporary file that no process uses.
 * @param locked only this process may write there: a file of any other process is left over
 */
export function isLeftover(name: string, locked = false): boolean {
  const owner = ENDING.exec(name)?.[1]
  if (owner === undefined || owner === OWN) return false
  return locked || !isUsedByOther(Number.parseInt(owner, 10))
}

/** Whether another process with this id lives. */
export function isUsedByOther(pid: number): boolean {
  if (!(pid > 0) || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // The process lives and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function stemOf(target: string): string {
  const fits = Buffer.byteLength(basename(target)) <= LONGEST_NAME
  return fits ? target : join(dirname(target), 'creator-enrich')
}
