import { requireReadable } from '../core/absent.js'
import { all, first, quotedText, type Connection } from '../core/duckdb.js'
import { LocalError, messageOf } from '../core/errors.js'
import { plural } from '../core/text.js'
import { countRuns } from '../load/recordRun.js'
import { createTempTable, insertIntoTempTable } from '../core/tempTable.js'
import { splitSpending, unsplitRuns } from '../load/spending.js'
import { UNSPLIT_RUNS } from '../model/tempTables.js'
import { FORGOTTEN_ID } from '../privacy/hideRow.js'
import type { PaidCalls } from '../privacy/tombstones.js'
import { allFiles, isMergedFile, rawFiles } from './files.js'
import { columnsOf, insertRows } from './insertRows.js'
import { parquet } from './parquet.js'
import { restoreFormer } from './restoreFormer.js'

/**
 * Fills `runs`, `lists`, `list_members`, `rejects` and `spending` from the receipts and input rows in `raw/`: each list as
 * its last run left it; and `former_members` from all of them. Receipts of older versions have no spending: their runs stand
 * in the TEMP table `unsplit_runs`.
 * @returns the number of runs with a receipt
 * @throws LocalError that names the file that cannot be read
 */
export async function restoreRuns(connection: Connection, raw: string): Promise<number> {
  const files = await allFiles(raw, 'receipts')
  if (files.length === 0) return 0
  for (const file of files) await namingFile(file, () => all(connection, `SELECT count(run_id) FROM ${parquet(file)}`))
  await namingFile(files[0]!, async () => {
    await insertRows(connection, 'runs', parquet(...files))
    await connection.run(restoredLists(await shapeOfLists(connection), parquet(...files)))
    await insertRows(connection, 'lists', 'restored_lists')
    await restoreSpending(connection, parquet(...files))
  })
  for (const runId of await runsOfLists(connection)) await restoreInputs(connection, raw, runId)
  await connection.run('DROP TABLE restored_lists')
  await connection.run(RECOUNT_LISTS)
  await restoreFormerMembers(connection, raw, parquet(...files))
  return countRuns(connection)
}

/**
 * Compares the receipts with the restored tables: says which paid answers or rows of lists are missing.
 * @param erased paid calls by run that `forget` has erased
 * @param only the runs whose answers are loaded; default: all
 * @returns undefined when nothing is missing
 */
export async function missingFrom(
  connection: Connection,
  erased: PaidCalls,
  only?: ReadonlySet<string>,
): Promise<string | undefined> {
  const short = await all<{ run_id: string; missing: number }>(
    connection,
    `SELECT run_id, any_value(billed_calls) - coalesce(sum(billed), 0)::BIGINT AS missing
     FROM runs LEFT JOIN run_codes USING (run_id) GROUP BY run_id HAVING missing > 0 ORDER BY run_id`,
  )
  const answers = short
    .map(({ run_id, missing }) => ({ run_id, missing: missing - (erased[run_id] ?? 0) }))
    .find(({ run_id, missing }) => missing > 0 && only?.has(run_id) !== false)
  if (answers) return `it lacks ${plural(answers.missing, 'paid answer')} of run ${answers.run_id}`
  const rows = await first<{ list: string; run_id: string }>(
    connection,
    `SELECT list, any_value(lists.run_id) AS run_id FROM lists LEFT JOIN list_members AS m USING (list)
     GROUP BY list HAVING any_value(rows) <> count(m.row_number) ORDER BY list LIMIT 1`,
  )
  return rows && `it lacks input rows of the list ${rows.list} of run ${rows.run_id}`
}

/** The counts in a receipt are older than an erasure, so a list with a forgotten person is counted again. */
const RECOUNT_LISTS = `
UPDATE lists SET ids = now.ids, rejected = now.rejected
FROM (
  SELECT list, count(DISTINCT user_id) AS ids, count(*) FILTER (status = 'rejected') AS rejected
  FROM list_members GROUP BY list HAVING bool_or(reason = '${FORGOTTEN_ID.reason}')
) AS now
WHERE lists.list = now.list`

async function restoreFormerMembers(connection: Connection, raw: string, receipts: string): Promise<void> {
  const files = await allFiles(raw, 'inputs')
  const [oldest] = files
  if (oldest === undefined) return
  const lists = listsIn(await shapeOfLists(connection), receipts)
  const inputs = `SELECT list, user_id, run_id FROM ${parquet(...files)}`
  await namingFile(oldest, () => restoreFormer(connection, lists, inputs))
}

