import { UsageError } from '../../core/errors.js'
import { LONGEST_ROW, MOST_COLUMNS } from '../limits.js'
import { problemAt, type RawRow } from '../table.js'
import { dateText, type CellFormat } from './cellFormats.js'
import { columnNumber } from './columnNumber.js'
import type { Hyperlinks } from './hyperlinks.js'
import { RichText } from './sharedStrings.js'
import { parsingXml, withoutEscapes } from './xml.js'
import { damagedWorkbook } from './zip.js'

/** What the sheets of a workbook share. */
export interface CellContext {
  readonly source: string
  readonly shared: readonly string[]
  readonly formats: readonly CellFormat[]
  readonly date1904: boolean
  /** The addresses behind the cells of this sheet. */
  readonly links: Hyperlinks
}

/**
 * The rows of a sheet with a cell that is not empty, in batches, as wide as their last such cell.
 * @param noValue is called for each formula without the value that Excel computes
 * @throws UsageError if the sheet is damaged, or a row is too long
 */
export async function* cellRows(
  bytes: AsyncIterable<Buffer>,
  context: CellContext,
  noValue: () => void = () => undefined,
): AsyncGenerator<RawRow[]> {
  const reader = new SheetReader(context, noValue)
  for await (const rows of parsingXml(bytes, context.source, reader, () => reader.takeRows())) {
    if (rows.length > 0) yield rows
  }
}

class SheetReader {
  private rows: RawRow[] = []
  private line = 0
  private cells: string[] = []
  private length = 0
  private column = 0
  private type = ''
  private format: CellFormat
  private value = ''
  private isValue = false
  private isFormula = false
  private formula = ''
  private isInFormula = false
  private links: Record<number, string> | undefined
  private readonly inline = new RichText()

  constructor(
    private readonly context: CellContext,
    private readonly noValue: () => void,
  ) {}

  takeRows(): RawRow[] {
    const { rows } = this
    this.rows = []
    return rows
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'c') this.openCell(attributes)
    else if (name === 'v') this.isValue = true
    else if (name === 'f') this.isFormula = this.isInFormula = true
    else if (name === 'row') {
      const line = Number(attributes['r'])
      this.line = Number.isSafeInteger(line) ? line : this.line + 1
      this.cells = []
      this.links = undefined
      this.length = 0
      this.column = 0
    } else this.inline.open(name)
  }

  text(text: string): void {
    if (this.isValue) this.value += text
    else if (this.isInFormula) this.formula += text
    else this.inline.add(text)
  }

  close(name: string): void {
    if (name === 'c') this.closeCell()
    else if (name === 'v') this.isValue = false
    else if (name === 'f') this.isInFormula = false
    else if (name === 'row') {
      const { line, cells, links } = this
      if (cells.length > 0) this.rows.push({ line, cells, ...(links && { links }) })
    } else this.inline.close(name)
  }

  private openCell({ r: place, t: type = 'n', s: style }: Readonly<Record<string, string>>): void {
    this.column = place === undefined ? this.column + 1 : columnNumber(place)
    this.type = type
    this.format = style === undefined ? undefined : this.context.formats[Number(style)]
    this.value = ''
    this.isFormula = this.isInFormula = false
    this.formula = ''
    this.inline.clear()
  }

  private closeCell(): void {
    const { source } = this.context
    if (!(this.column >= 1 && this.column <= MOST_COLUMNS))
      throw damagedWorkbook(source, new Error(`a cell in row ${this.line} has no column of a sheet`))
    if (this.isFormula && this.value === '' && this.type !== 'str') this.noValue()
    const text = this.type === 'inlineStr' ? this.inline.text : this.valueText()
    if (text === '') return
    this.length += text.length
    if (this.length > LONGEST_ROW) {
      const what = 'the row has more than 8 million characters'
      throw new UsageError(problemAt(source, this.line, what, 'keep only the columns that are needed'))
    }
    while (this.cells.length < this.column - 1) this.cells.push('')
    this.cells[this.column - 1] = text
    const link = LINK_FORMULA.exec(this.formula)?.[1] ?? this.context.links.get(this.line)?.get(this.column)
    if (link !== undefined) (this.links ??= {})[this.column - 1] = link
  }

  private valueText(): string {
    const { value } = this
    if (value === '') return ''
    if (this.type === 's') return this.sharedText(Number(value))
    if (this.type === 'b') return value === '1' || value === 'true' ? 'TRUE' : 'FALSE'
    return this.type === 'n' ? this.numberText(value) : withoutEscapes(value)
  }

  private sharedText(index: number): string {
    const text = this.context.shared[index]
    if (text === undefined) throw damagedWorkbook(this.context.source, new Error(`row ${this.line} lacks a text`))
    return text
  }

  /** Excel computes with 15 to 17 digits. The shortest number that is the same shows when digits of an id are lost. */
  private numberText(value: string): string {
    const number = Number(value)
    if (Number.isNaN(number)) return value
    const date = this.format && dateText(number, this.format, this.context.date1904)
    if (date !== undefined) return date
    return /^-?\d{1,19}$/.test(value) ? value : String(number)
  }
}

/** A formula that shows a text for an address. */
const LINK_FORMULA = /^HYPERLINK\("([^"]+)"/i
