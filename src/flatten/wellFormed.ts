/** In every Node since 20; TypeScript knows it from ES2024 on. */
interface Es2024String {
  isWellFormed(): boolean
  toWellFormed(): string
}

/** Half a surrogate pair is no character and could not be stored: U+FFFD instead. */
export function wellFormed(text: string): string {
  const string = text as unknown as Es2024String
  return string.isWellFormed() ? text : string.toWellFormed()
}
