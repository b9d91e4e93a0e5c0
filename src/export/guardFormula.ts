/** Blanks and control characters, for both kinds of regular expressions in use: JavaScript's and RE2. */
const BLANK = '\\x00-\\x20\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'

/**
 * What a spreadsheet would run when it opens the file: `=`, `+`, `-` or `@`, full-width forms too, even after blanks, line
 * breaks or control characters; and any leading tab or carriage return, which some programs drop before they look.
 */
export const FORMULA = `^(?:[\\t\\r]|[${BLANK}]*[=+\\-@＝＋－＠])`

/** A number as people and spreadsheets write it: sign, digits (with or without thousands commas), fraction, exponent, per cent. */
export const PLAIN_NUMBER = `^[${BLANK}]*[+-]?(?:(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\\.[0-9]*)?|\\.[0-9]+)(?:e[+-]?[0-9]+)?%?[${BLANK}]*$`

const suspect = new RegExp(FORMULA, 'u')
const number = new RegExp(PLAIN_NUMBER, 'iu')

/** Puts an apostrophe before a cell that a spreadsheet would run as a formula; every other cell, plain numbers too, comes back unchanged. */
export function guardFormula(cell: string): string {
  return suspect.test(cell) && !number.test(cell) ? `'${cell}` : cell
}
