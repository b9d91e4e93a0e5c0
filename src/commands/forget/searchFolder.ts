import { relative } from 'node:path'
import { requireReadable } from '../../core/absent.js'
import { messageOf } from '../../core/errors.js'
import { filesUnder, isOurs, isWorkbook } from '../../dataFolder/files.js'
import type { Layout } from '../../dataFolder/layout.js'
import type { IdFinder } from '../../privacy/idFinder.js'
import { FileSearch } from './fileSearch.js'

/** A file that names one of the people, or may name one because it cannot be searched. */
export interface Finding {
  /** Absolute. */
  readonly path: string
  /** Whether the part that can be searched names one of them. */
  readonly names: boolean
  /** Why the file, or a part of it, cannot be searched. */
  readonly unsearched?: string
}

/** Files that are not creator-enrich's; paths absolute. */
export interface OtherFiles {
  /** Files that name one of the people. */
  readonly others: readonly string[]
  readonly unsearched: readonly { readonly path: string; readonly why: string }[]
}

/**
 * Searches every file of the data folder for ids: each value of a database or Parquet file, any other file as text after
 * decompression, and the names of files.
 * @param found gets every id that was found
 * @throws LocalError for a link among our files, or one of them that may not be read
 */
export async function searchFolder(layout: Layout, finder: IdFinder, found?: Set<string>): Promise<Finding[]> {
  const findings: Finding[] = []
  const search = new FileSearch(finder, found)
  const { files, skipped } = await filesUnder(layout)
  const nameHasId = (path: string): boolean => search.inText(relative(layout.data, path))
  try {
    for (const path of files) {
      // Opening and closing the lock file, under any name, would release the lock. The file is empty.
      if (path.startsWith(layout.lock) || path === layout.forgotten) continue
      // Workbooks are removed before the erasure and written again afterwards.
      if (isWorkbook(path, layout)) continue
      const named = nameHasId(path)
      // What may name people and cannot be opened must not pass for damaged.
      if (isOurs(path, layout)) await requireReadable(path)
      try {
        if ((await search.inFile(path)) || named) findings.push({ path, names: true })
      } catch (error) {
        findings.push({ path, names: named, unsearched: messageOf(error).split('\n')[0]! })
        // After a damaged file DuckDB may be unable to read any other.
        await search.close()
      }
    }
  } finally {
    await search.close()
  }
  return [...findings, ...skipped.map(({ path, why }) => ({ path, names: nameHasId(path), unsearched: why }))]
}

/** The findings outside of our own files: the user must edit or check these files. */
export function otherFiles(findings: readonly Finding[], layout: Layout): OtherFiles {
  const rest = findings.filter(({ path }) => !isOurs(path, layout))
  return {
    others: rest.filter(({ names }) => names).map(({ path }) => path),
    unsearched: rest.flatMap(({ path, unsearched: why }) => (why === undefined ? [] : [{ path, why }])),
  }
}
