import type { RawRow } from './rawRow.js'

/** How many rows of data the search for the id column looks at. */
export const SAMPLE = 200

/** An input whose columns are known, and whose rows can be had as often as needed. */
export interface Table {
  /** What it was found to be, for people: `GB18030, separated by tabs`. */
  readonly format: string
  readonly columns: readonly string[]
  readonly headless: boolean
  /** DuckDB's types; absent where every column is text. */
  readonly types?: readonly string[]
  readonly sample: readonly RawRow[]
  data(): AsyncIterable<readonly RawRow[]>
}
