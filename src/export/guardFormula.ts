/** Blanks and control characters, in the syntax that JavaScript's regular expressions share with RE2. */
const BLANK = '\\x00-\\x20\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'

/**
 * The start of a cell that a spreadsheet runs when it opens the file: `=`, `+`, `-` or `@`, full-width forms too, even after
 * blanks, line breaks or control characters; also a leading tab or carriage return, which some programs drop first.
 */
export const FORMULA = `^(?:[\\t\\r]|[${BLANK}]*[=+\\-@＝＋－＠])`

/** A number as people and spreadsheets write it: sign, digits (with or without thousands commas), fraction, exponent, per cent. */
export const PLAIN_NUMBER = `^[${BLANK}]*[+-]?(?:(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\\.[0-9]*)?|\\.[0-9]+)(?:e[+-]?[0-9]+)?%?[${BLANK}]*$`

const suspect = new RegExp(FORMULA, 'u')
const number = new RegExp(PLAIN_NUMBER, 'iu')

/** Puts an apostrophe before a cell that a spreadsheet would run as a formula. Other cells, plain numbers too, stay unchanged. */
export function guardFormula(cell: string): string {
  return suspect.test(cell) && !number.test(cell) ? `'${cell}` : cell
}
