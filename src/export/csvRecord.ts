import { quotedText } from '../core/duckdb.js'

/** SQL for a TIMESTAMPTZ as a cell: ISO 8601, UTC, milliseconds. */
export function timeText(sql: string): string {
  return `strftime(${sql} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ')`
}

/** SQL for a number or a flag as a cell. */
export function plainText(sql: string): string {
  return `CAST(${sql} AS VARCHAR)`
}

/** A text as a CSV cell before it is quoted: without control characters, and guarded against spreadsheets. */
export function csvCell(text: string): string {
  return guardFormula(text.replace(controls, ''))
}

/** Puts an apostrophe before a cell that a spreadsheet would run as a formula. Other cells, plain numbers too, stay unchanged. */
export function guardFormula(cell: string): string {
  return suspect.test(cell) && !number.test(cell) ? `'${cell}` : cell
}

/** Blanks and control characters, in the syntax that JavaScript's regular expressions share with RE2. */
const BLANK = '\\x00-\\x20\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'

/** Control characters but tabs and line breaks: many programs that read CSV refuse them, this one refuses NUL. */
const CONTROL = '[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]'

/**
 * The start of a cell that a spreadsheet runs when it opens the file: `=`, `+`, `-` or `@`, full-width forms too, even after
 * blanks, line breaks or control characters; also a leading tab or carriage return, which some programs drop first.
 */
const FORMULA = `^(?:[\\t\\r]|[${BLANK}]*[=+\\-@＝＋－＠])`

/** A number as people and spreadsheets write it: sign, digits (with or without thousands commas), fraction, exponent, per cent. */
const PLAIN_NUMBER = `^[${BLANK}]*[+-]?(?:(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\\.[0-9]*)?|\\.[0-9]+)(?:e[+-]?[0-9]+)?%?[${BLANK}]*$`

/** A VARCHAR as a cell of a CSV file. */
export interface TextCell {
  /** SQL of the text. */
  readonly text: string
}

/** The text that this SQL gives, like `csvCell`; `copyCsv` quotes it where needed. An empty text is NULL. */
export function textCell(text: string): TextCell {
  return { text }
}

/** SQL for the cell. */
export function textSql({ text }: TextCell): string {
  const matches = (sql: string, pattern: string): string => `regexp_matches(${sql}, ${quotedText(pattern)})`
  const cleaned = `regexp_replace(${text}, ${quotedText(CONTROL)}, '', 'g')`
  const isFormula = `${matches('cell', FORMULA)} AND NOT ${matches('cell', `(?i)${PLAIN_NUMBER}`)}`
  const guarded = `nullif(CASE WHEN ${isFormula} THEN '''' || cell ELSE cell END, '')`
  return `CASE WHEN ${matches(text, `${CONTROL}|${FORMULA}`)}
 THEN list_transform([${cleaned}], lambda cell: ${guarded})[1] ELSE nullif(${text}, '') END`
}

/** SQL for a list of such cells. */
export function textsSql(cells: readonly TextCell[]): string {
  return `list_transform([${cells.map(({ text }) => text).join(', ')}], lambda each: ${textSql(textCell('each'))})`
}

const controls = new RegExp(CONTROL, 'gu')
const suspect = new RegExp(FORMULA, 'u')
const number = new RegExp(PLAIN_NUMBER, 'iu')

/** The patterns of `csvCell` for a script of another program: control characters, the start of a formula, a plain number. */
export const csvGuard = { controls: CONTROL, formula: FORMULA, number: PLAIN_NUMBER }
