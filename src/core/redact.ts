import { characterForms, secretForms, START, startPattern, wholePattern, type Form } from './secretForms.js'

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
  const forms = secretForms(token)
  // Nearly every text fails this first look, which is several times as fast as the whole pattern.
  const mayHold = new RegExp(startPattern(forms), 'i')
  // The pattern of a long token is large, so it is made when it is needed.
  let whole: RegExp | undefined
  return (text) =>
    mayHold.test(text) ? text.replace((whole ??= new RegExp(wholePattern(forms), 'gi')), PLACEHOLDER) : text
}

/** What may be left of an escape whose end is missing, such as `%4`, `\\u006` or `&#x6`. */
const REST = /[\w%\\&#+/=\s\0-]{0,8}$/y
/** The parts of a token are looked for in so many last characters. */
const TAIL = 4096

/** Takes the beginning of a token, from six characters on, off the end of a text that was cut, in each encoding. */
export function endRedactor(token: string): Redact {
  const forms = secretForms(token)
  const mayHold = new RegExp(startPattern(forms), 'i')
  let ends: readonly FormEnd[] | undefined
  return (text) => {
    const tail = text.slice(-TAIL)
    if (!mayHold.test(tail)) return text
    ends ??= forms.map((form) => new FormEnd(form))
    const places = ends.map((end) => end.find(tail)).filter((place) => place >= 0)
    return places.length === 0 ? text : text.slice(0, text.length - tail.length + Math.min(...places))
  }
}

/** Finds where the last units of a text are the first units of a form. */
class FormEnd {
  private readonly start: RegExp
  private readonly units: RegExp[] = []

  constructor(private readonly form: Form) {
    this.start = new RegExp(startPattern([form]), 'gi')
  }

  /** @returns the place where the form begins; -1 if the text does not end in it */
  find(text: string): number {
    for (const { index, 0: start } of text.matchAll(this.start)) {
      if (this.reachesEnd(text, index + start.length)) return index
    }
    return -1
  }

  /** Whether the text goes on with the next units to its end. */
  private reachesEnd(text: string, from: number): boolean {
    let at = from
    for (let number = START; number < this.form.units.length; number += 1) {
      const unit = (this.units[number] ??= new RegExp(this.form.between + this.form.units[number]!, 'iy'))
      unit.lastIndex = at
      if (!unit.test(text)) break
      at = unit.lastIndex
    }
    REST.lastIndex = at
    return REST.test(text)
  }
}
