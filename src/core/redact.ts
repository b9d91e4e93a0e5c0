/**
 * Takes a secret out of text, however its characters are encoded: as they are, for a URL, or in JSON. The one function that stands between the token
 * and every log line, error, stack, report and stored body.
 */
export type Redact = (text: string) => string

const MARK = '[token]'

/** A shorter one is no secret, and would be found in half of all words: it is taken out only where it is sent as one. */
const SHORTEST_SECRET = 8

/** Without a token the text comes back unchanged. */
export function redactor(token: string | undefined): Redact {
  if (!token) return (text) => text
  const written = Array.from(token, formsOf).join('')
  if (token.length < SHORTEST_SECRET) {
    const sent = new RegExp(`(token=)${written}(?![\\w%])`, 'gi')
    return (text) => text.replace(sent, `$1${MARK}`)
  }
  const pattern = new RegExp(written, 'gi')
  return (text) => text.replace(pattern, MARK)
}

/** One character as it stands in text, in a URL, and in JSON, where any may be escaped. */
function formsOf(character: string): string {
  const code = character.charCodeAt(0).toString(16).padStart(2, '0')
  const literal = character.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  // The longer ones first: a percent sign is the first of its own code.
  return `(?:%${code}|\\\\u00${code}|\\\\?${literal})`
}
