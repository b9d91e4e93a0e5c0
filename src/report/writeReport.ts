import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../core/atomicFile.js'
import { all, openDatabase, type Connection, type Database } from '../core/duckdb.js'
import { LocalError, messageOf, RunError } from '../core/errors.js'
import type { Layout } from '../dataFolder/layout.js'
import type { Language } from '../model/language.js'
import type { Pipeline } from '../model/pipeline.js'
import { unknownList } from '../model/unknownList.js'
import { checkPublished, whyNotRead } from '../publish/openPublished.js'
import { isRunReport, listReportNames } from './listReportNames.js'
import { listReportPage, reportPage } from './reportPage.js'

export interface ReportOptions {
  /** The run that the report describes; default: the newest. */
  readonly runId?: string
  /** How many reports stay, the newest of them; at least 1. */
  readonly keep: number
  readonly lang: Language
}

export interface ListReportOptions {
  /** Show the list's own columns. */
  readonly withColumns: boolean
  readonly lang: Language
}

/**
 * Writes the report of a run from the published file to `reports/<run>.html` and to `reports/latest.html`. Removes
 * older reports. The same data give the same file.
 * @returns the absolute path of `reports/<run>.html`
 * @throws UsageError when nothing is published, LocalError when a file cannot be read or written
 */
export async function writeReport(layout: Layout, pipeline: Pipeline, options: ReportOptions): Promise<string> {
  return fromPublished(layout, async (connection) => {
    const { runId, text } = await reportPage(connection, pipeline, options.lang, options.runId)
    await replaceText(join(layout.reports, 'latest.html'), text)
    const path = await replaceText(join(layout.reports, `${runId}.html`), text)
    await removeOld(layout, `${runId}.html`, options.keep - 1)
    return path
  })
}

/**
 * Writes the report of one list, for people outside, to `reports/<list>.html`. The same data give the same file.
 * @returns the absolute path
 * @throws UsageError when nothing is published, or no list has this name
 * @throws LocalError when a file cannot be read or written
 */
export async function writeListReport(
  layout: Layout,
  pipeline: Pipeline,
  list: string,
  { withColumns, lang }: ListReportOptions,
): Promise<string> {
  return fromPublished(layout, async (connection) => {
    const lists = await all<{ list: string; columns: string | null; id_column: string | null }>(
      connection,
      'SELECT list, columns, id_column FROM lists ORDER BY first_read_at, list',
    )
    const names = lists.map((each) => each.list)
    const found = lists.find((each) => each.list === list)
    if (!found) throw unknownList(list, layout.data, names)
    const columns = (JSON.parse(found.columns ?? '[]') as string[]).map((name, place) => ({ name, place }))
    const own = withColumns ? columns.filter(({ name }) => name !== found.id_column) : []
    const file = listReportNames(names).get(list)!
    const text = await listReportPage(connection, pipeline, { name: list, columns: own }, file, lang)
    return replaceText(join(layout.reports, `${file}.html`), text)
  })
}

async function fromPublished<T>(layout: Layout, write: (connection: Connection) => Promise<T>): Promise<T> {
  await checkPublished(layout)
  try {
    const file = await openToRead(layout)
    try {
      return await write(file.connection)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof RunError) throw error
    throw new LocalError(`cannot write the report of ${layout.database} to ${layout.reports}: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

async function openToRead(layout: Layout): Promise<Database> {
  try {
    return await openDatabase(layout.database, { readOnly: true, tempDirectory: layout.temp })
  } catch (error) {
    throw await whyNotRead(error, layout)
  }
}

async function replaceText(path: string, text: string): Promise<string> {
  await replaceFile(path, (temporary) => writeFile(temporary, text), 'shared')
  return path
}

/** Keeps this report whatever its date, since a clock may have been ahead, and the newest others. */
async function removeOld({ reports }: Layout, written: string, others: number): Promise<void> {
  const older = (await readdir(reports)).filter((name) => isRunReport(name) && name !== written).sort()
  for (const name of older.slice(0, Math.max(0, older.length - others))) await rm(join(reports, name), { force: true })
}
