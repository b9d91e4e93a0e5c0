/** Number of data rows that the search for the id column reads. */
export const SAMPLE = 200

/** An input with known columns. Its rows can be read more than once. */
export interface Table {
  /** The detected format, for people: `GB18030, separated by tabs`. */
  readonly format: string
  readonly columns: readonly string[]
  readonly hasHeader: boolean
  /** DuckDB's type of each column; absent if every column is text. */
  readonly types?: readonly string[]
  readonly sample: readonly RawRow[]
  data(): AsyncIterable<readonly RawRow[]>
  /** Releases the temporary file, if there is one. */
  close?(): Promise<void>
}

/** One row as it stands in the input, before anything is known about its columns. */
export interface RawRow {
  /** 1-based line in the file where the row starts; in a workbook the row of the sheet; for Parquet the row number. */
  readonly line: number
  readonly cells: readonly (string | null)[]
  /** The addresses behind cells of a workbook, by the index of the cell. */
  readonly links?: Readonly<Record<number, string>>
}

/** The text of an error in a line: where, what, and what to do. */
export function problemAt(source: string, line: number, what: string, remedy: string): string {
  return `${source}, line ${line}: ${what}; ${remedy}`
}

/** The first batches with at least `count` rows, or all rows if there are fewer. Closes the generator. */
export async function firstRows(batches: AsyncGenerator<RawRow[]>, count: number): Promise<RawRow[]> {
  const head: RawRow[] = []
  for await (const batch of batches) {
    for (const row of batch) head.push(row)
    if (head.length >= count) break
  }
  return head
}
