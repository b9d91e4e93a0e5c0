import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathExists } from '../core/absent.js'
import { all, first, type Connection, quotedText } from '../core/duckdb.js'
import type { ExportName } from '../dataFolder/files.js'
import type { Layout } from '../dataFolder/layout.js'
import { exportCsv } from './csvFile.js'
import { exportSheet, SheetTooLarge } from './excel/sheetFile.js'
import {
  wideColumns,
  creatorRows,
  creatorSheetRows,
  enrichedHeader,
  listRows,
  type WideColumns,
  FAILURES_HEADER,
  failureRows,
  REJECTS_HEADER,
  rejectRows,
} from './exportRows.js'
import { type ExportedFile, fileNames, exportFile } from './exportedFile.js'

export interface ExportList {
  readonly name: string
  /** Of the input, in its order. */
  readonly columns: readonly string[]
}

/** What the files are made from. */
export interface ExportSource {
  readonly connection: Connection
  readonly wide: WideColumns
  /** The lists of this run. */
  readonly lists: readonly ExportList[]
  readonly bom: boolean
  /** Write the workbook even where none exists. */
  readonly excel: boolean
}

/** Why a file could not be written although all went well. */
export interface LeftOut {
  readonly leftOut: string
}

/** One file for each list of the run; `*` stands for the name of the list. */
export interface ListOutput {
  readonly file: Extract<ExportName, `*${string}`>
  readonly write: (source: ExportSource, path: string, list: ExportList) => Promise<ExportedFile>
}

/** One file for the whole folder. */
export interface FolderOutput {
  readonly file: Exclude<ExportName, ListOutput['file']>
  /** @returns undefined if the file was not wanted */
  readonly write: (source: ExportSource, path: string) => Promise<ExportedFile | LeftOut | undefined>
}

/** Both lists are in the order of the receipt. A new output is one entry here, and its name in `EXPORT_FILES`. */
export const LIST_OUTPUTS: readonly ListOutput[] = [
  {
    file: '*.enriched.csv',
    write: ({ connection, wide, bom }, path, list) =>
      exportCsv(path, {
        header: enrichedHeader(list.columns, wide),
        records: listRows(connection, wide, list),
        bom,
      }),
  },
  {
    file: '*.rejects.csv',
    write: ({ connection, bom }, path, { name }) =>
      exportCsv(path, { header: REJECTS_HEADER, records: rejectRows(connection, name), bom }),
  },
]

export const FOLDER_OUTPUTS: readonly FolderOutput[] = [
  {
    file: 'creators.csv',
    write: ({ connection, wide, bom }, path) =>
      exportCsv(path, { header: wide.names, records: creatorRows(connection, wide), bom }),
  },
  { file: 'creators.parquet', write: exportParquet },
  { file: 'creators.xlsx', write: exportExcel },
  {
    file: 'failures.csv',
    write: ({ connection, lists, bom }, path) => {
      const names = lists.map(({ name }) => name)
      return exportCsv(path, { header: FAILURES_HEADER, records: failureRows(connection, names), bom })
    },
  },
]

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

/** Rows that DuckDB holds at once while it writes Parquet: more of the wide rows do not fit its memory. */
const ROW_GROUP = 4_096

async function exportParquet({ connection }: ExportSource, path: string): Promise<ExportedFile> {
  return exportFile(path, async (temporary) => {
    await connection.run(
      `COPY creators TO ${quotedText(temporary)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP}, USE_TMP_FILE false)`,
    )
    return countCreators(connection)
  })
}

/** A workbook that exists is kept up to date. If Excel cannot hold the rows, an older workbook is removed: it would be out of date. */
async function exportExcel(
  { connection, wide, excel }: ExportSource,
  path: string,
): Promise<ExportedFile | LeftOut | undefined> {
  if (!excel && !pathExists(path)) return undefined
  const rows = creatorSheetRows(connection, wide)
  try {
    const count = await countCreators(connection)
    return await exportSheet(path, { name: 'creators', columns: wide.columns, count, rows })
  } catch (error) {
    if (!(error instanceof SheetTooLarge)) throw error
    await rm(path, { force: true })
    const leftOut = `${path}: ${error.message}; use creators.csv, creators.parquet, or \`creator-enrich select --out list.xlsx\` for some of them`
    return { leftOut }
  }
}

async function countCreators(connection: Connection): Promise<number> {
  return (await first<{ rows: number }>(connection, 'SELECT count(*) AS rows FROM creators'))!.rows
}
