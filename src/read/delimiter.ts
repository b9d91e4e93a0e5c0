import { UsageError } from '../core/errors.js'
import { firstRows, type RawRow } from './table.js'

/** The delimiters to try, most usual first. */
const DELIMITERS = [',', ';', '\t', '|'] as const

const NAMES: Readonly<Record<string, string>> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' }

/** The name that messages use. */
export function delimiterName(delimiter: string): string {
  return NAMES[delimiter] ?? JSON.stringify(delimiter)
}

/** The first row split by one delimiter, and whether the rows after it have as many cells. */
interface Trial {
  readonly delimiter: string
  readonly cells: readonly string[]
  readonly even: boolean
}

const SAMPLE_ROWS = 200

/**
 * Finds the delimiter: first one that makes the name of an id column a cell of its own in the first row, then one that
 * gives every row the same number of cells. If no delimiter splits the first row, it is a comma.
 * @param rows the rows split by a delimiter
 * @throws UsageError if two delimiters fit equally well
 */
export async function delimiterOf(
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
