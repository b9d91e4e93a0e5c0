import { arrays, openDatabase, quotedText } from '../../core/duckdb.js'
import { LocalError, messageOf } from '../../core/errors.js'
import type { Pipeline } from '../../model/pipeline.js'
import { IdFinder } from '../../privacy/idFinder.js'
import { mentionsIn } from '../../privacy/mentionsIn.js'
import { parquet } from '../../raw/parquet.js'
import { readWithoutLock } from '../../raw/readWithoutLock.js'
import type { CsvRow, ExportFolder } from './exportFolder.js'
import { mentionRow, namedKeys } from './mentions.js'

const HEADER = ['run_id', 'list', 'row_number', 'line', 'input', 'status', 'reason']

/** What the archived input rows say of a person. */
export interface SealedRows {
  readonly rows: number
  readonly mentions: readonly CsvRow[]
}

/**
 * Writes the input rows of the person, of every archived run, and collects the rows of others that name the person.
 * @throws LocalError when a file cannot be read
 */
export async function writeSealedRows(
  id: string,
  raw: string,
  pipeline: Pipeline,
  folder: ExportFolder,
): Promise<SealedRows> {
  const finder = IdFinder.of([id])
  const own: CsvRow[] = []
  const mentions: CsvRow[] = []
  for await (const { file, cells } of rowsNaming(id, raw)) {
    const [userId, run, list, row, line, input, status, reason, searched] = cells
    if (userId === id) {
      own.push([run!, list!, row!, line!, input!, status!, reason!])
      continue
    }
    const where = { source: file, run_id: run!, list: list!, row_number: row! }
    for (const [place, text] of [
      ['input', input],
      ['cell', searched],
    ] as const) {
      for (const { path, value } of mentionsIn(text ?? '', finder, namedKeys(pipeline)))
        mentions.push(mentionRow({ ...where, place: place + path, value }))
    }
  }
  if (own.length > 0)
    await folder.csv('list_rows.csv', 'the rows of this person in lists, as each run read them', HEADER, own)
  return { rows: own.length, mentions }
}

interface FoundRow {
  /** Under the data folder. */
  readonly file: string
  readonly cells: readonly (string | null)[]
}

async function* rowsNaming(id: string, raw: string): AsyncGenerator<FoundRow> {
  const database = await openDatabase(':memory:', { threads: 1 })
  const inFile = async function* (path: string, runs: readonly string[]): AsyncGenerator<FoundRow> {
    const file = `raw${path.slice(raw.length).replaceAll('\\', '/')}`
    const sql = `SELECT user_id, run_id, list, row_number::VARCHAR, line::VARCHAR, input, status, reason, cell
      FROM ${parquet(path)}
      WHERE (user_id = $id OR contains(lower(input), $id) OR contains(lower(cell), $id))
        AND run_id IN (${runs.map(quotedText).join(', ')})
      ORDER BY list, row_number`
    try {
      for await (const rows of arrays(database.connection, sql, { id }))
        for (const cells of rows) yield { file, cells: cells as (string | null)[] }
    } catch (cause) {
      throw new LocalError(
        `damaged: ${path}: ${messageOf(cause).split('\n')[0]}; put the file back from a backup: without it the export would not be complete`,
        { cause },
      )
    }
  }
  try {
    yield* readWithoutLock(raw, 'inputs', inFile, ({ cells: [, run, list, row] }) => JSON.stringify([run, list, row]))
  } finally {
    await database.close()
  }
}
