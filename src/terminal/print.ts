import { visibleText } from '../core/text.js'
import { wrap } from './wrap.js'

/** Columns of an output that is not a terminal. */
export const PAGE = 80

/** Writes a result to stdout: as one JSON object with `--json`, else as text for the columns of the terminal. */
export function print(
  { json }: { readonly json: boolean | undefined },
  result: object,
  text: (columns: number) => string,
): void {
  if (json) writeOut(`${JSON.stringify(result)}\n`)
  else writeText(text(process.stdout.columns || PAGE))
}

/** Writes lines for people to stdout. On a terminal, a line that is too wide breaks between words. */
export function writeText(text: string): void {
  const { isTTY, columns } = process.stdout
  const lines = visibleText(text).split('\n')
  writeOut(lines.map((line) => (isTTY ? wrap(line, columns || PAGE) : line)).join('\n'))
}

/** Writes lines or JSON to stdout, without a character that a terminal would obey. */
export function writeOut(text: string): void {
  process.stdout.write(visibleText(text))
}
