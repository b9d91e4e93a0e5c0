import { messageOf } from './errors.js'

/** How DuckDB reports too little memory. It has several wordings, among them one for a failed commit. */
export const OUT_OF_MEMORY = /Out of Memory|could not allocate|failed to (allocate|pin)/i

/** Each cause has one remedy. Node gives the errno of a cause, DuckDB only words. */
const REMEDIES: readonly (readonly [cause: RegExp, remedy: string])[] = [
  [OUT_OF_MEMORY, 'give it more memory'],
  [/^(ENOSPC|EDQUOT)\b|No space left|quota exceeded/i, 'free some space'],
  [/^ENOENT\b|No such file|does not exist/i, 'put it back'],
  [/^(EACCES|EPERM|EROFS)\b|Permission denied|not permitted|Read-only file/i, 'make it writable'],
  [/^ENOTDIR\b|Not a directory/i, 'put a writable folder in its place'],
  [/^ELOOP\b|Too many levels/i, 'remove the link that leads back to itself'],
  [/^EIO\b|Input\/output error|fsync/i, 'check this disk'],
  [/^EFBIG\b|File too large/i, 'raise the limit of file sizes (ulimit -f)'],
  [/^(EMFILE|ENFILE)\b|Too many open files/i, 'raise the limit of open files (ulimit -n)'],
]

/**
 * What people should do about a failure of the file system or of memory: a part of a sentence, in lower case.
 * @param otherwise the remedy for any other cause
 */
export function remedyFor(error: unknown, otherwise: string): string {
  const { code } = Object(error) as NodeJS.ErrnoException
  const text = code ?? messageOf(error)
  return REMEDIES.find(([cause]) => cause.test(text))?.[1] ?? otherwise
}
