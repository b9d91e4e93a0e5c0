/**
 * A statement that copies wide rows: run once for every 20,000 rows of the table `over`, since all at once would take too
 * much memory. `$from` and `$upto` number these rows, from 1.
 */
export interface Sliced {
  readonly over: string
  readonly sql: string
}

export type Statement = string | Sliced

/**
 * SQL condition: the row is in the slice, by the column that numbers it. (Rowids do not: those of rows that the transaction
 * itself has inserted are others.)
 */
export function inSlice(numbered: string): string {
  return `${numbered} BETWEEN $from AND $upto`
}
