import { literal, type Connection } from '../database.js'
import { NUMBER, SUSPECT } from './guardFormula.js'

/** SQL for the text of one cell of an exported record; NULL is an empty one. */
export type CsvCell = string & { readonly __brand: 'CsvCell' }

/** A VARCHAR, guarded and quoted as it needs. */
export function text(sql: string): CsvCell {
  return `csv_text(${sql})` as CsvCell
}

/** What never needs a guard or quotes: a whole number, a flag. */
export function plain(sql: string): CsvCell {
  return sql as CsvCell
}

/** An instant: ISO 8601, UTC, milliseconds. */
export function instant(sql: string): CsvCell {
  return `csv_instant(${sql})` as CsvCell
}

const QUOTED = '[",\\n\\r]'

/**
 * Makes the functions that `csvRecord` uses, for this connection. They write what csv-stringify would write after
 * `guardFormula`, several times faster; a test holds them to it, byte by byte.
 */
export async function createCsvFunctions(connection: Connection): Promise<void> {
  const matches = (cell: string, pattern: string): string => `regexp_matches(${cell}, ${literal(pattern)})`
  // Most cells need neither, and that is found out in one search.
  const odd = matches('cell', `${QUOTED}|${SUSPECT}`)
  await connection.run(`
CREATE OR REPLACE TEMP MACRO csv_guarded(cell) AS
  CASE WHEN ${matches('cell', SUSPECT)} AND NOT ${matches('cell', `(?i)${NUMBER}`)} THEN '''' || cell ELSE cell END;
CREATE OR REPLACE TEMP MACRO csv_quoted(cell) AS
  CASE WHEN ${matches('cell', QUOTED)} THEN '"' || replace(cell, '"', '""') || '"' ELSE cell END;
CREATE OR REPLACE TEMP MACRO csv_text(cell) AS
  CASE WHEN ${odd} THEN csv_quoted(csv_guarded(cell)) ELSE cell END;
CREATE OR REPLACE TEMP MACRO csv_instant(moment) AS strftime(moment AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ')`)
}

/** SQL for one CSV record as a BLOB: UTF-8, commas between the cells, `\n` at its end. */
export function csvRecord(cells: readonly CsvCell[]): string {
  return `encode(concat(${cells.join(`, ',', `)}, chr(10)))`
}
