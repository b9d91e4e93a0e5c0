/**
 * A statement that copies wide rows. It runs once for every 20,000 rows of the table `over`, since all rows at once would
 * take too much memory. `$from` and `$upto` are the numbers of the first and the last row, from 1.
 */
export interface Sliced {
  readonly over: string
  readonly sql: string
}

export type Statement = string | Sliced

/**
 * SQL condition: the row is in the slice.
 * @param numbered the column that numbers the rows. A rowid cannot: rows that this transaction inserted have other rowids.
 */
export function inSlice(numbered: string): string {
  return `${numbered} BETWEEN $from AND $upto`
}
