import { chmod, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isAbsent, unreadablePath } from '../core/absent.js'
import { isFolder } from '../core/atomicFile.js'
import type { Effects } from '../core/effects.js'
import type { Layout } from './layout.js'

/** Read, write and enter, for everybody who is neither the owner nor in the group. */
const OTHERS = 0o007

/**
 * Takes the bits of others from `state/` and `raw/` of an older version, and from everything in them, and says so. The
 * folder itself comes first: it keeps others out of the rest. A file system without modes, or a folder of another user,
 * stays as it is.
 * @throws LocalError when a folder cannot be read
 */
export async function tightenFolders({ state, raw }: Layout, { log }: Pick<Effects, 'log'>): Promise<void> {
  const tightened: string[] = []
  for (const folder of [state, raw]) {
    if (!(await isFolder(folder)) || !(await closeToOthers(folder))) continue
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
      throw unreadablePath((error as NodeJS.ErrnoException).path ?? folder, error)
    })
    for (const entry of entries) {
      if (!entry.isSymbolicLink()) await closeToOthers(join(entry.parentPath, entry.name))
    }
    tightened.push(folder)
  }
  if (tightened.length === 0) return
  const folders = tightened.join(' and ')
  log(
    'info',
    `other users of this machine could read ${folders}; now only this user and the group can`,
    'folders_closed',
  )
}

/** @returns whether something changed */
async function closeToOthers(path: string): Promise<boolean> {
  const before = await modeOf(path)
  if (before === undefined || (before & OTHERS) === 0) return false
  await chmod(path, before & 0o7777 & ~OTHERS).catch(() => undefined)
  return (await modeOf(path)) !== before
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw unreadablePath(path, error)
  }
}
