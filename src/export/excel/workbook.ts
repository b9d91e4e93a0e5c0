import { lettersOf, widthOf, type SheetColumn } from './sheetRow.js'

/** The parts of a workbook, under Excel's names. The rows of a sheet come between `sheetHead` and `sheetFoot`. */

/** The name and the extent of a sheet. */
export interface Sheet {
  /** At most 31 characters, without characters that are special to Excel. */
  readonly name: string
  readonly columns: readonly Omit<SheetColumn, 'sql'>[]
  /** Number of rows, without the header. */
  readonly count: number
  /** The first columns that stay in view. */
  readonly frozen: number
  /** Where the cells of the column `link` lead to. Known once the rows have been read. */
  readonly links?: readonly Link[]
}

export interface Link {
  /** Number of the row, the header being 1. */
  readonly row: number
  readonly address: string
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const RELATIONSHIPS = 'http://schemas.openxmlformats.org/package/2006/relationships'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const CONTENT = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

/** Where a sheet is in the archive, by its place from 0. */
export function sheetPath(at: number): string {
  return `xl/${partOf(at)}`
}

function partOf(at: number): string {
  return `worksheets/sheet${at + 1}.xml`
}

/** Where the addresses of a sheet are in the archive. */
export function linksPath(at: number): string {
  return `xl/worksheets/_rels/sheet${at + 1}.xml.rels`
}

/** Every part but the sheets and their links: path and content. */
export function partsOf(sheets: readonly Sheet[]): [path: string, text: string][] {
  const each = (text: (sheet: Sheet, at: number) => string): string => sheets.map(text).join('')
  const types = each((_, at) => `<Override PartName="/${sheetPath(at)}" ContentType="${CONTENT}.worksheet+xml"/>`)
  const named = each(({ name }, at) => `<sheet name="${name}" sheetId="${at + 1}" r:id="rId${at + 1}"/>`)
  const filters = each(
    (sheet, at) =>
      `<definedName name="_xlnm._FilterDatabase" localSheetId="${at}" hidden="1">'${sheet.name}'!${rangeOf(sheet, '$')}</definedName>`,
  )
  const relations = each(
    (_, at) => `<Relationship Id="rId${at + 1}" Type="${OFFICE}/worksheet" Target="${partOf(at)}"/>`,
  )
  return [
    [
      '[Content_Types].xml',
      `${XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${CONTENT}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${CONTENT}.styles+xml"/>${types}</Types>`,
    ],
    [
      '_rels/.rels',
      `${XML}<Relationships xmlns="${RELATIONSHIPS}"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ],
    [
      'xl/workbook.xml',
      `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>${named}</sheets><definedNames>${filters}</definedNames></workbook>`,
    ],
    [
      'xl/_rels/workbook.xml.rels',
      `${XML}<Relationships xmlns="${RELATIONSHIPS}">${relations}<Relationship Id="rId${sheets.length + 1}" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`,
    ],
    ['xl/styles.xml', STYLES],
  ]
}

/** The styles that cells refer to by number: 0 none, 1 text, 2 whole numbers, 3 times, 4 days, 5 the header, 6 and 7 numbers with thousands separators, 8 links. */
const STYLES = `${XML}<styleSheet xmlns="${MAIN}"><numFmts count="3"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss&quot;Z&quot;"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="166" formatCode="#,##0.00##"/></numFmts><fonts count="3"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font><font><u/><sz val="11"/><color rgb="FF0563C1"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="9">${[0, 49, 1, 164, 165].map(plainStyle).join('')}<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>${[3, 166].map(plainStyle).join('')}<xf numFmtId="49" fontId="2" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

function plainStyle(format: number): string {
  return `<xf numFmtId="${format}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`
}

/** The sheet before the first row with data. The header is row 1, in bold, and stays in view with the frozen columns. */
export function sheetHead(sheet: Sheet, at: number): string {
  const widths = sheet.columns.map(
    (column, place) => `<col min="${place + 1}" max="${place + 1}" width="${widthOf(column)}" customWidth="1"/>`,
  )
  const header = sheet.columns.map(
    ({ name, title = name }, place) =>
      `<c r="${lettersOf(place)}1" s="5" t="inlineStr"><is><t xml:space="preserve">${escaped(title)}</t></is></c>`,
  )
  return `${XML}<worksheet xmlns="${MAIN}" xmlns:r="${OFFICE}"><dimension ref="${rangeOf(sheet)}"/><sheetViews><sheetView${at === 0 ? ' tabSelected="1"' : ''} workbookViewId="0">${paneOf(sheet.frozen)}</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>${widths.join('')}</cols><sheetData><row r="1">${header.join('')}</row>`
}

function paneOf(frozen: number): string {
  if (frozen === 0)
    return '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/>'
  return `<pane xSplit="${frozen}" ySplit="1" topLeftCell="${lettersOf(frozen)}2" activePane="bottomRight" state="frozen"/><selection pane="topRight"/><selection pane="bottomLeft"/><selection pane="bottomRight"/>`
}

/** The sheet after the last row: filter buttons, links, and no warnings about ids that look like numbers. */
export function sheetFoot(sheet: Sheet): string {
  const range = rangeOf(sheet)
  return `</sheetData><autoFilter ref="${range}"/>${linksOf(sheet)}<ignoredErrors><ignoredError sqref="${range}" numberStoredAsText="1"/></ignoredErrors></worksheet>`
}

function linksOf({ columns, links = [] }: Sheet): string {
  if (links.length === 0) return ''
  const letters = lettersOf(columns.findIndex(({ link }) => link))
  const each = links.map(({ row }, at) => `<hyperlink ref="${letters}${row}" r:id="rId${at + 1}"/>`)
  return `<hyperlinks>${each.join('')}</hyperlinks>`
}

/** The addresses of a sheet's links. */
export function linkAddresses({ links = [] }: Sheet): string {
  const each = links.map(
    ({ address }, at) =>
      `<Relationship Id="rId${at + 1}" Type="${OFFICE}/hyperlink" Target="${markup(address)}" TargetMode="External"/>`,
  )
  return `${XML}<Relationships xmlns="${RELATIONSHIPS}">${each.join('')}</Relationships>`
}

/** @param prefix `$` makes the range absolute */
function rangeOf({ columns, count }: Sheet, prefix = ''): string {
  return `${prefix}A${prefix}1:${prefix}${lettersOf(columns.length - 1)}${prefix}${count + 1}`
}

/** A name from an input may hold anything. */
function escaped(name: string): string {
  return markup(
    name
      .slice(0, MOST_NAME)
      .replace(UNPRINTABLE, '')
      .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_'),
  )
}

function markup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** Longer names of columns are cut: a filter's list could not show them. */
const MOST_NAME = 255
// eslint-disable-next-line no-control-regex -- XML allows none of them
const UNPRINTABLE = /[\u0000-\u001f\ufffe\uffff]/g
