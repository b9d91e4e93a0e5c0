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

/** One row as it stands in the input, before anything is known about its columns. */
export interface RawRow {
  /** 1-based line in the file where the row starts; for Parquet the row number. */
  readonly line: number
  readonly cells: readonly (string | null)[]
}

/** An input error's text: where, what, and what to do about it. */
export function placeOf(source: string, line: number, what: string, remedy: string): string {
  return `${source}, line ${line}: ${what}; ${remedy}`
}

/** At least so many rows, or all there are; closes what they come from. */
export async function firstRows(batches: AsyncGenerator<RawRow[]>, count: number): Promise<RawRow[]> {
  const head: RawRow[] = []
  for await (const batch of batches) {
    for (const row of batch) head.push(row)
    if (head.length >= count) break
  }
  return head
}
