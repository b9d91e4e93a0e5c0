import { commandText } from '../core/commandText.js'
import { all, type Connection } from '../core/duckdb.js'
import { UsageError } from '../core/errors.js'
import { checkedId, DEFINITION_FAILED } from '../model/definitionFaults.js'
import type { ParsedId, Pipeline } from '../model/pipeline.js'
import { FORGOTTEN_ID } from '../privacy/hideRow.js'
import { HEADER_AGAIN } from '../read/columns.js'
import { idOfRow } from '../read/idOfRow.js'
import type { NamedInput } from '../read/readInput.js'

interface StoredList {
  readonly list: string
  readonly source: string
  /** JSON of the header. */
  readonly columns: string
  readonly id_column: string
}

interface StoredRow {
  readonly row_number: number
  readonly line: number | null
  /** JSON of the cells. */
  readonly input: string
  readonly user_id: string | null
  readonly reason: string | null
}

/** Rows of one query, so that other statements can use the connection in between. */
const PAGE = 5_000

/**
 * The tracked lists as inputs. Their rows are the stored ones: the files are not read again.
 * @param data the folder, for the message
 * @throws UsageError when no list is tracked
 */
export async function trackedInputs(connection: Connection, pipeline: Pipeline, data: string): Promise<NamedInput[]> {
  const lists = await readLists(connection, 'tracked')
  if (lists.length === 0) throw nothingTracked(data)
  return asInputs(connection, pipeline, lists)
}

/** Stored lists as inputs, in the same way. A list that is not stored any more is left out. */
export async function storedInputs(
  connection: Connection,
  pipeline: Pipeline,
  names: readonly string[],
): Promise<NamedInput[]> {
  const lists = await readLists(connection, 'TRUE')
  return asInputs(
    connection,
    pipeline,
    lists.filter(({ list }) => names.includes(list)),
  )
}

function readLists(connection: Connection, condition: string): Promise<StoredList[]> {
  return all<StoredList>(
    connection,
    `SELECT list, source, columns, id_column FROM lists WHERE ${condition} ORDER BY first_read_at, list`,
  )
}

function asInputs(connection: Connection, pipeline: Pipeline, lists: readonly StoredList[]): NamedInput[] {
  return lists.map(({ list, source, columns: json, id_column }) => {
    const columns = JSON.parse(json) as string[]
    const at = columns.indexOf(id_column)
    const idOf = idOfRow({ columns, idIndex: at, spare: [] }, pipeline)
    return {
      name: list,
      source,
      columns,
      idColumn: { name: id_column },
      async *rows() {
        for await (const rows of pages(connection, list)) {
          yield rows.map((row) => {
            const cells = JSON.parse(row.input) as (string | null)[]
            const cell = cells[at] ?? ''
            const { row_number: rowNumber, line: stored } = row
            const line = stored ?? rowNumber
            return { rowNumber, line, cells, cell, parsed: parsedOf(row, pipeline, () => idOf({ line, cells })) }
          })
        }
      },
    }
  })
}

export function nothingTracked(data: string): UsageError {
  return new UsageError(
    `no list of ${data} is tracked: \`${commandText(['run', '<list>', '--track', '--data', data])}\` tracks a list, and --tracked refreshes it from then on; or give another folder with --data`,
  )
}

/**
 * A forgotten person's row has blank cells, so its reject reason is taken from the stored row. So is that
 * of a row that repeats the header, and the id of a row whose own cell has none: the id was in another column, or was found
 * with `--resolve`. An id that the pipeline fails for now is not taken from the stored row.
 */
function parsedOf({ user_id, reason }: StoredRow, pipeline: Pipeline, read: () => ParsedId): ParsedId {
  if (user_id === null && reason === HEADER_AGAIN.reason) return HEADER_AGAIN
  const parsed = read()
  // A cell with a link or name is not blank: --resolve found a forgotten person, and may find the id once it is allowed again.
  const isToResolve = !('id' in parsed) && parsed.resolve !== undefined
  if (user_id === null && reason === FORGOTTEN_ID.reason && !isToResolve) return FORGOTTEN_ID
  if (user_id === null || 'id' in parsed || parsed.reason === DEFINITION_FAILED) return parsed
  return checkedId(user_id, pipeline)
}

async function* pages(connection: Connection, list: string): AsyncGenerator<StoredRow[]> {
  for (let after = 0; ; after += PAGE) {
    const page = await all<StoredRow>(
      connection,
      `SELECT row_number, line, input, user_id, reason FROM list_members
       WHERE list = $list AND row_number > $after AND row_number <= $upto ORDER BY row_number`,
      { list, after, upto: after + PAGE },
    )
    yield page
    if (page.length < PAGE) return
  }
}
