import { existsSync, rmSync } from 'node:fs'
import { lstat, mkdtemp, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../core/atomicFile.js'
import { isUsedByOther } from '../core/temporaryFile.js'
import { onStopSignal } from '../terminal/stopSignal.js'
import type { Layout } from './layout.js'

/** The folders that this process uses now. */
const inUse = new Set<string>()

/**
 * Gives a command that only reads a folder of its own in `state/spill/`, for what exceeds memory. It may hold profiles, so it
 * is removed at the end and on every signal; what a killed process left is removed first.
 * @param work gets undefined where the data folder cannot be written: everything must fit into memory
 */
export async function withSpill<T>(layout: Layout, work: (folder: string | undefined) => Promise<T>): Promise<T> {
  await sweepSpill(layout)
  const { data, state, spill } = layout
  const made = [state, data].filter((folder) => !existsSync(folder))
  const folder = await makeSpill(layout)
  if (folder === undefined) return work(undefined)
  inUse.add(folder)
  const release = onStopSignal((name) => {
    rmSync(folder, { recursive: true, force: true })
    process.kill(process.pid, name)
  })
  try {
    return await work(folder)
  } finally {
    release()
    inUse.delete(folder)
    await rm(folder, { recursive: true, force: true })
    // Only empty folders can be removed like this.
    for (const empty of [spill, ...made]) await rmdir(empty).catch(() => undefined)
  }
}

/** The name begins with the id of the process, which shows later whether the folder is still in use. */
async function makeSpill({ data, spill }: Layout): Promise<string | undefined> {
  try {
    await makeFolder(data, 'shared')
    await makeFolder(spill)
    return await mkdtemp(join(spill, `${process.pid}-`))
  } catch {
    return undefined
  }
}

/** Removes what killed processes left in `state/spill/`. */
export async function sweepSpill({ spill }: Layout): Promise<void> {
  // The folders behind a link are not ours.
  if ((await lstat(spill).catch(() => undefined))?.isSymbolicLink()) return rm(spill).catch(() => undefined)
  const names = await readdir(spill).catch(() => [])
  for (const name of names) {
    const folder = join(spill, name)
    if (inUse.has(folder) || isUsedByOther(Number.parseInt(name, 10))) continue
    await rm(folder, { recursive: true, force: true }).catch(() => undefined)
  }
}
