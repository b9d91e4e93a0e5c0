import { join } from 'node:path'
import { all, first, literal, type Connection } from '../database.js'
import type { Layout } from '../layout.js'
import { exportCsv, type CsvContent } from './csvFile.js'
import { exportFile, type ExportedFile } from './exportedFile.js'
import { fileNames } from './fileNames.js'
import { FAILURES_HEADER, failureRows, REJECTS_HEADER, rejectRows } from './smallRows.js'
import { creatorRows, enrichedHeader, listRows, wideColumns } from './wideRows.js'

export interface ExportOptions {
  /** Of a database that holds the tables of the last run; nothing in it is changed. */
  readonly connection: Connection
  readonly layout: Layout
  /** The lists of this run, with the columns of their inputs in order. */
  readonly lists: readonly ExportList[]
  readonly bom: boolean
}

export interface ExportList {
  readonly name: string
  readonly columns: readonly string[]
}

export interface ExportedFiles {
  readonly creatorsCsv: ExportedFile
  readonly creatorsParquet: ExportedFile
  readonly failures: ExportedFile
  readonly lists: readonly { readonly list: string; readonly enriched: ExportedFile; readonly rejects: ExportedFile }[]
}

/** Rows that DuckDB holds at once while it writes Parquet: more of the wide ones do not fit its memory. */
const ROW_GROUP = 4_096

async function exportParquet(connection: Connection, path: string): Promise<ExportedFile> {
  return exportFile(path, async (temporary) => {
    await connection.run(
      `COPY creators TO ${literal(temporary)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP})`,
    )
    return (await first<{ rows: number }>(connection, 'SELECT count(*) AS rows FROM creators'))!.rows
  })
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
export async function exportAll({ connection, layout, lists, bom }: ExportOptions): Promise<ExportedFiles> {
  const csv = (name: string, header: readonly string[], records: CsvContent['records']): Promise<ExportedFile> =>
    exportCsv(join(layout.exports, name), { header, records, bom })
  const known = await all<{ list: string }>(connection, 'SELECT list FROM lists ORDER BY first_read_at, list')
  const names = fileNames([...known.map(({ list }) => list), ...lists.map(({ name }) => name)])
  const wide = await wideColumns(connection)

  return onOneThread(connection, async () => {
    const creatorsCsv = await csv('creators.csv', wide.names, creatorRows(connection, wide))
    const creatorsParquet = await exportParquet(connection, join(layout.exports, 'creators.parquet'))
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
    return { creatorsCsv, creatorsParquet, failures, lists: exported }
  })
}
