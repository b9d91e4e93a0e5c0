import { chmod } from 'node:fs/promises'

/** Who may read a new file or folder: owner and group only, or others too. The umask still removes bits from both. */
export type Access = 'private' | 'shared'

/** The umask with which the program was started; undefined inside another program, whose umask stays as it is. */
let givenMask: number | undefined

/**
 * Gives others no bits on whatever this process makes, DuckDB's files too. What is shared gets them back with `shareNew`.
 * Call it once, before the first file is made.
 */
export function keepOthersOut(): void {
  givenMask = process.umask(0o077)
  process.umask(givenMask | 0o007)
}

/** Never writable for others, whatever the umask is. */
export function fileMode(access: Access): number {
  return access === 'private' ? 0o660 : 0o664
}

export function folderMode(access: Access): number {
  return access === 'private' ? 0o770 : 0o775
}

/**
 * Gives what was just made the bits for others that the narrowed umask took; the given umask still counts. Some file systems
 * have no modes, and the file can be used all the same.
 */
export async function shareNew(path: string, mode: number): Promise<void> {
  if (givenMask !== undefined) await chmod(path, mode & ~givenMask).catch(() => undefined)
}
