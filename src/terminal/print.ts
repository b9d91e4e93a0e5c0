/** Columns of an output that is not a terminal. */
export const PAGE = 80

/** Writes a result to stdout: as one JSON object with `--json`, else as text for the columns of the terminal. */
export function print(
  { json }: { readonly json: boolean | undefined },
  result: object,
  text: (columns: number) => string,
): void {
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : text(process.stdout.columns || PAGE))
}
