/** Whether a text names a file or a folder where a plain name is possible, too: it has a slash, or the ending of a program. */
export function looksLikePath(text: string): boolean {
  return /[\\/]|\.[cm]?[jt]s$/.test(text)
}
