/** A page that is no terminal. */
export const PAGE = 80

/** Writes a result to stdout: as one JSON object with `--json`, else as text for a page of so many columns. */
export function print(
  { json }: { readonly json: boolean | undefined },
  result: object,
  text: (columns: number) => string,
): void {
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : text(process.stdout.columns || PAGE))
}
