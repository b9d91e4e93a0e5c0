const LABEL = 11
const WIDTH = 80

/** A line of a summary: a label, and what there is to say. */
export function labelLine(label: string, text: string): string {
  return `${label.padEnd(LABEL)}${text}`.trimEnd()
}

/** The parts behind a label, as many a line as fit; the lines after the first are indented. */
export function labelParts(label: string, parts: readonly string[]): string {
  const lines: string[] = []
  let text = ''
  for (const [at, part] of parts.entries()) {
    const piece = at === parts.length - 1 ? part : `${part},`
    if (text !== '' && LABEL + text.length + 1 + piece.length > WIDTH) {
      lines.push(text)
      text = piece
    } else {
      text = text === '' ? piece : `${text} ${piece}`
    }
  }
  return [...lines, text].map((each, at) => labelLine(at === 0 ? label : '', each)).join('\n')
}
