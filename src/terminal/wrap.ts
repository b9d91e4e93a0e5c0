import stringWidth from 'string-width'

/** The labels before the text of a line: each is padded to two blanks at least, or is the longest one, of ten letters. */
const LABELS = /^(?:[a-z]{10} (?=\S)|(?:\S+(?: \S+)? {2,}){1,2}| {4,})/
/** A wider label would leave too little room for the text. */
const WIDEST_LABELS = 16
/** The text below a line without a label. */
const HANGING = 2

/** A command to be copied stands in backticks and is one word, as is any text without a blank. */
const WORDS = /`[^`\n]*`[^\s`]*|\S+/g

/**
 * One line of text in lines of at most `columns`, broken between words. Further lines are indented to where the text begins,
 * behind its label if it has one. A word that is longer than a line stays whole, so that a command or path can be copied.
 */
export function wrap(line: string, columns: number): string {
  if (stringWidth(line) <= columns) return line
  const labels = labelsOf(line)
  const indent = labels === '' ? /^ */.exec(line)![0].length + HANGING : stringWidth(labels)
  const lines: string[] = []
  let current = ''
  let end = 0
  for (const { 0: word, index } of line.matchAll(WORDS)) {
    const longer = current + line.slice(end, index + word.length)
    const mayBreak = index > labels.length && current.trim() !== ''
    if (mayBreak && stringWidth(longer) > columns) {
      lines.push(current)
      current = ' '.repeat(indent) + word
    } else {
      current = longer
    }
    end = index + word.length
  }
  return [...lines, current].join('\n')
}

function labelsOf(line: string): string {
  const both = LABELS.exec(line)?.[0] ?? ''
  if (both.length <= WIDEST_LABELS) return both
  const one = /^\S+(?: \S+)? {2,}/.exec(line)?.[0] ?? ''
  return one.length <= WIDEST_LABELS ? one : ''
}
