/**
 * What a spreadsheet would run when it opens the file: `=`, `+`, `-` or `@`, full-width forms too, even after blanks, line
 * breaks or control characters; and any leading tab or carriage return, which some programs drop before they look.
 */
// eslint-disable-next-line no-control-regex
const SUSPECT = /^(?:[\t\r]|[\s\u0000-\u001f]*[=+\-@＝＋－＠])/u

/** A number as people and spreadsheets write it: sign, digits (with or without thousands commas), fraction, exponent, per cent. */
const NUMBER = /^\s*[+-]?(?:(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?%?\s*$/iu

/** Puts an apostrophe before a cell that a spreadsheet would run as a formula; every other cell, plain numbers too, comes back unchanged. */
export function guardFormula(cell: string): string {
  return SUSPECT.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell
}
