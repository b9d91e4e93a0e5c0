import { sep } from 'node:path'
import { isAbsent, pathExists, requireReadable } from '../../core/absent.js'
import { messageOf } from '../../core/errors.js'
import { filesUnder, isOurs, isWorkbook } from '../../dataFolder/files.js'
import type { Layout } from '../../dataFolder/layout.js'
import type { IdFinder } from '../../privacy/idFinder.js'
import { FileSearch } from './fileSearch.js'
import type { Finding } from './searchFolder.js'

/** What a search without the lock records beside its findings. */
export interface SearchNotes {
  /** Gets every id that was found. */
  readonly found?: Set<string>
  /** Files that were searched already, absolute. */
  readonly skip?: ReadonlySet<string>
}

/**
 * Searches the files of a data folder for ids like `searchFolder`, but without the lock: a run may start or end meanwhile,
 * and is never blocked. So files that a run may be writing are left out: the working database, temporary files and the lock.
 * Our workbooks are left out too, since they cannot be searched.
 * @throws LocalError for a file of ours that may not be read
 */
export async function searchWithoutLock(
  layout: Layout,
  finder: IdFinder,
  { found, skip = new Set() }: SearchNotes = {},
): Promise<Finding[]> {
  const findings: Finding[] = []
  const search = new FileSearch(finder, found)
  const { files, skipped } = await filesUnder(layout, 'skip')
  try {
    for (const path of files) {
      if (skip.has(path) || mayBeInUse(path, layout)) continue
      const named = search.inText(path.slice(layout.data.length))
      if (isOurs(path, layout)) await requireReadable(path)
      try {
        if ((await search.inFile(path)) || named) findings.push({ path, names: true })
      } catch (error) {
        await search.close()
        // A run has removed or moved the file meanwhile.
        if (isAbsent(error) || !pathExists(path)) continue
        findings.push({ path, names: named, unsearched: messageOf(error).split('\n')[0]! })
      }
    }
  } finally {
    await search.close()
  }
  return [...findings, ...skipped.map(({ path, why }) => ({ path, names: false, unsearched: why }))]
}

/** Opening the working database would keep a run from writing to it. The others hold no ids, or are not finished. */
function mayBeInUse(path: string, layout: Layout): boolean {
  const { warehouse, lock, temp, spill, forgotten, erasures } = layout
  const isFamily = [warehouse, lock].some((file) => path === file || path.startsWith(`${file}.`))
  const isDamaged = /\.damaged-\d+$/.test(path)
  const isInside = [temp, spill].some((folder) => path.startsWith(folder + sep))
  if ((isFamily && !isDamaged) || isInside || /\.part(\.wal)?$/.test(path)) return true
  return path === forgotten || path === erasures || isWorkbook(path, layout)
}
