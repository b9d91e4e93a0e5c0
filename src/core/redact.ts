import { characterForms, secretForms } from './secretForms.js'

/**
 * Takes a secret out of text in each encoding in which a server may echo it (docs/upstream.md lists them). Every log line,
 * error, stack, report and stored body passes through this function.
 */
export type Redact = (text: string) => string

const PLACEHOLDER = '[token]'

/** A shorter token is not a secret, and is part of many words: it is taken out only behind `token=`. */
const SHORTEST_SECRET = 8

/** Without a token the function returns its text unchanged. */
export function redactor(token: string | undefined): Redact {
  if (!token) return (text) => text
  if (token.length < SHORTEST_SECRET) {
    const written = Array.from(token, characterForms).join('')
    const sent = new RegExp(`(token=)${written}(?![\\w%])`, 'gi')
    return (text) => text.replace(sent, `$1${PLACEHOLDER}`)
  }
  const { whole, start } = secretForms(token)
  // Nearly every text fails this first look, which is several times as fast as the whole pattern.
  const mayHold = new RegExp(start, 'i')
  const pattern = new RegExp(whole, 'gi')
  return (text) => (mayHold.test(text) ? text.replace(pattern, PLACEHOLDER) : text)
}

/** What may be left of an escape whose end is missing, such as `%4`, `\\u006` or `&#x6`. */
const LONGEST_ESCAPE = 8
/** The parts of a token are looked for in so many last characters. */
const TAIL = 4096

/**
 * Takes the beginning of a token off the end of a text that was cut, in each encoding.
 * @param shortest a shorter beginning reveals nothing
 */
export function endRedactor(token: string, shortest: number): Redact {
  let ends: readonly RegExp[] | undefined
  const lengths = Array.from({ length: Math.max(0, token.length - shortest) }, (_, at) => token.length - 1 - at)
  return (text) => {
    ends ??= lengths.map((length) => {
      const { whole } = secretForms(token.slice(0, length))
      return new RegExp(`(?:${whole})[\\w%\\\\&#+/=\\s\\0-]{0,${LONGEST_ESCAPE}}$`, 'i')
    })
    const tail = text.slice(-TAIL)
    const places = ends.map((end) => tail.search(end)).filter((place) => place >= 0)
    return places.length === 0 ? text : text.slice(0, text.length - tail.length + Math.min(...places))
  }
}
