import { first, type Connection } from '../core/duckdb.js'
import { NEWEST_RUNS_FIRST } from '../model/clock.js'
import type { RowStatus } from '../model/receipt.js'

/** A run that ended, from table `runs`. */
export type RunRow = Readonly<Record<`rows_${RowStatus}` | `ids_${RowStatus}`, number>> & {
  readonly run_id: string
  readonly started_at: number
  readonly finished_at: number | null
  readonly status: string
  readonly exit_code: number | null
  readonly stop_reason: string | null
  readonly stop_message: string | null
  readonly run_again: string | null
  readonly simulated: boolean
  readonly host: string
  readonly version: string
  readonly rows_read: number
  readonly asked_ids: number
  readonly calls: number
  readonly billed_calls: number
  readonly maybe_billed_calls: number
  readonly currency: string | null
  readonly price: number
  readonly money_billed: number
  readonly money_maybe_billed: number
  readonly money_saved: number
}

/** The run with this id; without an id, the newest finished run. */
export async function readRun(connection: Connection, runId: string | undefined): Promise<RunRow | undefined> {
  return runId === undefined
    ? first<RunRow>(connection, `SELECT * FROM runs WHERE rows_read IS NOT NULL ORDER BY ${NEWEST_RUNS_FIRST} LIMIT 1`)
    : first<RunRow>(connection, 'SELECT * FROM runs WHERE run_id = $runId', { runId })
}
