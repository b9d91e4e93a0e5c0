import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes a rename or a new file in this folder survive a power loss. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
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

async function digest(path: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return hash.digest('hex')
}

/**
 * Lets `produce` write beside the target, then puts it in place in one rename: a reader sees the old file or the new
 * one. A target whose content would not change is left alone, its time stamp too.
 * @returns whether the target was replaced
 */
export async function replaceFile(target: string, produce: (temporary: string) => Promise<void>): Promise<boolean> {
  const folder = dirname(target)
  await mkdir(folder, { recursive: true })
  const temporary = `${target}.part`
  try {
    await produce(temporary)
    const [before, after] = await Promise.all([digest(target), digest(temporary)])
    if (before === after) {
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
