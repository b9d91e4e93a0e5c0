import { UsageError } from '../core/errors.js'
import { headerOf, nameTest, type Naming } from './columns.js'
import { csvRows } from './csv.js'
import { decode, ENCODING_NAMES, type Encoding } from './decode.js'
import { delimiterName, delimiterOf } from './delimiter.js'
import { encodingOf } from './encoding.js'
import type { InputFile } from './file.js'
import { gunzip } from './gunzip.js'
import { firstRows, type RawRow, SAMPLE, type Table } from './table.js'

/** What is known of a text before it is looked at; the rest is found. */
export interface TextFormat {
  readonly encoding?: Encoding | undefined
  readonly delimiter?: string | undefined
}

/**
 * A text file as a table, its encoding, delimiter and header found where they are not given.
 * @throws UsageError for what is no such file, is damaged, or has no rows
 */
export async function csvTable(file: InputFile, naming: Naming, given: TextFormat): Promise<Table> {
  const { path } = file
  const text = () => (file.gzip ? gunzip(file.bytes(), path) : file.bytes())
  const encoding = await encodingOf(text, path, given.encoding)
  const rows = (separator: string) => csvRows(decode(text(), encoding, path), path, separator)
  const delimiter = given.delimiter ?? (await delimiterOf(rows, nameTest(naming), path))

  const head = await firstRows(rows(delimiter), SAMPLE + 1)
  if (head.length === 0) throw new UsageError(`${path} is empty; give a file with a column of ids or profile links`)
  const { columns, present } = headerOf(head, naming)
  const skipped = present ? 1 : 0
  if (head.length === skipped) throw new UsageError(`${path} has a header but no rows; add the rows, or leave it out`)
  const separated = columns.length > 1 ? [`separated by ${delimiterName(delimiter)}`] : ['one column']
  return {
    format: [ENCODING_NAMES[encoding], ...(file.gzip ? ['gzip'] : []), ...separated].join(', '),
    columns,
    headless: !present,
    sample: head.slice(skipped, skipped + SAMPLE),
    data: () => withoutFirst(skipped, rows(delimiter)),
  }
}

async function* withoutFirst(count: number, rows: AsyncIterable<RawRow[]>): AsyncGenerator<RawRow[]> {
  let left = count
  for await (const batch of rows) {
    yield left > 0 ? batch.slice(left) : batch
    left = 0
  }
}
