import { quotedText } from '../../core/duckdb.js'
import { DAY_MS } from '../../core/time.js'
import { plainText, timeText } from '../csvRecord.js'

/** A column of a sheet. */
export interface SheetColumn {
  /** In the tables. */
  readonly name: string
  /** In the header, if not the name. */
  readonly title?: string
  /** DuckDB's name of it. */
  readonly type: string
  /** SQL for its value. */
  readonly sql: string
  /** Show numbers with thousands separators. */
  readonly grouped?: boolean
  /** A click on a cell opens the address in it. At most one column of a sheet. */
  readonly link?: boolean
  /** In characters, if not by the type. */
  readonly width?: number
}

/** Excel's limit for a cell, in UTF-16 units. */
const MOST_CHARACTERS = 32_767
const CUT = ' … [cut]'

interface Kind {
  readonly value: (sql: string) => string
  /** Attributes of a cell that holds such a value. */
  readonly attributes: string
  /** A longer value, or one that does not end in a digit, becomes text. */
  readonly longest: number
  /** In characters. */
  readonly width: number
}

const TEXT: Kind = { value: plainText, attributes: '', longest: -1, width: 24 }
const LINK: Kind = { ...TEXT, attributes: ' s="8"' }
/** Excel keeps 15 digits of a number; a sign counts as one here. */
const WHOLE: Kind = { value: plainText, attributes: ' s="2"', longest: 15, width: 12 }
const FRACTION: Kind = { value: plainText, attributes: '', longest: 400, width: 12 }
const GROUPED_WHOLE: Kind = { ...WHOLE, attributes: ' s="6"' }
const GROUPED_FRACTION: Kind = { ...FRACTION, attributes: ' s="7"' }
const FLAG: Kind = { value: (sql) => plainText(`${sql}::TINYINT`), attributes: ' t="b"', longest: 1, width: 9 }
const TIME: Kind = { value: serial, attributes: ' s="3"', longest: 22, width: 21 }
const DAY: Kind = { value: (sql) => serial(`${sql}::TIMESTAMP`), attributes: ' s="4"', longest: 22, width: 12 }

/** From the start of Excel's days to 1970. */
const EPOCH = 25_569 * DAY_MS

/** Excel counts days from 1900, with a day 1900-02-29 that never was. Times outside of its range stay ISO 8601. */
function serial(sql: string): string {
  const countable = `${sql} >= TIMESTAMP '1900-03-01' AND ${sql} < TIMESTAMP '9999-12-31'`
  return `CASE WHEN ${countable} THEN ${plainText(`(epoch_ms(${sql}) + ${EPOCH}) / ${DAY_MS}`)} ELSE ${timeText(sql)} END`
}

function kindOf({ type, grouped, link }: Pick<SheetColumn, 'type' | 'grouped' | 'link'>): Kind {
  if (link) return LINK
  if (/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type)) return grouped ? GROUPED_WHOLE : WHOLE
  if (/^(DOUBLE|FLOAT|DECIMAL)/.test(type)) return grouped ? GROUPED_FRACTION : FRACTION
  if (type.startsWith('TIMESTAMP')) return TIME
  return { BOOLEAN: FLAG, DATE: DAY }[type] ?? TEXT
}

/** The width of a column, with room for its name and the button of its filter. */
export function widthOf(column: Omit<SheetColumn, 'sql'>): number {
  return Math.max(column.width ?? kindOf(column).width, Math.min(column.name.length + 4, 40))
}

/** The letters of a column: A for 0, AA for 26. */
export function lettersOf(column: number): string {
  const last = String.fromCharCode(65 + (column % 26))
  return column < 26 ? last : lettersOf(Math.floor(column / 26) - 1) + last
}

/** XML does not allow these characters, and they are invisible: they are left out. */
const CONTROLS = '[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x{FFFE}\\x{FFFF}]'
/** Placeholder for the number of the row, until the row is whole. No cell can hold it. */
const ROW = '\u0001'

/** The values that are zipped for each cell, by place. */
const [TEXT_OF, PLACE, ATTRIBUTES, LONGEST] = ['cell[1]', 'cell[2]', 'cell[3]', 'cell[4]']

const replaced = (sql: string, from: string, to: string): string =>
  `regexp_replace(${sql}, ${quotedText(from)}, ${quotedText(to)}, 'g')`