async function restoreSpending(connection: Connection, receipts: string): Promise<void> {
  await connection.run(createTempTable(UNSPLIT_RUNS))
  const cells = { run_id: 'run_id' }
  if (!(await hasColumn(connection, receipts, 'spending'))) {
    await connection.run(insertIntoTempTable(UNSPLIT_RUNS, cells, `FROM ${receipts}`))
    return
  }
  await connection.run(insertIntoTempTable(UNSPLIT_RUNS, cells, `FROM ${receipts} WHERE spending IS NULL`))
  const shape = quotedText(
    JSON.stringify([
      Object.fromEntries((await columnsOf(connection, 'spending')).map(({ name, type }) => [name, type])),
    ]),
  )
  await connection.run(
    `INSERT INTO spending BY NAME SELECT unnest(from_json(spending, ${shape}), recursive := true) FROM ${receipts}`,
  )
}

/**
 * Splits the spending of the runs that were loaded last, and whose receipt does not have it, by the lists in `raw/`.
 * @throws LocalError that names the file that cannot be read
 */
export async function splitLoadedRuns(connection: Connection, raw: string): Promise<void> {
  for (const runId of await unsplitRuns(connection)) {
    const files = await rawFiles(raw, 'inputs', runId)
    if (files.length > 0) await namingFile(files[0]!, () => splitSpending(connection, runId, inputsOf(files, runId)))
  }
}

/** SQL for the input rows of one run; a merged file has those of others too. */
function inputsOf(files: readonly string[], runId: string): string {
  const isMerged = files.some(isMergedFile)
  return isMerged ? `(FROM ${parquet(...files)} WHERE run_id = ${quotedText(runId)})` : parquet(...files)
}

async function runsOfLists(connection: Connection): Promise<string[]> {
  const rows = await all<{ run_id: string }>(connection, 'SELECT DISTINCT run_id FROM restored_lists ORDER BY run_id')
  return rows.map(({ run_id }) => run_id)
}

async function restoreInputs(connection: Connection, raw: string, runId: string): Promise<void> {
  const files = await rawFiles(raw, 'inputs', runId)
  if (files.length === 0) return
  const rows = `
SELECT inputs.* FROM ${inputsOf(files, runId)} AS inputs
SEMI JOIN (SELECT list FROM restored_lists WHERE run_id = ${quotedText(runId)}) AS own USING (list)`
  await namingFile(files[0]!, async () => {
    await insertRows(connection, 'list_members', `(${rows})`)
    await insertRows(connection, 'rejects', `(${rows} WHERE status = 'rejected')`)
  })
}

async function hasColumn(connection: Connection, source: string, name: string): Promise<boolean> {
  const described = await all<{ column_name: string }>(connection, `DESCRIBE SELECT * FROM ${source}`)
  return described.some(({ column_name }) => column_name === name)
}

/** The structure of a list in a receipt, as `from_json` needs it: the columns of table `lists`, and when it was removed. */
async function shapeOfLists(connection: Connection): Promise<string> {
  const columns = (await columnsOf(connection, 'lists')).map(({ name, type }) => [name, type])
  return JSON.stringify({ ...Object.fromEntries(columns), removed_at: 'TIMESTAMPTZ' })
}

/** Each list as its last run left it, without lists that were removed since. */
function restoredLists(shape: string, receipts: string): string {
  return `
CREATE OR REPLACE TEMP TABLE restored_lists AS
SELECT * FROM (${lastOfEachList(shape, receipts)}) WHERE removed_at IS NULL
ORDER BY first_read_at, list`
}

/** The last receipt of each list. Where a clock was wrong, the runs say which of them came earlier. */
function lastOfEachList(shape: string, receipts: string): string {
  return `
WITH given AS (${listsIn(shape, receipts)})
SELECT given.* FROM given
ANTI JOIN (
  SELECT given.list, unnest(from_json(runs.earlier_runs, '["VARCHAR"]')) AS run_id
  FROM given JOIN runs USING (run_id) WHERE runs.earlier_runs IS NOT NULL
) AS earlier USING (list, run_id)
QUALIFY row_number() OVER (PARTITION BY list ORDER BY last_read_at DESC, run_id DESC) = 1`
}

/** Every list of every receipt. */
function listsIn(shape: string, receipts: string): string {
  return `SELECT unnest(from_json(lists, ${quotedText(`[${shape}]`)}), recursive := true) FROM ${receipts}`
}

/**
 * The run whose receipt a rebuild takes this list from.
 * @param connection to a database that has all runs of the receipts
 * @param files the receipts
 */
export async function lastReading(
  connection: Connection,
  files: readonly string[],
  list: string,
): Promise<string | undefined> {
  if (files.length === 0) return undefined
  const shape = await shapeOfLists(connection)
  const row = await first<{ run_id: string }>(
    connection,
    `SELECT run_id FROM (${lastOfEachList(shape, parquet(...files))}) WHERE list = $list`,
    { list },
  )
  return row?.run_id
}

/** Names the file in the error if the work on it fails. */
export async function namingFile(file: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    await requireReadable(file)
    throw new LocalError(
      `damaged: ${file}, or another file of its kind: ${messageOf(cause).split('\n')[0]}; put the file back from a backup`,
      {
        cause,
      },
    )
  }
}
