import { quotedName } from '../../core/duckdb.js'

/** Column names as an SQL list, each with the name of the table if one is given. */
export function columnList(names: readonly string[], table?: string): string {
  return names.map((name) => (table ? `${table}.${quotedName(name)}` : quotedName(name))).join(', ')
}

/**
 * SQL of the rows that are not the first of their key. Only rows with a key that occurs twice are sorted, so that it costs
 * little where there is none.
 * @param row the column that names a row
 */
export function laterRows(row: string, from: string, key: string, order: string): string {
  return `
SELECT ${row} FROM ${from}
WHERE hash(${key}) IN (SELECT hash(${key}) FROM ${from} GROUP BY 1 HAVING count(*) > 1)
QUALIFY row_number() OVER (PARTITION BY ${key} ORDER BY ${order}) > 1`
}

/** Outcomes that are conclusive about an id, as an SQL list: it has a profile, it has none, it is not an id. */
export const CONCLUSIVE = `('profile', 'empty', 'invalid')`

/** SQL condition: the run of the row was judged useless. */
export const IN_USELESS_RUN = `run_id IN (SELECT run_id FROM runs WHERE useless)`

/** SQL condition: the run of a staged row ended because the API was down or of no use. */
export const IN_RUN_WHILE_DOWN = `run_id IN (
        SELECT run_id FROM staged_runs WHERE stop_reason = 'unreachable'
        UNION ALL SELECT run_id FROM runs WHERE stop_reason = 'unreachable'
      )`

/** Outcomes of answers with the code of success that bring no profile of the id: their own word says more than the code. */
export const FAILED_SUCCESS = `('misdelivered', 'unreadable', 'too_large_to_load')`

/** Outcomes of calls that brought no answer and may have been billed, as an SQL list. */
export const UNANSWERED = `('ambiguous', 'unknown')`

/** Outcomes that say nothing about the id, only about the run, as an SQL list. */
export const RUN_OUTCOMES = `('throttled', 'stop')`
