/** Files in a zip. A workbook has a dozen, and one or more for each sheet. */
export const MOST_ENTRIES = 10_000

/** Unpacked bytes of one file in the zip. A full sheet of a million rows and 40 columns has less. */
export const LARGEST_PART = 2 * 1024 ** 3

/** Unpacked bytes of all texts that cells share, which stay in memory while a sheet is read. */
export const LARGEST_SHARED = 512 * 1024 ** 2

/** Larger files must not unpack to more than `MOST_RATIO` times their size. XML of the same cell again and again stays below. */
export const SMALL_PART = 64 * 1024 ** 2
export const MOST_RATIO = 200

/** Bytes of XML without the end of a tag or a text. */
export const LONGEST_TEXT = 8 * 1024 ** 2
