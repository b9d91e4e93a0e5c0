import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../core/atomicFile.js'
import { openDatabase } from '../core/duckdb.js'
import { LocalError, messageOf, RunError } from '../core/errors.js'
import type { Layout } from '../dataFolder/layout.js'
import type { Pipeline } from '../model/pipeline.js'
import { checkPublished } from '../publish/openPublished.js'
import { reportPage } from './reportPage.js'

export interface ReportOptions {
  /** The run that the report describes; default: the newest. */
  readonly runId?: string
  /** Milliseconds since 1970. */
  readonly now: number
  /** How many reports stay, the newest of them; at least 1. */
  readonly keep: number
}

const REPORT = /^\d{8}T\d{6}Z-[0-9a-f]{4}\.html$/
/**
 * Writes the report of a run from the published file to `reports/<run>.html` and to `reports/latest.html`. Removes
 * older reports.
 * @returns the absolute path of `reports/<run>.html`
 * @throws UsageError when nothing is published, LocalError when a file cannot be read or written
 */
export async function writeReport(layout: Layout, pipeline: Pipeline, options: ReportOptions): Promise<string> {
  await checkPublished(layout)
  try {
    const { runId, text } = await makePage(layout, pipeline, options)
    const path = join(layout.reports, `${runId}.html`)
    const write = (temporary: string): Promise<void> => writeFile(temporary, text)
    await replaceFile(path, write, 'shared')
    await replaceFile(join(layout.reports, 'latest.html'), write, 'shared')
    await removeOld(layout, `${runId}.html`, options.keep - 1)
    return path
  } catch (error) {
    if (error instanceof RunError) throw error
    throw new LocalError(`cannot write the report of ${layout.database} to ${layout.reports}: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

async function makePage(
  { database, temp }: Layout,
  pipeline: Pipeline,
  { runId, now }: ReportOptions,
): Promise<{ runId: string; text: string }> {
  const file = await openDatabase(database, { readOnly: true, tempDirectory: temp })
  try {
    return await reportPage(file.connection, pipeline, runId, now)
  } finally {
    file.close()
  }
}

/** Keeps this report whatever its date, since a clock may have been ahead, and the newest others. */
async function removeOld({ reports }: Layout, written: string, others: number): Promise<void> {
  const older = (await readdir(reports)).filter((name) => REPORT.test(name) && name !== written).sort()
  for (const name of older.slice(0, Math.max(0, older.length - others))) await rm(join(reports, name), { force: true })
}
