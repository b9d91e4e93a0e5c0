import { blobs, quotedText, type Connection } from '../core/duckdb.js'
import { csvRecord, timeText, plainText } from './csvRecord.js'

export const REJECTS_HEADER = ['line', 'row_number', 'cell', 'reason', 'remedy'] as const
export const FAILURES_HEADER = ['user_id', 'code', 'message', 'attempts', 'failed_at', 'billed'] as const

/** The rejected rows of a list, in input order. A row that only the API rejected shows its id as the cell. */
export function rejectRows(connection: Connection, list: string): AsyncGenerator<Uint8Array[]> {
  return blobs(
    connection,
    `SELECT ${csvRecord([plainText('m.line'), plainText('m.row_number'), 'coalesce(r.cell, m.user_id)', 'coalesce(m.reason, r.reason)', 'r.remedy'])}
     FROM list_members AS m
     LEFT JOIN (
       SELECT * FROM rejects WHERE list = ${quotedText(list)}
       QUALIFY row_number() OVER (PARTITION BY row_number ORDER BY run_id DESC) = 1
     ) AS r ON r.row_number = m.row_number
     WHERE m.list = ${quotedText(list)} AND m.status = 'rejected'
     ORDER BY m.row_number`,
  )
}

/** Each failed id of these lists once, by id, with its latest failure. If it has none, the code is the reason of its row. */
export function failureRows(connection: Connection, lists: readonly string[]): AsyncGenerator<Uint8Array[]> {
  return blobs(
    connection,
    `SELECT ${csvRecord(['m.user_id', 'coalesce(f.code, m.reason)', 'f.message', plainText('f.attempts'), timeText('f.failed_at'), 'f.billed'])}
     FROM (
       SELECT user_id, min(reason) AS reason FROM list_members
       WHERE status = 'failed' AND list IN (SELECT unnest([${lists.map(quotedText).join(', ')}]::VARCHAR[]))
       GROUP BY user_id
     ) AS m
     LEFT JOIN (
       SELECT * FROM failures QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY failed_at DESC, run_id DESC) = 1
     ) AS f ON f.user_id = m.user_id
     ORDER BY m.user_id`,
  )
}
