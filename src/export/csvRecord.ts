import { quotedText } from '../core/duckdb.js'
import { PLAIN_NUMBER, FORMULA } from './guardFormula.js'

const QUOTED = '[",\\n\\r]'

const matches = (pattern: string): string => `regexp_matches(cell, ${quotedText(pattern)})`
const guarded = `CASE WHEN ${matches(FORMULA)} AND NOT ${matches(`(?i)${PLAIN_NUMBER}`)} THEN '''' || cell ELSE cell END`
const quoted = (cell: string): string =>
  `CASE WHEN ${matches(QUOTED)} THEN '"' || replace(${cell}, '"', '""') || '"' ELSE ${cell} END`
// Most cells need neither, and one search shows that.
const written = `CASE WHEN cell IS NULL THEN '' WHEN ${matches(`${QUOTED}|${FORMULA}`)} THEN ${quoted(`(${guarded})`)} ELSE cell END`

/**
 * SQL for one CSV record as a BLOB: UTF-8, commas between the cells, `\n` at the end. A test holds it, byte by byte, to what
 * csv-stringify writes after `guardFormula`; this is several times faster. One expression serves all cells: DuckDB takes as
 * long to plan one for each of 130 columns as to write thousands of rows.
 * @param cells SQL for the cells, each a VARCHAR; NULL is an empty cell
 */
export function csvRecord(cells: readonly string[]): string {
  return `encode(array_to_string(list_transform([${cells.join(', ')}], lambda cell: ${written}), ',') || chr(10))`
}

/** SQL for a TIMESTAMPTZ as a cell: ISO 8601, UTC, milliseconds. */
export function timeText(sql: string): string {
  return `strftime(${sql} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ')`
}

/** SQL for a number or a flag as a cell. */
export function plainText(sql: string): string {
  return `CAST(${sql} AS VARCHAR)`
}
