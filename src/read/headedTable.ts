import { UsageError } from '../core/errors.js'
import { plural } from '../core/text.js'
import { headerOf, rowsAboveHeader, type HeaderContext } from './columns.js'
import { firstRows, type RawRow, SAMPLE, type Table } from './table.js'

/**
 * Rows of cells, of which the first may be a header, as a table.
 * @param format describes the format of a table with these columns
 * @throws UsageError if there are no rows
 */
export async function headedTable(
  rows: () => AsyncGenerator<RawRow[]>,
  context: HeaderContext,
  format: (columns: readonly string[]) => string,
): Promise<Table> {
  const { source } = context
  const head = await firstRows(rows(), SAMPLE + 1)
  if (head.length === 0) throw new UsageError(`${source} is empty; give a file with a column of ids or profile links`)
  const above = rowsAboveHeader(head, context)
  const { columns, present } = headerOf(head.slice(above), context)
  const skipped = above + (present ? 1 : 0)
  if (head.length === skipped)
    throw new UsageError(`${source} has a header but no rows; add rows, or leave the file out`)
  return {
    format: [format(columns), ...(above > 0 ? [`${plural(above, 'row')} above the header left out`] : [])].join(', '),
    columns,
    hasHeader: present,
    sample: head.slice(skipped, skipped + SAMPLE),
    data: () => withoutFirst(skipped, rows()),
  }
}

async function* withoutFirst(count: number, rows: AsyncIterable<RawRow[]>): AsyncGenerator<RawRow[]> {
  let toSkip = count
  for await (const batch of rows) {
    yield toSkip > 0 ? batch.slice(toSkip) : batch
    toSkip = 0
  }
}
