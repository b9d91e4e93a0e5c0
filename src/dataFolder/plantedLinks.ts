import { lstat, stat } from 'node:fs/promises'
import { isAbsent, namesInFolder, unreadablePath } from '../core/absent.js'
import { LocalError } from '../core/errors.js'
import type { Layout } from './layout.js'

/** At least one of these is in a folder that this program has used, unless it is empty. */
const OF_STATE = ['lock.duckdb', 'journal', 'warehouse.duckdb', 'status.json', 'spill']
const OF_RAW = ['answers', 'calls', 'inputs', 'receipts', 'forgotten.json', 'config.json', 'included.json']

/**
 * Refuses links through which a run would write to files that are not its own. `state/` and `raw/` may be links of this
 * user, to an empty folder or to one that was used as such before; files in `state/` may not be links.
 * @throws LocalError that names the link; nothing was written
 */
export async function refusePlantedLinks({ state, raw, journal, lock, warehouse }: Layout): Promise<void> {
  await refuseForeign(state, OF_STATE)
  await refuseForeign(raw, OF_RAW)
  await refuseForeign(journal, undefined)
  for (const file of [lock, `${lock}.wal`, warehouse, `${warehouse}.wal`]) {
    if (await isLink(file)) throw refusal(file, 'only creator-enrich makes this file')
  }
}

async function refuseForeign(folder: string, ours: readonly string[] | undefined): Promise<void> {
  if (!(await isLink(folder))) return
  const owner = (await lstat(folder)).uid
  const user = process.geteuid?.()
  if (user !== undefined && owner !== user && owner !== 0) throw refusal(folder, 'it belongs to another user')
  const isUsable = await stat(folder).then(
    (found) => found.isDirectory(),
    // The preflight names a link that leads nowhere.
    () => false,
  )
  if (!isUsable) return
  const names = await namesInFolder(folder)
  const isOurs = (name: string): boolean => ours?.includes(name) ?? /\.journal\b|^(loaded|damaged)$/.test(name)
  if (names.length > 0 && !names.some(isOurs)) throw refusal(folder, 'that folder holds other files')
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink()
  } catch (error) {
    if (isAbsent(error)) return false
    throw unreadablePath(path, error)
  }
}

function refusal(path: string, why: string): LocalError {
  return new LocalError(
    `${path} is a link, and ${why}; nothing was sent or written: remove the link, or put what it leads to in its place, then run the same command again`,
  )
}
