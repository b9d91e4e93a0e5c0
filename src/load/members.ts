import type { Connection } from '../core/duckdb.js'
import { createTempTable, TempTableWriter } from '../core/tempTable.js'
import type { ParsedId } from '../model/pipeline.js'
import { MEMBERS } from '../model/tempTables.js'

/** One input row, with its id or the reason why it has none. */
export interface MemberRow {
  /** Number of the data row in its input, from 1. */
  readonly rowNumber: number
  /** Line on which the row starts; null where the input has no lines. */
  readonly line: number | null
  /** In the order of the input's columns. */
  readonly cells: readonly (string | null)[]
  /** The cell in which the id was looked for. If it is blank, what a resolver takes is stored in its place. */
  readonly cell: string | null
  readonly parsed: ParsedId
}

/** Makes the TEMP table `members`, empty. Rows that do not fit the memory are on disk. */
export async function createMembers(connection: Connection): Promise<void> {
  await connection.run(createTempTable(MEMBERS))
}

/** Spills input rows into `members`. */
export class MemberWriter {
  private constructor(private readonly writer: TempTableWriter<keyof typeof MEMBERS.columns>) {}

  static async open(connection: Connection): Promise<MemberWriter> {
    return new MemberWriter(await TempTableWriter.open(connection, MEMBERS))
  }

  append(list: string, { rowNumber, line, cells, cell, parsed }: MemberRow): void {
    const [user_id, reason, remedy] = 'id' in parsed ? [parsed.id, null, null] : [null, parsed.reason, parsed.remedy]
    const input = JSON.stringify(cells)
    const { kind = null, input: resolve_input = null } = ('reason' in parsed && parsed.resolve) || {}
    const shown = cell?.trim() ? cell : (resolve_input ?? cell)
    const row = { list, row_number: rowNumber, line, input, cell: shown, user_id, reason, remedy }
    this.writer.append({ ...row, resolve_kind: kind, resolve_input, status: null })
  }

  /** Hands the last rows over; no statement may read `members` before that. */
  close(): void {
    this.writer.close()
  }
}
