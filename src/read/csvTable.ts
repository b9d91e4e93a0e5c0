import { UsageError } from '../core/errors.js'
import { headerOf, idNameTest, type HeaderContext } from './columns.js'
import { csvRows } from './csv.js'
import { decode, ENCODING_NAMES, type Encoding } from './decode.js'
import { delimiterName, delimiterOf } from './delimiter.js'
import { encodingOf } from './encoding.js'
import type { InputFile } from './file.js'
import { gunzip } from './gunzip.js'
import { firstRows, type RawRow, SAMPLE, type Table } from './table.js'

/** What the options say about a text file. The rest is detected. */
export interface TextFormat {
  readonly encoding?: Encoding | undefined
  readonly delimiter?: string | undefined
}

/**
 * A text file as a table. The header is detected, and so are the encoding and the delimiter if they are not given.
 * @throws UsageError if the file is not a text table, is damaged, or has no rows
 */
export async function csvTable(file: InputFile, context: HeaderContext, given: TextFormat): Promise<Table> {
  const { path } = file
  const text = () => (file.gzip ? gunzip(file.bytes(), path) : file.bytes())
  const encoding = await encodingOf(text, path, given.encoding)
  const rows = (separator: string) => csvRows(decode(text(), encoding, path), path, separator)
  const delimiter = given.delimiter ?? (await delimiterOf(rows, idNameTest(context), path))

  const head = await firstRows(rows(delimiter), SAMPLE + 1)
  if (head.length === 0) throw new UsageError(`${path} is empty; give a file with a column of ids or profile links`)
  const { columns, present } = headerOf(head, context)
  const skipped = present ? 1 : 0
  if (head.length === skipped) throw new UsageError(`${path} has a header but no rows; add rows, or leave the file out`)
  const separated = columns.length > 1 ? [`separated by ${delimiterName(delimiter)}`] : ['one column']
  return {
    format: [ENCODING_NAMES[encoding], ...(file.gzip ? ['gzip'] : []), ...separated].join(', '),
    columns,
    hasHeader: present,
    sample: head.slice(skipped, skipped + SAMPLE),
    data: () => withoutFirst(skipped, rows(delimiter)),
  }
}

async function* withoutFirst(count: number, rows: AsyncIterable<RawRow[]>): AsyncGenerator<RawRow[]> {
  let toSkip = count
  for await (const batch of rows) {
    yield toSkip > 0 ? batch.slice(toSkip) : batch
    toSkip = 0
  }
}
