import { SaxesParser } from 'saxes'
import { LONGEST_TEXT } from './limits.js'
import { damagedWorkbook } from './zip.js'

/** What is done with the parts of an XML text. Names come without their prefix. */
export interface XmlHandlers {
  open?(name: string, attributes: Readonly<Record<string, string>>): void
  text?(text: string): void
  close?(name: string): void
}

/**
 * Parses XML in UTF-8, and after each chunk yields what the handlers found in it. Entities of a document type are not
 * expanded: they are errors.
 * @throws UsageError if it is not well-formed
 */
export async function* parsingXml<T>(
  bytes: AsyncIterable<Buffer>,
  source: string,
  handlers: XmlHandlers,
  found: () => T,
): AsyncGenerator<T> {
  const parser = new SaxesParser({ position: false, xmlns: false })
  let since = 0
  parser.on('opentag', ({ name, attributes }) => {
    since = 0
    handlers.open?.(localName(name), attributes)
  })
  parser.on('text', (text) => handlers.text?.(text))
  parser.on('cdata', (text) => handlers.text?.(text))
  parser.on('closetag', ({ name }) => {
    since = 0
    handlers.close?.(localName(name))
  })
  parser.on('error', (error) => {
    throw error
  })
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    let isEmpty = true
    for await (const chunk of bytes) {
      isEmpty = false
      since += chunk.length
      parser.write(decoder.decode(chunk, { stream: true }))
      if (since > LONGEST_TEXT) throw new Error('a text or tag of more than 8 MB')
      yield found()
    }
    if (isEmpty) return
    parser.write(decoder.decode())
    parser.close()
    yield found()
  } catch (error) {
    throw damagedWorkbook(source, error)
  }
}

/** Parses XML to its end. */
export async function parseXml(bytes: AsyncIterable<Buffer>, source: string, handlers: XmlHandlers): Promise<void> {
  const parsing = parsingXml(bytes, source, handlers, () => undefined)
  while (!(await parsing.next()).done);
}

/** Some programs write every name with a prefix, such as `x:row`. */
export function localName(name: string): string {
  const colon = name.indexOf(':')
  return colon < 0 ? name : name.slice(colon + 1)
}

/** Characters that XML does not allow are written as _x000D_. */
export function withoutEscapes(text: string): string {
  if (!text.includes('_x')) return text
  return text.replace(/_x([0-9a-f]{4})_/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}
