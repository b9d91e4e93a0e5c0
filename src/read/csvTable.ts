import { UsageError } from '../core/errors.js'
import { idNameTest, type HeaderContext } from './columns.js'
import { csvRows } from './csv.js'
import { decode, ENCODING_NAMES, type Encoding } from './decode.js'
import { encodingOf } from './encoding.js'
import type { InputFile } from './file.js'
import { formulasQuoted } from './formulas.js'
import { gunzip } from './gunzip.js'
import { headedTable } from './headedTable.js'
import { firstRows, type RawRow, type Table } from './table.js'

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
  const rows = (separator: string) =>
    csvRows(formulasQuoted(decode(text(), encoding, path, given.encoding !== undefined), separator), path, separator)
  const delimiter = given.delimiter ?? (await delimiterOf(rows, idNameTest(context), path))

  return headedTable(
    () => rows(delimiter),
    context,
    ({ length }) => {
      const separated = length > 1 ? [`separated by ${delimiterName(delimiter)}`] : ['one column']
      return [ENCODING_NAMES[encoding], ...(file.gzip ? ['gzip'] : []), ...separated].join(', ')
    },
  )
}

/** The delimiters to try, most usual first. */
const DELIMITERS = [',', ';', '\t', '|'] as const

const SAMPLE_ROWS = 200

/**
 * Finds the delimiter: first one that makes the name of an id column a cell of its own in the first row, then one that
 * gives every row the same number of cells. If no delimiter splits the first row, it is a comma.
 * @param rows the rows split by a delimiter
 * @throws UsageError if two delimiters fit equally well
 */
async function delimiterOf(
  rows: (delimiter: string) => AsyncGenerator<RawRow[]>,
  isName: (cell: string) => boolean,
  source: string,
): Promise<string> {
  const trials: Trial[] = []
  for (const delimiter of DELIMITERS) trials.push(await tryDelimiter(delimiter, rows(delimiter)))
  const wide = trials.filter(({ cells }) => cells.length > 1)
  const named = wide.filter(({ cells }) => cells.some(isName))
  const likely = named.length > 0 ? named : wide.filter(({ even }) => even)
  if (likely.length > 1) {
    const which = likely.map(({ delimiter }) => delimiterName(delimiter)).join(' or ')
    throw new UsageError(`${source}: its columns may be separated by ${which}; name one with --delimiter`)
  }
  return likely[0]?.delimiter ?? ','
}

/** The first row split by one delimiter, and whether the rows after it have as many cells. */
interface Trial {
  readonly delimiter: string
  readonly cells: readonly string[]
  readonly even: boolean
}

async function tryDelimiter(delimiter: string, rows: AsyncGenerator<RawRow[]>): Promise<Trial> {
  let cells: readonly string[] = []
  const observed = async function* () {
    for await (const batch of rows) {
      if (cells.length === 0) cells = batch[0]!.cells.map((cell) => cell ?? '')
      yield batch
    }
  }
  try {
    await firstRows(observed(), SAMPLE_ROWS)
    return { delimiter, cells, even: true }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { delimiter, cells, even: false }
  }
}

const NAMES: Readonly<Record<string, string>> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' }

/** The name that messages use. */
function delimiterName(delimiter: string): string {
  return NAMES[delimiter] ?? JSON.stringify(delimiter)
}
