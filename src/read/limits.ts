/** Bytes read at a time. Larger chunks take much more memory and save little time. */
export const CHUNK = 64 * 1024

/** Bytes of UTF-8 in text, characters in a workbook. Without a limit, a quote that is never closed takes the rest of the file into memory. */
export const LONGEST_ROW = 8 * 1024 * 1024

/** Bytes in a row that may be one incomplete character in some encoding. */
export const LONGEST_WORD = 1024 * 1024

/** As many as a spreadsheet has. Each column costs time and memory in every later step. */
export const MOST_COLUMNS = 16_384

/** Bytes of a pipe, which has no end that can be known. A list of ten million links is smaller. */
export const LARGEST_PIPE = 1024 ** 3
