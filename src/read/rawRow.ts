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
