import { UsageError } from '../core/errors.js'
import { firstRows, type RawRow } from './table.js'

/** What separates columns, most usual first. */
const DELIMITERS = [',', ';', '\t', '|'] as const

const NAMES: Readonly<Record<string, string>> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' }

/** As people say it. */
export function delimiterName(delimiter: string): string {
  return NAMES[delimiter] ?? JSON.stringify(delimiter)
}

/** The first row as one delimiter separates it, and whether the rows after it have as many cells. */
interface Trial {
  readonly delimiter: string
  readonly cells: readonly string[]
  readonly sound: boolean
}

const SAMPLE = 200

/**
 * Finds what separates the columns: what sets free a cell of the first row that is the name of an id column; else what
 * makes as many cells of every row; else, where nothing separates anything, a comma.
 * @param rows the rows as a delimiter separates them
 * @throws UsageError if it could be one as well as another
 */
export async function delimiterOf(
  rows: (delimiter: string) => AsyncGenerator<RawRow[]>,
  isName: (cell: string) => boolean,
  source: string,
): Promise<string> {
  const trials: Trial[] = []
  for (const delimiter of DELIMITERS) trials.push(await tried(delimiter, rows(delimiter)))
  const wide = trials.filter(({ cells }) => cells.length > 1)
  const named = wide.filter(({ cells }) => cells.some(isName))
  const likely = named.length > 0 ? named : wide.filter(({ sound }) => sound)
  if (likely.length > 1) {
    const which = likely.map(({ delimiter }) => delimiterName(delimiter)).join(' or ')
    throw new UsageError(`${source}: its columns may be separated by ${which}; say by which with --delimiter`)
  }
  return likely[0]?.delimiter ?? ','
}

async function tried(delimiter: string, rows: AsyncGenerator<RawRow[]>): Promise<Trial> {
  let cells: readonly string[] = []
  const seen = async function* () {
    for await (const batch of rows) {
      if (cells.length === 0) cells = batch[0]!.cells.map((cell) => cell ?? '')
      yield batch
    }
  }
  try {
    await firstRows(seen(), SAMPLE)
    return { delimiter, cells, sound: true }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { delimiter, cells, sound: false }
  }
}
