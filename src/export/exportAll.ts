import { join } from 'node:path'
import { all, first, type Connection } from '../core/duckdb.js'
import type { Layout } from '../dataFolder/layout.js'
import { wideColumns } from './creatorRows.js'
import type { ExportedFile } from './exportedFile.js'
import { fileNames } from './fileNames.js'
import { FOLDER_OUTPUTS, LIST_OUTPUTS, type ExportSource, type LeftOut } from './outputs.js'

export interface ExportOptions extends Omit<ExportSource, 'wide'> {
  readonly layout: Layout
}

export interface ExportedFiles {
  /** In the order of the outputs; those of each list first. */
  readonly files: readonly ExportedFile[]
  /** Files that could not be made, each with the reason. */
  readonly leftOut: readonly string[]
}

/**
 * Writes the files that analysts open besides the database, one after the other, each atomically; a file whose content
 * would not change is left alone. The database must hold the tables of the last run; they stay as they are.
 * @throws LocalError with the path of the file that could not be written; the others are whole, old or new
 */
export async function exportAll({ layout, ...options }: ExportOptions): Promise<ExportedFiles> {
  const { connection, lists } = options
  const source: ExportSource = { ...options, wide: await wideColumns(connection) }
  const names = await namesOfLists(source)
  const files: ExportedFile[] = []
  const leftOut: string[] = []
  const add = (written: ExportedFile | LeftOut | undefined): void => {
    if (written === undefined) return
    if ('leftOut' in written) leftOut.push(written.leftOut)
    else files.push(written)
  }
  await onOneThread(connection, async () => {
    for (const list of lists) {
      for (const { file, write } of LIST_OUTPUTS) {
        const name = file.replace('*', () => names.get(list.name)!)
        add(await write(source, join(layout.exports, name), list))
      }
    }
    for (const { file, write } of FOLDER_OUTPUTS) add(await write(source, join(layout.exports, file)))
  })
  return { files, leftOut }
}

/** The file name of each list, chosen among all lists of the folder. */
async function namesOfLists({ connection, lists }: ExportSource): Promise<ReadonlyMap<string, string>> {
  const known = await all<{ list: string }>(connection, 'SELECT list FROM lists ORDER BY first_read_at, list')
  return fileNames([...known.map(({ list }) => list), ...lists.map(({ name }) => name)])
}

/** Two threads need twice the memory for wide rows, and are not faster. */
async function onOneThread(connection: Connection, work: () => Promise<void>): Promise<void> {
  const { threads } = (await first<{ threads: number }>(connection, `SELECT current_setting('threads') AS threads`))!
  await connection.run('SET threads = 1')
  try {
    await work()
  } finally {
    await connection.run(`SET threads = ${threads}`)
  }
}
