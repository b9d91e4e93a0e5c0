const QUOTE = 0x22
const EQUALS = 0x3d
const LF = 0x0a
const CR = 0x0d

/** What the CSV parser gets instead of the quotes of such a cell, so that the cell keeps its characters. */
const OPENING = Buffer.from('"=""')
const INNER = Buffer.from('""""')
const CLOSING = Buffer.from('"""')

/**
 * Writes cells of the form `="12"`, with which spreadsheets keep digits as text, as RFC 4180 has them: `"=""12"""`. All other
 * bytes stay as they are. The text is UTF-8; its chunks may be cut anywhere.
 */
export async function* formulasQuoted(text: AsyncIterable<Buffer>, delimiter: string): AsyncGenerator<Buffer> {
  const rewriter = new Rewriter(Buffer.from(delimiter))
  for await (const chunk of text) yield rewriter.write(chunk, false)
  yield rewriter.write(Buffer.alloc(0), true)
}

class Rewriter {
  /** The last bytes, kept because the meaning of a quote depends on the bytes around it. */
  private kept: Buffer = Buffer.alloc(0)
  /** How many of the kept bytes are already written. */
  private written = 0
  private state: 'outside' | 'quoted' | 'formula' = 'outside'
  private atStart = true

  constructor(private readonly delimiter: Buffer) {}

  write(chunk: Buffer, isLast: boolean): Buffer {
    const bytes = this.kept.length > 0 ? Buffer.concat([this.kept, chunk]) : chunk
    // The byte after a quote can be another quote, and an equals sign may come before one.
    let end = isLast ? bytes.length : Math.max(this.written, bytes.length - 1)
    if (!isLast && end > this.written && bytes[end - 1] === EQUALS) end -= 1
    const parts: Buffer[] = []
    let from = this.written
    for (let at = bytes.indexOf(QUOTE, from); at >= 0 && at < end; at = bytes.indexOf(QUOTE, at)) {
      if (this.state === 'outside' && this.opensFormula(bytes, at, from)) {
        parts.push(bytes.subarray(from, at - 1), OPENING)
        this.state = 'formula'
        from = at += 1
      } else if (this.state === 'formula') {
        const isDoubled = bytes[at + 1] === QUOTE
        parts.push(bytes.subarray(from, at), isDoubled ? INNER : CLOSING)
        if (!isDoubled) this.state = 'outside'
        from = at += isDoubled ? 2 : 1
      } else {
        // A doubled quote inside quotes ends them and opens them again at once.
        this.state = this.state === 'outside' ? 'quoted' : 'outside'
        at += 1
      }
    }
    return this.finish(bytes, parts, from, Math.max(from, end))
  }

  private finish(bytes: Buffer, parts: Buffer[], from: number, end: number): Buffer {
    parts.push(bytes.subarray(from, end))
    const keptFrom = Math.max(0, end - this.delimiter.length - 1)
    if (keptFrom > 0) this.atStart = false
    this.kept = bytes.subarray(keptFrom)
    this.written = end - keptFrom
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  /** Whether a cell begins with an equals sign and this quote. */
  private opensFormula(bytes: Buffer, quote: number, from: number): boolean {
    const start = quote - 1
    if (start < from || bytes[start] !== EQUALS) return false
    if (start === 0) return this.atStart
    const before = bytes[start - 1]
    if (before === LF || before === CR) return true
    const { length } = this.delimiter
    return start >= length && bytes.subarray(start - length, start).equals(this.delimiter)
  }
}
