import { TableWriter, type Connection, type SqlType } from '../core/duckdb.js'
import type { ParsedId } from '../model/pipeline.js'

/** One input row, with the id in it or why there is none. */
export interface MemberRow {
  /** Number of the data row in its input, from 1. */
  readonly rowNumber: number
  /** Line on which the row starts; null where the input has no lines. */
  readonly line: number | null
  /** In the order of the input's columns. */
  readonly cells: readonly (string | null)[]
  /** The cell in which the id was looked for. */
  readonly cell: string | null
  readonly parsed: ParsedId
}

const COLUMNS = {
  list: 'VARCHAR',
  row_number: 'BIGINT',
  line: 'BIGINT',
  input: 'VARCHAR',
  cell: 'VARCHAR',
  user_id: 'VARCHAR',
  reason: 'VARCHAR',
  remedy: 'VARCHAR',
} as const satisfies Record<string, SqlType>

/** Makes TEMP table `members`, empty: the input rows of this run, on disk where they do not fit the memory. `input` is JSON text. */
export async function createMembers(connection: Connection): Promise<void> {
  const columns = Object.entries(COLUMNS).map(([name, type]) => `${name} ${type}`)
  await connection.run(`CREATE OR REPLACE TEMP TABLE members (${columns.join(', ')})`)
}

/** Spills input rows into `members`. */
export class MemberWriter {
  private constructor(private readonly writer: TableWriter) {}

  static async open(connection: Connection): Promise<MemberWriter> {
    return new MemberWriter(await TableWriter.open(connection, 'temp.main.members', Object.values(COLUMNS)))
  }

  append(list: string, { rowNumber, line, cells, cell, parsed }: MemberRow): void {
    const [id, reason, remedy] = 'id' in parsed ? [parsed.id, null, null] : [null, parsed.reason, parsed.remedy]
    this.writer.append([list, rowNumber, line, JSON.stringify(cells), cell, id, reason, remedy])
  }

  /** Hands the last rows over; nothing may be read from `members` before. */
  close(): void {
    this.writer.close()
  }
}
