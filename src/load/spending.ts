import { all, first, quotedText, type Connection } from '../core/duckdb.js'
import { ensureTempTable, sqlColumns } from '../core/tempTable.js'
import type { Pipeline } from '../model/pipeline.js'
import type { DayReceipt } from '../model/receipt.js'
import { ID_CALLS, MEMBERS, UNSPLIT_RUNS } from '../model/tempTables.js'
import { deleteSpending, insertRemainders, insertSplit } from './sql/spending.sql.js'

/** Stores the spending of a run by the lists that it has read. Its calls must be loaded over the same connection. */
export async function recordSpending(
  connection: Connection,
  run: { readonly runId: string; readonly price: number; readonly currency: string },
): Promise<void> {
  // A run without a call has no such table.
  await connection.run(ensureTempTable(ID_CALLS))
  await replaceSpending(connection, { ...run, members: MEMBERS_AND_INPUTS })
}

const { list, user_id, resolve_input } = sqlColumns(MEMBERS, 'm')

/** An input that was resolved stands for a call, as an id does. */
const MEMBERS_AND_INPUTS = `(
  SELECT ${list} AS list, unnest([${user_id}, ${resolve_input}]) AS user_id FROM ${MEMBERS.name} AS m
)`

/** What a run has spent, whose spending is recorded. */
export interface RunSpending {
  readonly days: readonly DayReceipt[]
  readonly billed: number
  readonly maybeBilled: number
}

/** Reads what a run has spent, each call at the price of its endpoint. */
export async function spendingOfRun(connection: Connection, runId: string): Promise<RunSpending> {
  const days = await all<DayReceipt & { money_billed: number; money_maybe_billed: number }>(
    connection,
    `SELECT
       calendar_day::VARCHAR AS day, sum(billed_calls)::BIGINT AS billed, sum(maybe_billed_calls)::BIGINT AS maybe_billed,
       sum(money_billed)::DOUBLE AS money_billed, sum(money_maybe_billed)::DOUBLE AS money_maybe_billed,
       sum(money_billed + money_maybe_billed)::DOUBLE AS money
     FROM spending WHERE run_id = $runId GROUP BY calendar_day ORDER BY calendar_day`,
    { runId },
  )
  return {
    days: days.map(({ day, billed, maybe_billed, money }) => ({ day, billed, maybe_billed, money })),
    billed: days.reduce((sum, { money_billed }) => sum + money_billed, 0),
    maybeBilled: days.reduce((sum, { money_maybe_billed }) => sum + money_maybe_billed, 0),
  }
}

/** Runs of the last load whose spending no receipt has, although their lists may be stored. */
export async function unsplitRuns(connection: Connection): Promise<string[]> {
  await connection.run(ensureTempTable(ID_CALLS))
  const runs = await all<{ run_id: string }>(connection, `SELECT DISTINCT run_id FROM ${ID_CALLS.name} ORDER BY run_id`)
  return runs.map(({ run_id }) => run_id)
}

/**
 * Splits the spending of a run of the last load by its lists.
 * @param members SQL of the rows of its lists, with the columns list and user_id
 */
export async function splitSpending(connection: Connection, runId: string, members: string): Promise<void> {
  const known = await first<{ price: number | null; currency: string | null }>(
    connection,
    `SELECT any_value(coalesce(runs.price, spending.price)) AS price, any_value(spending.currency) AS currency
     FROM spending LEFT JOIN runs USING (run_id) WHERE run_id = $runId`,
    { runId },
  )
  await replaceSpending(connection, { runId, members, price: known?.price ?? null, currency: known?.currency ?? null })
}

/** Adds what the receipts of older versions count beyond the calls in `raw/`. */
export async function completeSpending(
  connection: Connection,
  { timeZone }: Pick<Pipeline, 'timeZone'>,
): Promise<void> {
  await connection.run(ensureTempTable(UNSPLIT_RUNS))
  await connection.run(insertRemainders.replaceAll('$zone', quotedText(timeZone)))
}

async function replaceSpending(
  connection: Connection,
  run: {
    readonly runId: string
    readonly members: string
    readonly price: number | null
    readonly currency: string | null
  },
): Promise<void> {
  const { runId, members, price, currency } = run
  await connection.run(deleteSpending, { run: runId })
  await connection.run(insertSplit(members), { run: runId, price, currency })
}
