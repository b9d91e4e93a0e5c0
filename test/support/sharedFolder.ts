import { copyFolder } from './finishedFolder.js'
import { folderOfFile, temporaryFolder } from './folder.js'

/**
 * A folder with which several tests of a file begin. It is made once, for the first of them; each works on a copy, which takes
 * milliseconds. Call it at the top of the file.
 * @param make fills the folder; what it opens may end with the first test
 * @returns makes a copy, which is removed at the end of the test
 */
export function sharedFolder<T>(make: (folder: string) => Promise<T>): () => Promise<{ folder: string; made: T }> {
  const original = folderOfFile()
  let making: Promise<T> | undefined
  return async () => {
    const made = await (making ??= make(original))
    return { folder: copyFolder(original, temporaryFolder()), made }
  }
}