// Excel reads _x0041_ as A, so the underscore of such a text is escaped too. A line break within a cell is a line feed.
const clean = replaced(replaced(TEXT_OF, '\\r\\n?', '\n'), CONTROLS, '')
/** Characters that count as two. */
const astral = (sql: string): string => replaced(sql, '[^\\x{10000}-\\x{10FFFF}]', '')
const shortened = (sql: string): string => {
  const fits = `length(${sql}) + length(${astral(sql)}) <= ${MOST_CHARACTERS}`
  const start = `left(${sql}, ${MOST_CHARACTERS - CUT.length})`
  return `CASE WHEN strlen(${sql}) <= ${MOST_CHARACTERS} OR ${fits} THEN ${sql}
    ELSE left(${sql}, ${MOST_CHARACTERS - CUT.length} - length(${astral(start)})) || ${quotedText(CUT)} END`
}
const escaped = replaced(`(${shortened(clean)})`, '_(x[0-9A-Fa-f]{4}_)', '_x005F_\\1')
const markup = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
].reduce((sql, [from, to]) => `replace(${sql}, ${quotedText(from!)}, ${quotedText(to!)})`, escaped)
// Most texts need none of it, and one search shows that.
const plain = `strlen(${TEXT_OF}) <= ${MOST_CHARACTERS} AND NOT regexp_matches(${TEXT_OF}, ${quotedText(`[&<>\\r\\n\\t]|^ | $|_x[0-9A-Fa-f]{4}_|${CONTROLS}`)})`
const string = `CASE WHEN ${plain} THEN '<t>' || ${TEXT_OF} ELSE '<t xml:space="preserve">' || ${markup} END`

/** With this style an edited cell stays text. Some versions of Excel show a long text of this style as ####. */
const textStyle = `CASE WHEN ${LONGEST} < 0 AND ${ATTRIBUTES} <> '' THEN ${ATTRIBUTES}
  WHEN strlen(${TEXT_OF}) > 255 THEN '' ELSE ' s="1"' END`

const written = `CASE
  WHEN ${TEXT_OF} IS NULL OR ${TEXT_OF} = '' THEN ''
  WHEN strlen(${TEXT_OF}) <= ${LONGEST} AND right(${TEXT_OF}, 1) <= '9'
    THEN ${PLACE} || ${ATTRIBUTES} || '><v>' || ${TEXT_OF} || '</v></c>'
  ELSE ${PLACE} || ${textStyle} || ' t="inlineStr"><is>' || ${string} || '</t></is></c>'
END`

/**
 * SQL for one row of a sheet as a BLOB: ids and other texts as text, whatever they begin with; numbers, flags and times in
 * Excel's own types; no cell for an empty value. One expression serves all cells: DuckDB takes as
 * long to plan one for each of 130 columns as to write thousands of rows.
 * @param number SQL for the number of the row, from 1
 */
export function sheetRow(columns: readonly SheetColumn[], number: string): string {
  const cells = columns.map((column, at) => {
    const { value, attributes, longest } = kindOf(column)
    const place = quotedText(`<c r="${lettersOf(at)}${ROW}"`)
    return { text: value(column.sql), place, attributes: quotedText(attributes), longest: String(longest) }
  })
  const list = (field: keyof (typeof cells)[number]): string => `[${cells.map((cell) => cell[field]).join(', ')}]`
  const zipped = (['text', 'place', 'attributes', 'longest'] as const).map(list).join(', ')
  const row = `array_to_string(list_transform(list_zip(${zipped}), lambda cell: ${written}), '')`
  return `encode(replace('<row r="${ROW}">' || ${row} || '</row>', '${ROW}', ${plainText(number)}))`
}

/** SQL for the address that a row links to; NULL without a column of links, and for what is not a plain web address. */
export function linkOf(columns: readonly SheetColumn[]): string {
  const linked = columns.find(({ link }) => link)
  if (linked === undefined) return 'NULL'
  return `CASE WHEN strlen(${linked.sql}) <= ${LONGEST_LINK} AND regexp_full_match(${linked.sql}, 'https?://[!-~]+') THEN ${linked.sql} END`
}

/** Excel's limit for an address. */
const LONGEST_LINK = 2079
