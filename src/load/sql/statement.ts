import { quotedName } from '../../core/duckdb.js'

/** Column names as an SQL list, each with the name of the table if one is given. */
export function columnList(names: readonly string[], table?: string): string {
  return names.map((name) => (table ? `${table}.${quotedName(name)}` : quotedName(name))).join(', ')
}

/** Outcomes that are conclusive about an id, as an SQL list: it has a profile, it has none, it is not an id. */
export const CONCLUSIVE = `('profile', 'empty', 'invalid')`

/** SQL condition: the run of the row was judged useless. */
export const IN_USELESS_RUN = `run_id IN (SELECT run_id FROM runs WHERE useless)`

/** Outcomes of answers with the code of success that bring no profile of the id: their own word says more than the code. */
export const FAILED_SUCCESS = `('misdelivered', 'unreadable', 'too_large_to_load')`

/** Outcomes of calls that brought no answer and may have been billed, as an SQL list. */
export const UNANSWERED = `('ambiguous', 'unknown')`

/** Outcomes that say nothing about the id, only about the run, as an SQL list. */
export const RUN_OUTCOMES = `('throttled', 'stop')`
