import stringWidth from 'string-width'

/** Characters that move the cursor or change the direction of the line. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu

/** Most UTF-16 units in one column, such as in an emoji of a family. */
const MOST_UNITS = 16

const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' })

/** The text in one line of at most `columns`; `…` shows that it was cut. */
export function fit(text: string, columns: number): string {
  const line = printable(text.slice(0, columns * MOST_UNITS))
  if (stringWidth(line) <= columns) return line
  let shown = ''
  let used = 1
  for (const { segment } of graphemes.segment(line)) {
    used += stringWidth(segment)
    if (used > columns) break
    shown += segment
  }
  return `${shown}…`
}

/** A text from outside without control characters, which a terminal would obey. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, ' ').trim()
}

export interface TableColumn {
  readonly title: string
  /** Align on the right, as for numbers. */
  readonly right?: boolean
  /** The column may be cut when the table is too wide; `first`: before the others. */
  readonly cut?: boolean | 'first'
}

/** How a table becomes narrower, step by step: its columns are cut, but not to less than a width; then its gaps. */
const STEPS = [
  { gap: '  ', least: 8 },
  { gap: ' ', least: 8 },
  { gap: ' ', least: 4 },
] as const

/**
 * A plain table, one line for each row, that fits into `columns` as far as its columns may be cut.
 * @param columns width of the terminal or page
 */
export function table(header: readonly TableColumn[], rows: readonly (readonly string[])[], columns: number): string {
  // Only the part of a text that can be shown is measured: a name from upstream may be megabytes long.
  const longest = columns * MOST_UNITS
  const cells = rows.map((row) => row.map((cell, at) => printable(header[at]!.cut ? cell.slice(0, longest) : cell)))
  const widths = header.map(({ title }, at) =>
    Math.max(stringWidth(title), ...cells.map((row) => stringWidth(row[at] ?? ''))),
  )
  const gap = shrink(widths, header, columns)
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => {
        const text = fit(cell, widths[at]!)
        const space = ' '.repeat(widths[at]! - stringWidth(text))
        return header[at]!.right ? space + text : text + space
      })
      .join(gap)
      .trimEnd()
  return [header.map(({ title }) => title), ...cells].map((row) => `${line(row)}\n`).join('')
}

/**
 * Narrows the widest column that may be cut, then the gaps, until the line fits or nothing more may be cut.
 * @returns what stands between two columns
 */
function shrink(widths: number[], header: readonly TableColumn[], columns: number): string {
  for (const { gap, least } of STEPS) {
    const total = (): number => widths.reduce((sum, each) => sum + each, gap.length * (widths.length - 1))
    while (total() > columns) {
      const cuttable = widths.map((each, at) => (header[at]!.cut && each > least ? each : 0))
      const early = cuttable.map((each, at) => (header[at]!.cut === 'first' ? each : 0))
      const widest = Math.max(...early) || Math.max(...cuttable)
      if (widest === 0) break
      widths[(Math.max(...early) > 0 ? early : cuttable).indexOf(widest)]! -= 1
    }
    if (total() <= columns) return gap
  }
  return STEPS.at(-1)!.gap
}

/** A share as `87.5%`; a dash when it is not defined. */
export function percent(share: number | null): string {
  if (share === null) return '–'
  // Nearly all is never shown as 100%, nor a few as 0%.
  const tenths = share > 0.9995 && share < 1 ? 999 : share > 0 && share < 0.0005 ? 1 : Math.round(share * 1000)
  return `${tenths / 10}%`
}

const BARS = '▁▂▃▄▅▆▇█'

/** Shown where a number is missing: a table would cut a blank off. */
const GAP = '·'

/** A curve with one character for each number, from the least to the most; a dot for a missing number. */
export function sparkline(numbers: readonly (number | null)[]): string {
  const known = numbers.filter((number) => number !== null)
  const [least, most] = [Math.min(...known), Math.max(...known)]
  const step = (most - least) / (BARS.length - 1)
  return numbers
    .map((number) => (number === null ? GAP : step === 0 ? BARS[3]! : BARS[Math.round((number - least) / step)]!))
    .join('')
}
