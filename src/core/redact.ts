/**
 * Takes a secret out of text in each encoding: literal, for a URL, or in JSON. Every log line, error, stack, report and
 * stored body passes through this function.
 */
export type Redact = (text: string) => string

const PLACEHOLDER = '[token]'

/** A shorter token is not a secret, and is part of many words: it is taken out only behind `token=`. */
const SHORTEST_SECRET = 8

/** Without a token the function returns its text unchanged. */
export function redactor(token: string | undefined): Redact {
  if (!token) return (text) => text
  const written = Array.from(token, formsOf).join('')
  if (token.length < SHORTEST_SECRET) {
    const sent = new RegExp(`(token=)${written}(?![\\w%])`, 'gi')
    return (text) => text.replace(sent, `$1${PLACEHOLDER}`)
  }
  const pattern = new RegExp(written, 'gi')
  return (text) => text.replace(pattern, PLACEHOLDER)
}

/** A pattern for one character in text, in a URL, and in JSON, where any character may be escaped. */
function formsOf(character: string): string {
  const code = character.charCodeAt(0).toString(16).padStart(2, '0')
  const literal = character.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  // Longer forms come first: a percent sign is also the first character of its own code.
  return `(?:%${code}|\\\\u00${code}|\\\\?${literal})`
}
