import { LARGEST_SHARED } from './limits.js'
import { parseXml, withoutEscapes } from './xml.js'
import { tooLarge, type Zip } from './zip.js'

/**
 * The texts that cells share, by their number. The runs of a rich text are joined; how Japanese text is read aloud is left out.
 * @throws UsageError if they are damaged or too large for memory
 */
export async function readSharedStrings(zip: Zip, part: string, source: string): Promise<string[]> {
  const size = zip.sizeOf(part)
  if (size > LARGEST_SHARED) throw tooLarge(source, `has ${Math.round(size / 1024 ** 2)} MB of texts`)
  const texts: string[] = []
  const rich = new RichText()
  await parseXml(zip.bytes(part), source, {
    open(name) {
      if (name === 'si') rich.clear()
      rich.open(name)
    },
    text: (text) => rich.add(text),
    close(name) {
      rich.close(name)
      if (name === 'si') texts.push(rich.text)
    },
  })
  return texts
}

/** Collects the text in elements `t`, except that of phonetic runs. */
export class RichText {
  private collected = ''
  private isText = false
  private isPhonetic = false

  clear(): void {
    this.collected = ''
  }

  open(name: string): void {
    if (name === 'rPh') this.isPhonetic = true
    else if (name === 't') this.isText = !this.isPhonetic
  }

  add(text: string): void {
    if (this.isText) this.collected += text
  }

  close(name: string): void {
    if (name === 'rPh') this.isPhonetic = false
    else if (name === 't') this.isText = false
  }

  get text(): string {
    return withoutEscapes(this.collected)
  }
}
