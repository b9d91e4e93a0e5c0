import { statSync } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isAbsent, pathExists, unreadablePath } from './absent.js'
import { folderMode, shareNew, type Access } from './fileModes.js'
import { createTemporary, sweepBeside, temporaryName } from './temporaryFile.js'

/**
 * Lets `produce` write a file beside the target, then renames it to the target: a reader sees the old file or the new one.
 * The file is there already, empty, under a random name. A target whose content would not change is left alone, with its
 * timestamp. Removes first what killed processes left beside the target.
 * @param given the name to use, from `temporaryName`
 * @returns whether the target was replaced
 */
export async function replaceFile(
  target: string,
  produce: (temporary: string) => Promise<void>,
  access: Access = 'private',
  given = temporaryName(target),
): Promise<boolean> {
  const folder = dirname(target)
  await makeFolder(folder, access)
  await sweepBeside(target, access)
  const { path: temporary, file } = await createTemporary(target, access, given)
  await file.close()
  try {
    await produce(temporary)
    if (await sameContent(target, temporary)) {
      await rm(temporary)
      return false
    }
    await syncFile(temporary)
    await rename(temporary, target)
    await syncFolder(folder)
    return true
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

const COMPARED_BYTES = 1 << 18

/** Whether two files hold the same bytes. Memory stays flat for files of any size. */
export async function sameContent(one: string, other: string): Promise<boolean> {
  const size = await sizeOf(one)
  if (size === undefined || size !== (await sizeOf(other))) return false
  const files = await Promise.all([open(one), open(other)])
  const [left, right] = [Buffer.allocUnsafe(COMPARED_BYTES), Buffer.allocUnsafe(COMPARED_BYTES)]
  try {
    for (let at = 0; at < size; at += COMPARED_BYTES) {
      const length = Math.min(COMPARED_BYTES, size - at)
      await Promise.all([files[0].read(left, 0, length, at), files[1].read(right, 0, length, at)])
      if (left.compare(right, 0, length, 0, length) !== 0) return false
    }
    return true
  } finally {
    await Promise.all(files.map((file) => file.close()))
  }
}

/**
 * Creates a folder and its parents so that they survive a power loss. An existing folder is left alone. The `recursive`
 * option of mkdir would never return in an existing folder in which nothing can be created, such as /proc.
 */
export async function makeFolder(folder: string, access: Access = 'private'): Promise<void> {
  try {
    await mkdir(folder, folderMode(access))
    if (access === 'shared') await shareNew(folder, folderMode(access))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && (await isFolder(folder))) return
    const parent = dirname(folder)
    if (code !== 'ENOENT' || pathExists(parent)) throw error
    await makeFolder(parent, access)
    await makeFolder(folder, access)
    return
  }
  await syncFolder(dirname(folder))
}

/** Makes a file's content survive a power loss. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** How file systems say that a folder cannot be synced. */
const NO_FOLDER_SYNC = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

/** Makes a rename or a new file in this folder survive a power loss, where the file system can do this. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } catch (error) {
    if (!NO_FOLDER_SYNC.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    await handle.close()
  }
}

/**
 * Identifies the file or folder at a path as long as it exists; undefined if there is none. Synchronous: the journal asks at
 * each sync, and a hop to another thread would take twenty times as long.
 */
export function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev}:${ino}`
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/**
 * Whether a path leads to a folder, through links too.
 * @throws LocalError when that cannot be known
 */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (isAbsent(error)) return false
    throw unreadablePath(path, error)
  }
}

/** Bytes of a file; undefined if there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}
