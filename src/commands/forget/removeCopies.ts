import { lstatSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { isAbsent, namesInFolder, pathExists, unreadablePath } from '../../core/absent.js'
import { syncFolder } from '../../core/atomicFile.js'
import { LocalError, messageOf } from '../../core/errors.js'
import { isOurs, isOutput } from '../../dataFolder/files.js'
import type { Layout } from '../../dataFolder/layout.js'
import { currentCopy } from '../../publish/publishedCopy.js'
import { baseFolder } from '../../raw/base.js'
import { readManifest } from '../../raw/manifest.js'
import { isSegment } from './eraseJournal.js'
import type { Finding } from './searchFolder.js'

/**
 * Removes files that are not in use and may name any person: older published copies, files that were set aside because
 * they were damaged or in the way, and half-written files of a run that was cut off.
 * @returns the removed paths, absolute
 */
export async function removeCopies(layout: Layout): Promise<string[]> {
  const { state, published, journal, temp, spill, database } = layout
  const current = await currentCopy(layout)
  const older = (await pathsIn(published)).filter((path) => path !== current)
  const besideCurrent =
    current === undefined ? [] : (await pathsIn(current)).filter((path) => path !== join(current, basename(database)))
  const inState = (await pathsIn(state)).filter(
    (path) => /\.(damaged-\d+|rebuilt|compact|wal|part)$/.test(path) && !path.startsWith(layout.lock),
  )
  const besideLink = (await pathsIn(layout.data)).filter((path) => path.startsWith(`${database}.`))
  const copies = [...older, ...besideCurrent, ...besideLink, ...inState, join(journal, 'damaged')].filter(hasName)
  await removeAll([...copies, temp, spill])
  return copies
}

/**
 * Removes our files that still name a forgotten person, or may: a report, or an export of a list that is not stored any more.
 * @returns the removed paths, absolute
 * @throws LocalError when a file that must not be removed still names a forgotten person
 */
export async function removeFindings(findings: readonly Finding[], layout: Layout): Promise<string[]> {
  const own = findings.filter(({ path }) => isOurs(path, layout))
  const { base } = await readManifest(layout.raw)
  const current = base && baseFolder(layout.raw, base.folder)
  const kept = own.find(({ path }) => !isRemovable(path, layout) && !isOldBase(path, layout, current))
  if (kept) {
    const { path, unsearched } = kept
    const why = unsearched === undefined ? 'it still names a forgotten person' : `it cannot be searched (${unsearched})`
    throw new LocalError(`${path}: ${why}: run the same command again; if that does not help, report it`)
  }
  const removed = own.map(({ path }) => path)
  await removeAll(removed)
  return removed
}

/** Files that may hold paid answers of other people are not removable. */
function isRemovable(path: string, layout: Layout): boolean {
  const { raw, state, warehouse } = layout
  if (path.startsWith(raw + sep)) return path.endsWith('.part')
  if (isSegment(path, layout) || path === warehouse) return false
  return path.startsWith(state + sep) || isOutput(path, layout)
}

/** Whether a file belongs to a snapshot that a command began or replaced, and did not remove because it was cut off. */
function isOldBase(path: string, { raw }: Layout, current: string | null): boolean {
  return path.startsWith(join(raw, 'base', sep)) && (current === null || !path.startsWith(current + sep))
}

/** Whether anything has this name, also a link that leads nowhere. */
function hasName(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch (error) {
    if (isAbsent(error)) return false
    throw unreadablePath(path, error)
  }
}

async function pathsIn(folder: string): Promise<string[]> {
  return (await namesInFolder(folder)).map((name) => join(folder, name))
}

async function removeAll(paths: readonly string[]): Promise<void> {
  try {
    for (const path of paths) await rm(path, { recursive: true, force: true })
    for (const folder of new Set(paths.map(dirname))) if (pathExists(folder)) await syncFolder(folder)
  } catch (cause) {
    throw new LocalError(
      `cannot remove ${paths.join(', ')}: ${messageOf(cause)}; make the folder writable, then run the same command again`,
      { cause },
    )
  }
}
