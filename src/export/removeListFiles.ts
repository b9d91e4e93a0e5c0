import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathExists } from '../core/absent.js'
import { syncFolder } from '../core/atomicFile.js'
import { LocalError, messageOf } from '../core/errors.js'
import { LIST_OUTPUTS } from './exportAll.js'
import { fileNames } from './exportedFile.js'

/**
 * Removes the exports of a list. A list whose files had another name because of this one gets the plain name, as the next
 * export would give it. Doing it again changes nothing.
 * @param lists all lists of the folder, oldest first, with the removed one
 * @returns the removed files, absolute
 * @throws LocalError when a file cannot be removed
 */
export async function removeListFiles(exports: string, lists: readonly string[], removed: string): Promise<string[]> {
  if (!pathExists(exports)) return []
  const before = fileNames(lists)
  const after = fileNames(lists.filter((list) => list !== removed))
  const renamed = [...after].filter(([list, name]) => before.get(list) !== name)
  const gone: string[] = []
  try {
    for (const { file } of LIST_OUTPUTS) {
      const pathOf = (name: string): string =>
        join(
          exports,
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
    await syncFolder(exports)
  } catch (cause) {
    throw new LocalError(
      `cannot remove the files of the list ${removed} from ${exports}: ${messageOf(cause)}; make the folder writable, then run the same command again`,
      { cause },
    )
  }
  return gone
}
