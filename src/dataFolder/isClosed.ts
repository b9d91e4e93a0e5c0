import { accessSync, constants, statSync } from 'node:fs'
import { LocalError } from '../core/errors.js'
import type { Layout } from './layout.js'

/**
 * Whether a part of a data folder of another user is closed to this one, as `state/` and `raw/` are to analysts. A part of an
 * own folder that cannot be read is a fault instead.
 */
export function isClosed(part: string, { data }: Layout): boolean {
  try {
    accessSync(part, constants.R_OK | constants.X_OK)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' && statSync(data).uid !== process.getuid?.()
  }
}

/** Whether `state/` and `raw/` can be read, as far as their folder belongs to another user. */
export function isOpen(layout: Layout): boolean {
  return closedPart(layout) === undefined
}

/** @throws LocalError that says what another user of a data folder can do, if `state/` or `raw/` is closed to this one */
export function requireOpen(layout: Layout): void {
  const closed = closedPart(layout)
  if (closed === undefined) return
  const owner = statSync(layout.data).uid
  throw new LocalError(
    `${closed} is closed to you, and this command reads it: ask the user of this folder (uid ${owner}) to start it; you can use lists, select, changes, status and costs`,
  )
}

function closedPart(layout: Layout): string | undefined {
  return [layout.state, layout.raw].find((part) => isClosed(part, layout))
}
