/** Bytes read at a time: rows of larger chunks take more memory than they save time. */
export const CHUNK = 64 * 1024

/** A quote that is never closed would otherwise swallow the rest of the file into memory. Characters, or bytes. */
export const LONGEST_ROW = 8 * 1024 * 1024

/** Bytes that may belong together as far as an encoding tells. */
export const LONGEST_WORD = 1024 * 1024
