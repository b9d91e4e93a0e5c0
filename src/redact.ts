/**
 * Takes a secret out of text, in its literal and its URL-encoded forms. The one function that stands between the token
 * and every log line, error, stack, report and stored body.
 */
export type Redact = (text: string) => string

const MARK = '[token]'

/** A shorter one is no secret, and would be found in half of all words: it is taken out only where it is sent as one. */
const SHORTEST_SECRET = 8

/** Without a token the text comes back unchanged. */
export function redactor(token: string | undefined): Redact {
  if (!token) return (text) => text
  const forms = [
    ...new Set([
      token,
      encodeURIComponent(token),
      encodeURI(token),
      new URLSearchParams({ t: token }).toString().slice(2),
      JSON.stringify(token).slice(1, -1),
    ]),
  ]
    .sort((a, b) => b.length - a.length)
    .map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  if (token.length < SHORTEST_SECRET) {
    const sent = new RegExp(`(token=)(?:${forms.join('|')})(?![\\w%])`, 'gi')
    return (text) => text.replace(sent, `$1${MARK}`)
  }
  const pattern = new RegExp(forms.join('|'), 'gi')
  return (text) => text.replace(pattern, MARK)
}
