/** Where a part of a JSON text begins; both count from 1. */
export interface TextPlace {
  readonly line: number
  readonly column: number
}

/** A text is not JSON as it should be. */
export class JsonFault extends Error {
  constructor(
    message: string,
    readonly place: TextPlace,
  ) {
    super(message)
  }
}

export interface LocatedJson {
  readonly value: unknown
  /** The place of the key with this path, such as `['max-age-by-tier', 'mega']`; that of the whole value for `[]`. */
  readonly placeOf: (path: readonly PropertyKey[]) => TextPlace
}

const TOKEN =
  /([{}[\],:])|("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))|((?:true|false|null)(?!\w))/uy
const BLANK = /[ \t\r\n]*/y
/** Deep enough for settings, and far from the end of the stack. */
const DEEPEST = 20

/**
 * Parses strict JSON, and remembers where each key stands. Unlike `JSON.parse` it refuses a key that stands twice in one
 * object, and names the place of every fault.
 * @throws JsonFault
 */
export function parseLocated(text: string): LocatedJson {
  return new Parser(text).parse()
}

class Parser {
  private at = 0
  private readonly offsets = new Map<string, number>()

  constructor(private readonly text: string) {}

  parse(): LocatedJson {
    const begin = this.skipBlank()
    this.offsets.set('[]', begin)
    const value = this.value([])
    const end = this.skipBlank()
    if (end < this.text.length) throw this.fault('the end of the file')
    return { value, placeOf: (path) => placeAt(this.text, this.offsets.get(JSON.stringify(path)) ?? begin) }
  }

  private value(path: readonly string[]): unknown {
    if (path.length > DEEPEST) throw this.fault('no deeper value')
    const token = this.take()
    if (token === '{') return this.object(path)
    if (token === '[') return this.list(path)
    if (token === undefined || /^[}\],:]$/.test(token)) throw this.fault('a value', token)
    return JSON.parse(token)
  }

  private object(path: readonly string[]): Record<string, unknown> {
    const entries = new Map<string, unknown>()
    if (this.peek() === '}') return this.done(entries)
    for (;;) {
      const offset = this.skipBlank()
      const token = this.take()
      if (!token?.startsWith('"')) throw this.fault('a name in double quotes', token)
      const key = JSON.parse(token) as string
      if (entries.has(key)) throw new JsonFault(`${token} stands here a second time`, placeAt(this.text, offset))
      this.offsets.set(JSON.stringify([...path, key]), offset)
      this.expect(':', 'a colon')
      entries.set(key, this.value([...path, key]))
      if (this.peek() === '}') return this.done(entries)
      this.expect(',', 'a comma or }')
    }
  }

  private done(entries: ReadonlyMap<string, unknown>): Record<string, unknown> {
    this.take()
    return Object.fromEntries(entries)
  }

  private list(path: readonly string[]): unknown[] {
    const items: unknown[] = []
    if (this.peek() === ']') {
      this.take()
      return items
    }
    for (;;) {
      items.push(this.value([...path, String(items.length)]))
      if (this.peek() === ']') {
        this.take()
        return items
      }
      this.expect(',', 'a comma or ]')
    }
  }

  private expect(wanted: string, what: string): void {
    const token = this.take()
    if (token !== wanted) throw this.fault(what, token)
  }

  private peek(): string | undefined {
    const before = this.at
    const token = this.take()
    this.at = before
    return token
  }

  /** The next token; undefined, and nothing is taken, where there is none. */
  private take(): string | undefined {
    TOKEN.lastIndex = this.skipBlank()
    const token = TOKEN.exec(this.text)?.[0]
    this.at += token?.length ?? 0
    return token
  }

  private skipBlank(): number {
    BLANK.lastIndex = this.at
    this.at += BLANK.exec(this.text)![0].length
    return this.at
  }

  /** @param taken the token that should be another one; it may be a secret, so only punctuation is shown */
  private fault(what: string, taken = ''): JsonFault {
    const offset = this.at - taken.length
    const next = this.text.slice(offset, offset + 1)
    const found = next === '' ? ', but the file ends' : /[\p{P}\p{S}]/u.test(next) ? `, found ${next}` : ''
    return new JsonFault(`expected ${what}${found}`, placeAt(this.text, offset))
  }
}

function placeAt(text: string, offset: number): TextPlace {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/)
  return { line: lines.length, column: lines.at(-1)!.length + 1 }
}
