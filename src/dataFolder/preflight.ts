import { constants } from 'node:fs'
import { copyFile, lstat, open, readlink, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { isAbsent } from '../core/absent.js'
import { makeFolder } from '../core/atomicFile.js'
import type { Effects } from '../core/effects.js'
import { LocalError, messageOf } from '../core/errors.js'
import type { Access } from '../core/fileModes.js'
import { remedyFor } from '../core/remedyFor.js'
import { count, plural } from '../core/text.js'
import { createTemporary, temporaryName } from '../core/temporaryFile.js'
import type { Layout } from './layout.js'

/** The files that a run opens besides its connections: database, journal, exports, inputs. */
const OTHER_FILES = 16

/** Bytes on the disk for one id: answer in the journal, rows in the working and the published database, exports. */
export const BYTES_AN_ID = 15_000

/**
 * Checks that this process may open the files and connections of a run.
 * @throws LocalError that names the limit; nothing was sent
 */
export async function checkOpenFiles(connections: number): Promise<void> {
  const needed = connections + OTHER_FILES
  const files: FileHandle[] = []
  try {
    while (files.length < needed) files.push(await open(devNull))
  } catch (cause) {
    throw new LocalError(
      `the limit of open files is too low: ${needed} more files are needed (${messageOf(cause)}); nothing was sent: raise the limit (ulimit -n ${needed + 64}) or give a smaller --concurrency, then run the same command again`,
      { cause },
    )
  } finally {
    await Promise.all(files.map((file) => file.close()))
  }
}

/** The part that is used here; the types of Node 20 do not have it. */
interface WebAssemblyApi {
  readonly Memory: new (size: { readonly initial: number }) => object
}

/**
 * Checks that this process may reserve the address space of a WebAssembly memory, which the HTTP client needs: with a limit
 * (ulimit -v) this fails long before memory is short.
 * @throws LocalError that names the limit; nothing was sent
 */
export function checkAddressSpace(): void {
  try {
    const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi }
    new WebAssembly.Memory({ initial: 1 })
  } catch (cause) {
    throw new LocalError(
      `the limit of address space is too low: ${messageOf(cause)}; nothing was sent: remove the limit (ulimit -v unlimited), then run the same command again`,
      { cause },
    )
  }
}

/** Every folder in which a later step writes and which a run cannot do without. */
export function foldersOf({ data, state, temp, journal, exports, published, raw }: Layout): string[] {
  return [data, state, temp, journal, join(journal, 'loaded'), exports, published, raw]
}

/** Those of them that others may read, as far as the umask allows it. */
export function sharedFoldersOf({ data, exports, published }: Layout): string[] {
  return [data, exports, published]
}

/**
 * Tries in these folders what later steps do there: write a file, sync it, put it in place of an older one. Creates the folders as needed.
 * @param shared those of the folders that others may read
 * @throws LocalError that names the folder that cannot be used; nothing was sent
 */
export async function checkFolders(folders: readonly string[], shared: readonly string[] = []): Promise<void> {
  for (const folder of folders) {
    try {
      await tryFolder(folder, shared.includes(folder) ? 'shared' : 'private')
    } catch (cause) {
      throw new LocalError(
        `cannot write in ${folder}: ${await reasonFor(folder, cause)}; nothing was sent: ${remedyFor(cause, 'put a writable folder in its place')}, then run the same command again`,
        { cause },
      )
    }
  }
}

/** Warns when the disk may be too small for a run of this many ids. The run goes on, since this is an estimate. */
export async function warnOfSpace({ data }: Layout, due: number, effects: Pick<Effects, 'log'>): Promise<void> {
  const { bavail, bsize } = await statfs(data)
  const [free, needed] = [bavail * bsize, due * BYTES_AN_ID]
  if (free >= needed) return
  effects.log(
    'warn',
    `${data} has ${megabytes(free)} free, and ${plural(due, 'id')} may take ${megabytes(needed)}: if the disk gets full, the run stops with exit code 7; free some space and run the same command again`,
    'disk_may_fill',
    { free, needed },
  )
}

async function tryFolder(folder: string, access: Access): Promise<void> {
  // The folder's name must be durable: without it the files in the folder would be lost.
  await makeFolder(folder, access)
  const { path: probe, file } = await createTemporary(join(folder, '.probe'))
  const moved = temporaryName(join(folder, '.probe'))
  try {
    try {
      await file.writeFile('probe\n')
      await file.sync()
    } finally {
      await file.close()
    }
    await copyFile(probe, moved, constants.COPYFILE_EXCL)
    await rename(probe, moved)
  } finally {
    for (const path of [probe, moved]) await rm(path, { force: true })
  }
}

async function reasonFor(folder: string, cause: unknown): Promise<string> {
  const link = await lstat(folder).catch(() => undefined)
  const target = await stat(folder).catch((error: unknown) => (isAbsent(error) ? undefined : messageOf(error)))
  if (typeof target === 'string') return target
  if (link?.isSymbolicLink() && !target) return `it is a link to ${await readlink(folder)}, which is not there`
  if (target && !target.isDirectory()) return 'it is not a folder'
  return messageOf(cause)
}

function megabytes(bytes: number): string {
  return `${count(Math.ceil(bytes / 1e6))} MB`
}
