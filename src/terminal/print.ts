import { visibleText } from '../core/text.js'

/** Columns of an output that is not a terminal. */
export const PAGE = 80

/** Writes a result to stdout: as one JSON object with `--json`, else as text for the columns of the terminal. */
export function print(
  { json }: { readonly json: boolean | undefined },
  result: object,
  text: (columns: number) => string,
): void {
  writeOut(json ? `${JSON.stringify(result)}\n` : text(process.stdout.columns || PAGE))
}

/** Writes lines or JSON to stdout, without a character that a terminal would obey. */
export function writeOut(text: string): void {
  process.stdout.write(visibleText(text))
}
