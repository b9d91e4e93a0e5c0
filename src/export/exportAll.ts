import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { all, first, quotedText, type Connection } from '../core/duckdb.js'
import type { Layout } from '../dataFolder/layout.js'
import {
  creatorRows,
  creatorSheetRows,
  enrichedHeader,
  listRows,
  wideColumns,
  type WideColumns,
} from './creatorRows.js'
import { exportCsv, type CsvContent } from './csvFile.js'
import { exportSheet, SheetTooLarge } from './excel/sheetFile.js'
import { exportFile, type ExportedFile } from './exportedFile.js'
import { fileNames } from './fileNames.js'
import { FAILURES_HEADER, failureRows, REJECTS_HEADER, rejectRows } from './rejectRows.js'

export interface ExportOptions {
  /** Of a database that holds the tables of the last run; nothing in it is changed. */
  readonly connection: Connection
  readonly layout: Layout
  /** The lists of this run, with the columns of their inputs in order. */
  readonly lists: readonly ExportList[]
  readonly bom: boolean
  /** Writes a workbook of all creators; one that is there is written anew in any case. */
  readonly excel: boolean
}

export interface ExportList {
  readonly name: string
  readonly columns: readonly string[]
}

export interface ExportedFiles {
  readonly creatorsCsv: ExportedFile
  readonly creatorsParquet: ExportedFile
  readonly creatorsExcel: ExportedFile | undefined
  readonly failures: ExportedFile
  readonly lists: readonly { readonly list: string; readonly enriched: ExportedFile; readonly rejects: ExportedFile }[]
  /** What could not be made, with the reason. */
  readonly leftOut: readonly string[]
}

/** Rows that DuckDB holds at once while it writes Parquet: more of the wide ones do not fit its memory. */
const ROW_GROUP = 4_096

async function exportParquet(connection: Connection, path: string): Promise<ExportedFile> {
  return exportFile(path, async (temporary) => {
    await connection.run(
      `COPY creators TO ${quotedText(temporary)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP})`,
    )
    return countCreators(connection)
  })
}

async function countCreators(connection: Connection): Promise<number> {
  return (await first<{ rows: number }>(connection, 'SELECT count(*) AS rows FROM creators'))!.rows
}

/** @returns the reason when Excel cannot hold them; an older workbook is gone then, rather than out of date */
async function exportExcel(connection: Connection, wide: WideColumns, path: string): Promise<ExportedFile | string> {
  const rows = creatorSheetRows(connection, wide)
  try {
    const count = await countCreators(connection)
    return await exportSheet(path, { name: 'creators', columns: wide.columns, count, rows })
  } catch (error) {
    if (!(error instanceof SheetTooLarge)) throw error
    await rm(path, { force: true })
    return `${path}: ${error.message}; take creators.csv, creators.parquet, or \`creator-enrich select --out list.xlsx\` for some of them`
  }
}

/** Runs on one thread: two need twice the memory for wide rows, and are not faster. */
async function onOneThread<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  const { threads } = (await first<{ threads: number }>(connection, `SELECT current_setting('threads') AS threads`))!
  await connection.run('SET threads = 1')
  try {
    return await work()
  } finally {
    await connection.run(`SET threads = ${threads}`)
  }
}

/**
 * Writes everything that analysts open besides the database, one file after the other, each atomically; a file whose
 * content would not change is left alone.
 * @throws LocalError naming the file that could not be written; the others stay good, old or new.
 */
export async function exportAll({ connection, layout, lists, bom, excel }: ExportOptions): Promise<ExportedFiles> {
  const csv = (name: string, header: readonly string[], records: CsvContent['records']): Promise<ExportedFile> =>
    exportCsv(join(layout.exports, name), { header, records, bom })
  const known = await all<{ list: string }>(connection, 'SELECT list FROM lists ORDER BY first_read_at, list')
  const names = fileNames([...known.map(({ list }) => list), ...lists.map(({ name }) => name)])
  const wide = await wideColumns(connection)

  return onOneThread(connection, async () => {
    const creatorsCsv = await csv('creators.csv', wide.names, creatorRows(connection, wide))
    const creatorsParquet = await exportParquet(connection, join(layout.exports, 'creators.parquet'))
    const wanted = excel || existsSync(layout.workbook)
    const creatorsExcel = wanted ? await exportExcel(connection, wide, layout.workbook) : undefined
    const exported = []
    for (const list of lists) {
      const name = names.get(list.name)!
      exported.push({
        list: list.name,
        enriched: await csv(
          `${name}.enriched.csv`,
          enrichedHeader(list.columns, wide),
          listRows(connection, wide, list),
        ),
        rejects: await csv(`${name}.rejects.csv`, REJECTS_HEADER, rejectRows(connection, list.name)),
      })
    }
    const listNames = lists.map(({ name }) => name)
    const failures = await csv('failures.csv', FAILURES_HEADER, failureRows(connection, listNames))
    return {
      creatorsCsv,
      creatorsParquet,
      creatorsExcel: typeof creatorsExcel === 'string' ? undefined : creatorsExcel,
      failures,
      lists: exported,
      leftOut: typeof creatorsExcel === 'string' ? [creatorsExcel] : [],
    }
  })
}
