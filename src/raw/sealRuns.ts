import { join } from 'node:path'
import { replaceFile } from '../core/atomicFile.js'
import { all, namesOfColumns, quotedText, type Connection } from '../core/duckdb.js'
import { LocalError, messageOf } from '../core/errors.js'
import { remedyFor } from '../core/remedyFor.js'
import { hasSpending } from '../load/spent.js'
import { spendingJson } from '../load/sql/spending.sql.js'
import { isDamage } from '../load/warehouse.js'
import { ownFiles, rawFiles, rawFolder } from './files.js'
import type { RawKind } from './kinds.js'
import { readManifest } from './manifest.js'

/**
 * Writes to `raw/` the runs of the working database that have no receipt there: first the rows of their lists, with status
 * and reason, then the receipt. Must be done before another run replaces the rows of those lists.
 * @throws LocalError when a file cannot be written; calling it again completes the work
 */
export async function sealRuns(connection: Connection, raw: string): Promise<void> {
  const runs = await all<{ run_id: string }>(connection, 'SELECT run_id FROM runs ORDER BY run_id')
  const manifest = await readManifest(raw)
  const spending = await columnsOfSpending(connection)
  for (const { run_id: runId } of runs) {
    if ((await rawFiles(raw, 'receipts', runId, manifest)).length > 0) continue
    await write(connection, raw, 'inputs', runId, inputsOf(runId))
    await write(connection, raw, 'receipts', runId, receiptOf(runId, spending))
  }
}

/**
 * Writes the receipt of a run again, whose row has changed since it was sealed. Does nothing for a run without a receipt of
 * its own in `raw/`: sealing writes it.
 */
export async function resealRun(connection: Connection, raw: string, runId: string): Promise<void> {
  if ((await ownFiles(raw, 'receipts', runId)).length === 0) return
  const spending = await columnsOfSpending(connection)
  await write(connection, raw, 'receipts', runId, receiptOf(runId, spending))
}

function inputsOf(runId: string): string {
  return `
SELECT m.list, m.row_number, m.line, m.input, m.user_id, m.status, m.reason, r.cell, r.remedy, m.run_id
FROM list_members AS m LEFT JOIN rejects AS r ON r.list = m.list AND r.row_number = m.row_number
WHERE m.list IN (SELECT list FROM lists WHERE run_id = ${quotedText(runId)})
ORDER BY m.list, m.row_number`
}

/** None in a database of an older version without the table. */
async function columnsOfSpending(connection: Connection): Promise<ReadonlySet<string>> {
  return (await hasSpending(connection)) ? namesOfColumns(connection, 'spending') : new Set()
}

function receiptOf(runId: string, spending: ReadonlySet<string>): string {
  return `
SELECT runs.*, (SELECT to_json(list(lists ORDER BY first_read_at, list)) FROM lists WHERE run_id = ${quotedText(runId)}) AS lists,
  ${spending.size > 0 ? spendingJson(runId, spending) : 'NULL::JSON'} AS spending
FROM runs WHERE run_id = ${quotedText(runId)}`
}

async function write(connection: Connection, raw: string, kind: RawKind, runId: string, sql: string): Promise<void> {
  const path = join(rawFolder(raw, kind, runId), 'part-00000.parquet')
  try {
    await replaceFile(path, async (temporary) => {
      await connection.run(
        `COPY (${sql}) TO ${quotedText(temporary)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20_000, USE_TMP_FILE false)`,
      )
    })
  } catch (cause) {
    // The database cannot be read: the file to be written is not the problem.
    if (isDamage(cause)) throw cause
    throw new LocalError(
      `cannot write ${path}: ${messageOf(cause).split('\n')[0]}; ${remedyFor(cause, 'free some space, or make the folder writable')}, then run the same command again: nothing is lost`,
      { cause },
    )
  }
}
