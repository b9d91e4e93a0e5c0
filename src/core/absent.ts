import { accessSync, lstatSync, readlinkSync, statSync } from 'node:fs'
import { access, constants, readdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { LocalError, messageOf } from './errors.js'

/** What to do about an error, by Node's code. */
const REMEDIES: Readonly<Record<string, string>> = {
  ELOOP: 'remove the link that leads back to itself',
  EIO: 'check this disk',
  ENOTDIR: 'put the folder in the place of this file',
}

/**
 * Whether an error says that there is nothing at a path. This is the only place for that rule: any other error (no permission,
 * a failing disk, a loop of links) means that something may be there, and must not pass for nothing.
 */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '')
}

/**
 * Whether there is something at a path, through links.
 * @throws LocalError when that cannot be known
 */
export function pathExists(path: string): boolean {
  try {
    statSync(path)
    return true
  } catch (error) {
    if (isAbsent(error)) return false
    throw unreadablePath(path, error)
  }
}

/**
 * The names in a folder; an empty list if the folder does not exist.
 * @throws LocalError when the folder cannot be read, or is a file
 */
export async function namesInFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isAbsent(error) && !pathExists(folder)) return []
    throw unreadablePath(folder, error)
  }
}

/**
 * Checks that this user may read a file, so that a missing permission is not taken for damage. A file that is not there passes.
 * @throws LocalError naming the file
 */
export async function requireReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK)
  } catch (error) {
    if (!isAbsent(error)) throw unreadablePath(path, error)
  }
}

/** The error for something that is there, or may be there, and cannot be read. */
export function unreadablePath(path: string, cause: unknown): LocalError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? ''
  const isRefused = ['EACCES', 'EPERM'].includes(code)
  const remedy = isRefused
    ? (takeBack(path) ?? `give this user the permission to ${closedFolder(path) ?? 'read it'}`)
    : (REMEDIES[code] ?? 'make it readable')
  return new LocalError(`cannot read ${path}: ${messageOf(cause)}; ${remedy}, then run the same command again`, {
    cause,
  })
}

/** How to get back what another user, such as root, has made in a folder of this user. */
function takeBack(path: string): string | undefined {
  const [self, group] = [process.geteuid?.(), process.getegid?.()]
  const [made, folder] = [ownerOf(path), ownerOf(dirname(path))]
  if (self === undefined || made === undefined || made === self || folder !== self) return undefined
  return `uid ${made} has made it in a folder of yours: as root, give back all of the data folder (chown -R ${self}:${group} <data folder>)`
}

function ownerOf(path: string): number | undefined {
  try {
    return lstatSync(path).uid
  } catch {
    return undefined
  }
}

/** The first folder on the way to a path, or to what it links to, that this user may not enter. */
function closedFolder(path: string): string | undefined {
  for (const target of [path, linkedPath(path)]) {
    const folders: string[] = []
    for (let at = dirname(resolve(target)); folders[0] !== at; at = dirname(at)) folders.unshift(at)
    const closed = folders.find((folder) => !mayEnter(folder))
    if (closed !== undefined) return `enter ${closed}`
  }
  return undefined
}

function linkedPath(path: string): string {
  try {
    return resolve(dirname(path), readlinkSync(path))
  } catch {
    return path
  }
}

function mayEnter(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK)
    return true
  } catch {
    return false
  }
}
