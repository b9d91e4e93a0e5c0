/** The text for a number that is not known. */
export const NOT_KNOWN = '–'

const LABEL = 11
const WIDTH = 80

/** A line of a summary: a label and a text. */
export function labelLine(label: string, text: string): string {
  return `${label.padEnd(LABEL)}${text}`.trimEnd()
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
