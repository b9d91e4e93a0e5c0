import { existsSync } from 'node:fs'
import { readdir, readlink, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { syncFolder } from '../../core/atomicFile.js'
import { LocalError, messageOf } from '../../core/errors.js'
import { isOurs, isOutput } from '../../dataFolder/files.js'
import type { Layout } from '../../dataFolder/layout.js'
import { isSegment } from './eraseJournal.js'
import type { Finding } from './searchFolder.js'

/**
 * Removes what is kept beside the files that are in use, and may hold anybody: older published copies, what was set aside
 * because it was damaged or in the way, what a run that was cut off left half written.
 * @returns what was removed, absolute
 */
export async function removeCopies(layout: Layout): Promise<string[]> {
  const { state, published, journal, temp, database } = layout
  const current = existsSync(database) ? dirname(resolve(layout.data, await readlink(database))) : undefined
  const older = (await pathsIn(published)).filter((path) => path !== current)
  const besideCurrent =
    current === undefined ? [] : (await pathsIn(current)).filter((path) => path !== join(current, basename(database)))
  const inState = (await pathsIn(state)).filter(
    (path) => /\.(damaged-\d+|rebuilt|compact|wal|part)$/.test(path) && !path.startsWith(layout.lock),
  )
  const besideLink = (await pathsIn(layout.data)).filter((path) => path.startsWith(`${database}.`))
  const copies = [...older, ...besideCurrent, ...besideLink, ...inState, join(journal, 'damaged')].filter(existsSync)
  await removeAll([...copies, temp])
  return copies
}

/**
 * Removes files of ours that still name somebody, or may: an export of a list that is known no more, a report.
 * @returns what was removed, absolute
 * @throws LocalError when a file names somebody that should not after all that was done
 */
export async function removeFindings(findings: readonly Finding[], layout: Layout): Promise<string[]> {
  const ours = findings.filter(({ path }) => isOurs(path, layout))
  const kept = ours.find(({ path }) => !isRemovable(path, layout))
  if (kept) {
    const { path, unsearched } = kept
    const why = unsearched === undefined ? 'it still names somebody' : `it cannot be searched (${unsearched})`
    throw new LocalError(`${path}: ${why}: run the same command again; if that does not help, report it`)
  }
  const removed = ours.map(({ path }) => path)
  await removeAll(removed)
  return removed
}

/** Not what may hold paid answers of others. */
function isRemovable(path: string, layout: Layout): boolean {
  const { raw, state, warehouse } = layout
  if (path.startsWith(raw + sep)) return path.endsWith('.part')
  if (isSegment(path, layout) || path === warehouse) return false
  return path.startsWith(state + sep) || isOutput(path, layout)
}

async function pathsIn(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return []
  return (await readdir(folder)).map((name) => join(folder, name))
}

async function removeAll(paths: readonly string[]): Promise<void> {
  try {
    for (const path of paths) await rm(path, { recursive: true, force: true })
    for (const folder of new Set(paths.map(dirname))) if (existsSync(folder)) await syncFolder(folder)
  } catch (cause) {
    throw new LocalError(
      `cannot remove ${paths.join(', ')}: ${messageOf(cause)}; make the folder writable, then run the same command again`,
      { cause },
    )
  }
}
