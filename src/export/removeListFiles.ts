import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathExists } from '../core/absent.js'
import { syncFolder } from '../core/atomicFile.js'
import { LocalError, messageOf } from '../core/errors.js'

/** A folder with files of lists. */
export interface ListFolder {
  readonly folder: string
  /** The names of the files; `*` stands for that of the list. */
  readonly files: readonly string[]
  /** The name of each list in them, by all lists of the data folder, oldest first. */
  readonly names: (lists: readonly string[]) => ReadonlyMap<string, string>
}

/**
 * Removes the files of a list. A list whose files had another name because of this one gets the plain name, as the next
 * export would give it. Doing it again changes nothing.
 * @param lists all lists of the data folder, oldest first, with the removed one
 * @returns the removed files, absolute
 * @throws LocalError when a file cannot be removed
 */
export async function removeListFiles(
  { folder, files, names }: ListFolder,
  lists: readonly string[],
  removed: string,
): Promise<string[]> {
  if (!pathExists(folder)) return []
  const before = names(lists)
  const after = names(lists.filter((list) => list !== removed))
  const renamed = [...after].filter(([list, name]) => before.get(list) !== name)
  const gone: string[] = []
  try {
    for (const file of files) {
      const pathOf = (name: string): string =>
        join(
          folder,
          file.replace('*', () => name),
        )
      const own = pathOf(before.get(removed)!)
      if (pathExists(own)) gone.push(own)
      await rm(own, { force: true })
      for (const [list, name] of renamed) {
        const old = pathOf(before.get(list)!)
        if (pathExists(old)) await rename(old, pathOf(name))
      }
    }
    await syncFolder(folder)
  } catch (cause) {
    throw new LocalError(
      `cannot remove the files of the list ${removed} from ${folder}: ${messageOf(cause)}; make the folder writable, then run the same command again`,
      { cause },
    )
  }
  return gone
}
