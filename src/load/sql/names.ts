import { quotedName } from '../../core/duckdb.js'

/** Column names as an SQL list, each of a table where one is given. */
export function columnList(names: readonly string[], table?: string): string {
  return names.map((name) => (table ? `${table}.${quotedName(name)}` : quotedName(name))).join(', ')
}

/** Outcomes that settle an id, as an SQL list: there is a profile, there is none, it is no id. */
export const CONCLUSIVE = `('profile', 'empty', 'invalid')`

/** Outcomes of calls that may have been billed and brought nothing, as an SQL list. */
export const UNANSWERED = `('ambiguous', 'unknown')`

/** Outcomes that say something about the run and nothing about the id, as an SQL list. */
export const RUN_OUTCOMES = `('throttled', 'stop')`
