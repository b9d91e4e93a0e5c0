/**
 * Patterns for a secret in the encodings in which a server may echo it. Each is the source of a regular expression without
 * regard to case. No two parts of a pattern fit the same text, so that a search takes time in proportion to the text.
 */

/** Fewer letters and digits, spaced out, could be an ordinary text. */
const SHORTEST_SPACED = 8

/** Characters between the letters of a spaced secret. NUL is also the second byte of each character in UTF-16. */
const BETWEEN = /[\s\0\u00a0._:,|-]/
const BETWEEN_CODES = Array.from(' \t\n\v\f\r\0\u00a0._:,|-', (character) => character.charCodeAt(0))

/** The names of characters in HTML; letters and digits have none. */
const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '!': 'excl', '"': 'quot', '#': 'num', $: 'dollar', '%': 'percnt', '&': 'amp', "'": 'apos', '(': 'lpar' },
  ...{ ')': 'rpar', '*': 'ast|midast', '+': 'plus', '/': 'sol', ';': 'semi', '<': 'lt', '=': 'equals', '>': 'gt' },
  ...{ '?': 'quest', '@': 'commat', '[': 'lsqb|lbrack', '\\': 'bsol', ']': 'rsqb|rbrack', '^': 'hat' },
  ...{ '`': 'grave|diacriticalgrave', '{': 'lcub|lbrace', '}': 'rcub|rbrace' },
  ...{ '.': 'period', _: 'lowbar|underbar', ':': 'colon', ',': 'comma', '|': 'verbar|vert|verticalline' },
}

/** A secret as a sequence of units, and the pattern of what may stand between two of them. */
export interface Form {
  readonly units: readonly string[]
  readonly between: string
  /** What else belongs to the secret after the last unit. */
  readonly end?: string
}

/** Every form of the secret. */
export function secretForms(secret: string): Form[] {
  // The bytes of UTF-16 without the last NUL are the same in both orders, one byte further or not.
  const encoded = [Buffer.from(secret), Buffer.from(secret, 'utf16le').subarray(0, -1)]
  return [
    written(secret),
    hexadecimal(secret),
    ...encoded.flatMap((bytes) => [0, 1, 2].map((shift) => base64(bytes, shift))),
  ]
}

/** The pattern of a whole secret, in any of its forms. */
export function wholePattern(forms: readonly Form[]): string {
  return forms.map(({ units, between, end = '' }) => units.join(between) + end).join('|')
}

/** The pattern of its beginning, for a quick first look. */
export function startPattern(forms: readonly Form[]): string {
  return forms.map(({ units, between }) => units.slice(0, START).join(between)).join('|')
}

/** Units in the beginning of a form: they must be rare in an ordinary text. */
export const START = 6

/** The characters, each of them plain or escaped, together or apart. */
function written(secret: string): Form {
  const apart = Array.from(secret).filter((character) => !BETWEEN.test(character))
  if (apart.length < SHORTEST_SPACED) return { units: Array.from(secret, characterForms), between: '' }
  const tail = Array.from(secret.slice(secret.lastIndexOf(apart.at(-1)!) + 1), characterForms)
  return {
    units: apart.map(characterForms),
    between: `${separator}{0,8}`,
    end: tail.join('') && `(?:${tail.join('')})?`,
  }
}

/** One character of a text: plain, or escaped for a URL, JSON or HTML, once or more often. */
export function characterForms(character: string, at = 1): string {
  const code = character.charCodeAt(0)
  const literal = character.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
  const quoted =
    character === '\\' ? '\\\\{1,4}' : /["'/]/.test(character) ? `${backslashes(at, '*')}${literal}` : literal
  // Longer forms come first: a percent sign is also the first character of its own code.
  return `(?:${escapes([code], at, ENTITIES[character])}|${quoted})`
}

function escapes(codes: readonly number[], at = 1, names = ''): string {
  const hex = codes.map(twoDigits).join('|')
  const entities = [`#0*(?:${codes.join('|')})`, `#x0*(?:${codes.map((code) => code.toString(16)).join('|')})`, names]
  return [
    `%(?:25)*(?:${hex})`,
    `${backslashes(at, '+')}(?:u00|x)(?:${hex})`,
    `(?:&|${backslashes(at, '+')}u0026)(?:amp;)*(?:${entities.filter(Boolean).join('|')});?`,
  ].join('|')
}

/** From the first of a row of backslashes on, where a secret may begin: a search from each of them would take too long. */
function backslashes(at: number, many: '*' | '+'): string {
  return `${at === 0 ? '(?<!\\\\)' : ''}\\\\${many}`
}

function twoDigits(code: number): string {
  return code.toString(16).padStart(2, '0')
}

const separator = `(?:[\\s\\0._:,|-]|\\\\+[nrt]|${escapes(BETWEEN_CODES, 1, 'nbsp|period|lowbar|colon|comma|verbar|hyphen')})`

/** Two digits a byte, together or apart, as in `4a4b`, `4a 4b`, `0x4a, 0x4b` or UTF-16. */
function hexadecimal(secret: string): Form {
  const units = Array.from(secret, (character) => twoDigits(character.charCodeAt(0)))
  return { units, between: '(?:00|0x|\\\\+x|[\\s._:,|-]|%20){0,8}' }
}

/**
 * Base64, standard or for URLs, in lines or in one, after `shift` bytes (and any multiple of three more). Characters that
 * also hold bits of the bytes around the secret differ: those after it are taken out too, those before it hold four bits of it at
 * most.
 */
function base64(bytes: Buffer, shift: number): Form {
  const bits = 8 * bytes.length
  const first = Math.ceil((8 * shift) / 6)
  const last = Math.floor((8 * shift + bits) / 6)
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
  const units = Array.from(text.slice(first, last), (character) => {
    if (character === '+') return `(?:-|${characterForms('+')})`
    return character === '/' ? `(?:_|${characterForms('/')})` : character
  })
  const isWhole = (8 * shift + bits) % 6 === 0
  const end = isWhole ? '' : `[\\w+/-]?(?:${characterForms('=')}){0,2}`
  return { units, between: '(?:\\s|\\\\+[nrt]|%(?:25)*(?:0a|0d)){0,8}', end }
}
