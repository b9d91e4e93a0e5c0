/** The text for a number that is not known. */
export const NOT_KNOWN = '–'

/** Characters that move the cursor of a terminal, end a line, or change the direction of the text. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A text for a terminal or a log, with escapes such as `\u001b` for such characters. JSON stays the same JSON. */
export function visibleText(text: string): string {
  return text.replace(UNPRINTABLE, (character) => (character === '\n' ? character : escape(character)))
}

/** The longest text from outside in one line. A path may have 4,096 bytes. */
const LONGEST = 4096

/** The same in one line, cut when it is very long. */
export function visibleLine(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  return cut.replace(UNPRINTABLE, escape)
}

const LABEL = 11
const WIDTH = 80

/** A line of a summary: a label and a text. */
export function labelLine(label: string, text: string): string {
  return `${label.padEnd(LABEL)}${visibleLine(text)}`.trimEnd()
}

/** The parts behind a label, broken into lines of 80 columns. The lines after the first are indented. */
export function labelParts(label: string, parts: readonly string[]): string {
  const lines: string[] = []
  let text = ''
  for (const [at, part] of parts.entries()) {
    const piece = at === parts.length - 1 ? part : `${part},`
    if (text !== '' && LABEL + text.length + 1 + piece.length > WIDTH) {
      lines.push(text)
      text = piece
    } else {
      text = text === '' ? piece : `${text} ${piece}`
    }
  }
  return [...lines, text].map((each, at) => labelLine(at === 0 ? label : '', each)).join('\n')
}

/** A number as DuckDB counts: a bigint only if it is very large. */
export type Count = number | bigint

/** A number for people: `1,234`; a dash if it is not known. */
export function count(number: Count | null): string {
  return number === null ? NOT_KNOWN : number.toLocaleString('en-US', { maximumFractionDigits: 0 })
}

/** `1 row`, `2 rows`. */
export function plural(number: Count, one: string, more = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : more}`
}

/** An amount with two digits: `¥1500.00`; with its code where a currency has no sign. */
export function moneyText(amount: number, currency: string): string {
  return currencySign(currency) + amount.toFixed(2)
}

/** The same with commas: `¥1,500.00`. */
export function longMoneyText(amount: number, currency: string, mostDigits = 2): string {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: mostDigits }
  return currencySign(currency) + amount.toLocaleString('en-US', digits)
}

/** What stands before an amount of this ISO 4217 currency, such as `¥` or `CHF `. */
export function currencySign(currency: string): string {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'narrowSymbol' })
    const sign = format.formatToParts(0).find(({ type }) => type === 'currency')!.value
    return sign === currency ? `${sign} ` : sign
  } catch {
    return `${currency} `
  }
}
