import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { first, quotedText, type Connection } from '../core/duckdb.js'
import type { ExportName } from '../dataFolder/files.js'
import { creatorRows, creatorSheetRows, enrichedHeader, listRows, type WideColumns } from './creatorRows.js'
import { exportCsv } from './csvFile.js'
import { exportSheet, SheetTooLarge } from './excel/sheetFile.js'
import { exportFile, type ExportedFile } from './exportedFile.js'
import { FAILURES_HEADER, failureRows, REJECTS_HEADER, rejectRows } from './rejectRows.js'

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

/** Rows that DuckDB holds at once while it writes Parquet: more of the wide rows do not fit its memory. */
const ROW_GROUP = 4_096

async function exportParquet({ connection }: ExportSource, path: string): Promise<ExportedFile> {
  return exportFile(path, async (temporary) => {
    await connection.run(
      `COPY creators TO ${quotedText(temporary)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP})`,
    )
    return countCreators(connection)
  })
}

/** A workbook that exists is kept up to date. If Excel cannot hold the rows, an older workbook is removed: it would be out of date. */
async function exportExcel(
  { connection, wide, excel }: ExportSource,
  path: string,
): Promise<ExportedFile | LeftOut | undefined> {
  if (!excel && !existsSync(path)) return undefined
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
