import { writeFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { ZipFile } from 'yazl'
import { lettersOf } from '../../../src/export/excel/sheetRow.js'

/** A cell: text (shared), a number, a flag, or XML after the cell's place: `t="str"><f>…</f><v>…</v>`. */
export type TestCell = string | number | boolean | { readonly xml: string }

export interface TestSheet {
  readonly name: string
  /** `null` leaves the row out. */
  readonly rows: readonly (readonly (TestCell | null)[] | null)[]
  readonly state?: 'hidden' | 'veryHidden'
  /** Addresses behind cells, by their place: `B2` or `B2:B3`. One that begins with # is a place in the workbook. */
  readonly links?: Readonly<Record<string, string>>
}

const TYPES = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
/** Formats of the styles 0 to 4. */
const STYLES = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy/m/d\\ h:mm;@"/><numFmt numFmtId="165" formatCode="[h]:mm"/><numFmt numFmtId="166" formatCode="[Red]#,##0.00&quot;days&quot;"/></numFmts>
<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="20"/><xf numFmtId="165"/><xf numFmtId="166"/></cellXfs></styleSheet>`

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function hyperlinks(links: Readonly<Record<string, string>>): string {
  const each = Object.entries(links).map(([ref, url], n) =>
    url.startsWith('#')
      ? `<hyperlink ref="${ref}" location="${url.slice(1)}"/>`
      : `<hyperlink ref="${ref}" r:id="rId${n + 1}"/>`,
  )
  return each.length > 0 ? `<hyperlinks>${each.join('')}</hyperlinks>` : ''
}

/** The files of a workbook by their names, as Excel writes them. */
export function workbookFiles(sheets: readonly TestSheet[], workbookPr = ''): Record<string, string> {
  const shared: string[] = []
  const relation = (id: number, kind: string, target: string) =>
    `<Relationship Id="rId${id}" Type="${TYPES}/${kind}" Target="${target}"/>`
  const cell = (value: TestCell | null, place: string): string => {
    if (value === null) return ''
    if (typeof value === 'string')
      return `<c r="${place}" t="s"><v>${shared.push(`<t>${escaped(value)}</t>`) - 1}</v></c>`
    if (typeof value === 'object') return `<c r="${place}" ${value.xml}</c>`
    return typeof value === 'number'
      ? `<c r="${place}"><v>${value}</v></c>`
      : `<c r="${place}" t="b"><v>${Number(value)}</v></c>`
  }
  const files: Record<string, string> = {
    '_rels/.rels': `<Relationships>${relation(1, 'officeDocument', '/xl/workbook.xml')}</Relationships>`,
    'xl/workbook.xml': `<workbook xmlns:r="${TYPES}"><workbookPr ${workbookPr}/><sheets>${sheets
      .map(
        ({ name, state }, at) =>
          `<sheet name="${escaped(name)}" sheetId="${at + 1}" ${state ? `state="${state}"` : ''} r:id="rId${at + 1}"/>`,
      )
      .join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships>${sheets.map((_, at) => relation(at + 1, 'worksheet', `worksheets/sheet${at + 1}.xml`)).join('')}${relation(98, 'sharedStrings', 'sharedStrings.xml')}${relation(99, 'styles', 'styles.xml')}</Relationships>`,
    'xl/styles.xml': STYLES,
  }
  sheets.forEach(({ rows, links = {} }, at) => {
    const lines = rows.map((row, line) => {
      const cells = row?.map((value, column) => cell(value, `${lettersOf(column)}${line + 1}`))
      return cells ? `<row r="${line + 1}">${cells.join('')}</row>` : ''
    })
    files[`xl/worksheets/sheet${at + 1}.xml`] =
      `<?xml version="1.0"?><worksheet xmlns:r="${TYPES}"><sheetData>${lines.join('')}</sheetData>${hyperlinks(links)}</worksheet>`
    const targets = Object.values(links).map(
      (url, n) =>
        `<Relationship Id="rId${n + 1}" Type="${TYPES}/hyperlink" Target="${escaped(url)}" TargetMode="External"/>`,
    )
    if (targets.length > 0)
      files[`xl/worksheets/_rels/sheet${at + 1}.xml.rels`] = `<Relationships>${targets.join('')}</Relationships>`
  })
  return { ...files, 'xl/sharedStrings.xml': `<sst>${shared.map((text) => `<si>${text}</si>`).join('')}</sst>` }
}

/** Zips texts under their names. */
export async function zipped(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const zip = new ZipFile()
  for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name)
  zip.end()
  return buffer(zip.outputStream)
}

/** Writes a workbook. */
export async function writeWorkbook(path: string, sheets: readonly TestSheet[], workbookPr?: string): Promise<string> {
  writeFileSync(path, await zipped(workbookFiles(sheets, workbookPr)))
  return path
}
