import { lstat, open, readlink, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from '../core/atomicFile.js'
import type { Effects } from '../core/effects.js'
import { LocalError, messageOf } from '../core/errors.js'
import type { Layout } from './layout.js'

/** What a run opens besides its connections: database, journal, exports, inputs. */
const OTHER_FILES = 16

/** What one id takes on the disk, bytes: answer in the journal, rows in the working and the published database, exports. */
export const BYTES_AN_ID = 15_000

/**
 * Checks that this process may open the files and connections of a run.
 * @throws LocalError naming the limit; nothing was sent
 */
export async function checkOpenFiles(connections: number): Promise<void> {
  const needed = connections + OTHER_FILES
  const files: FileHandle[] = []
  try {
    while (files.length < needed) files.push(await open(devNull))
  } catch (cause) {
    throw new LocalError(
      `too few open files are allowed to this process: ${needed} more are needed (${messageOf(cause)}); nothing was sent: raise the limit (ulimit -n ${needed + 64}) or give a smaller --concurrency, then run the same command again`,
      { cause },
    )
  } finally {
    await Promise.all(files.map((file) => file.close()))
  }
}

/** Every folder that a later step writes in. */
export function foldersOf({ data, state, journal, exports, published, raw }: Layout): string[] {
  return [data, state, journal, join(journal, 'loaded'), exports, published, raw]
}

/**
 * Tries out in these folders what a later step will do there; they are created as needed.
 * @throws LocalError naming the folder that cannot be used; nothing was sent
 */
export async function checkFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    try {
      await tryOut(folder)
    } catch (cause) {
      throw new LocalError(
        `cannot write in ${folder}: ${await whyNot(folder, cause)}; nothing was sent: ${remedyFor(cause)}, then run the same command again`,
        { cause },
      )
    }
  }
}

/** Says so when the disk can hardly hold what a run of so many ids writes; the run goes on, since this is an estimate. */
export async function warnOfSpace({ data }: Layout, due: number, effects: Pick<Effects, 'log'>): Promise<void> {
  const { bavail, bsize } = await statfs(data)
  const [free, needed] = [bavail * bsize, due * BYTES_AN_ID]
  if (free >= needed) return
  effects.log(
    'warn',
    `${data} has ${megabytes(free)} free, and ${due} ids may take ${megabytes(needed)}: if the disk gets full the run stops with code 7, and goes on when there is room`,
  )
}

async function tryOut(folder: string): Promise<void> {
  // Durably: what is made in it later must not go with its name.
  await makeFolder(folder)
  const probe = join(folder, `.probe-${process.pid}`)
  const moved = `${probe}.moved`
  try {
    const file = await open(probe, 'w')
    try {
      await file.writeFile('probe\n')
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(probe, moved)
  } finally {
    for (const path of [probe, moved]) await rm(path, { force: true })
  }
}

async function whyNot(folder: string, cause: unknown): Promise<string> {
  const there = await lstat(folder).catch(() => undefined)
  const target = await stat(folder).catch(() => undefined)
  if (there?.isSymbolicLink() && !target) return `it is a link to ${await readlink(folder)}, which is not there`
  if (target && !target.isDirectory()) return 'it is no folder'
  return messageOf(cause)
}

function remedyFor(cause: unknown): string {
  const { code = '' } = cause as NodeJS.ErrnoException
  if (['ENOSPC', 'EDQUOT'].includes(code)) return 'free some space'
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) return 'make it writable'
  return 'mend it'
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`
}
