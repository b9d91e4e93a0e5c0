import { relative } from 'node:path'
import { messageOf } from '../../core/errors.js'
import { collectGarbage } from '../../core/memory.js'
import { filesUnder, isOurs } from '../../dataFolder/files.js'
import type { Layout } from '../../dataFolder/layout.js'
import type { IdFinder } from '../../privacy/idFinder.js'
import { FileSearch } from './fileSearch.js'

/** A file that names somebody, or that cannot be searched and so may. */
export interface Finding {
  /** Absolute. */
  readonly path: string
  /** It does, as far as it can be searched. */
  readonly names: boolean
  /** Why it, or part of it, cannot be searched. */
  readonly unsearched?: string
}

/** What is not creator-enrich's; paths absolute. */
export interface OtherFiles {
  /** Files that name somebody. */
  readonly others: readonly string[]
  readonly unsearched: readonly { readonly path: string; readonly why: string }[]
}

/**
 * Looks into every file of the data folder for ids: every value of every table of a database, every value of a Parquet
 * file, any other file as text, unpacked, and the names of files.
 * @param found gets every id that was found
 * @throws LocalError for a link among our files
 */
export async function searchFolder(layout: Layout, finder: IdFinder, found?: Set<string>): Promise<Finding[]> {
  const findings: Finding[] = []
  const search = new FileSearch(finder, found)
  const { files, closed } = await filesUnder(layout)
  const nameTells = (path: string): boolean => search.inText(relative(layout.data, path))
  try {
    for (const path of files) {
      // Whoever opens the lock, under whatever name, and closes it again drops it. It is empty.
      if (path.startsWith(layout.lock) || path === layout.forgotten) continue
      // Nobody looks into it: it is taken away before anything is erased, and made anew.
      if (path === layout.workbook) continue
      const named = nameTells(path)
      try {
        if ((await search.inFile(path)) || named) findings.push({ path, names: true })
      } catch (error) {
        findings.push({ path, names: named, unsearched: messageOf(error).split('\n')[0]! })
        // What is damaged may have left DuckDB unable to read anything else.
        search.close()
      }
      collectGarbage()
    }
  } finally {
    search.close()
  }
  return [...findings, ...closed.map(({ path, why }) => ({ path, names: nameTells(path), unsearched: why }))]
}

/** What among this is other people's to mend, or to look at. */
export function otherFiles(findings: readonly Finding[], layout: Layout): OtherFiles {
  const rest = findings.filter(({ path }) => !isOurs(path, layout))
  return {
    others: rest.filter(({ names }) => names).map(({ path }) => path),
    unsearched: rest.flatMap(({ path, unsearched: why }) => (why === undefined ? [] : [{ path, why }])),
  }
}
