import { readFileSync } from 'node:fs'
import { crc32, inflateRawSync } from 'node:zlib'

/** The files of a zip archive by path, each checked against its length and checksum. */
export function unzipped(path: string): Map<string, string> {
  const zip = readFileSync(path)
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  const files = new Map<string, string>()
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [checksum, packed, size] = [16, 20, 24].map((offset) => zip.readUInt32LE(at + offset))
    const [name, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset))
    const local = zip.readUInt32LE(at + 42)
    const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const bytes = inflateRawSync(zip.subarray(data, data + packed!))
    if (bytes.length !== size || crc32(bytes) !== checksum) throw new Error('the archive is damaged')
    files.set(zip.toString('utf8', at + 46, at + 46 + name!), bytes.toString())
    at += 46 + name! + extra! + comment!
  }
  return files
}

export interface CellRead {
  /** Such as B2. */
  readonly place: string
  readonly value: string | number | boolean
  /** The text that Excel shows, by the number format. */
  readonly format: string
}

const FORMATS = [
  ['0', 'General'],
  ['1', '0'],
  ['3', '#,##0'],
  ['49', '@'],
] as const
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' }

/** The cells of the first sheet, row by row, read strictly: XML and Excel's escapes. */
export function readSheet(path: string): CellRead[][] {
  return [...readSheets(path).values()][0]!
}

/** The cells of each sheet by its name. */
export function readSheets(path: string): Map<string, CellRead[][]> {
  const files = unzipped(path)
  for (const text of files.values()) checkXml(text)
  const styles = files.get('xl/styles.xml')!
  const formats = new Map<string, string>(FORMATS)
  for (const [, id, code] of styles.matchAll(/<numFmt numFmtId="(\d+)" formatCode="([^"]*)"/g)) formats.set(id!, code!)
  const used = [.../<cellXfs.*<\/cellXfs>/.exec(styles)![0].matchAll(/numFmtId="(\d+)"/g)].map(([, id]) =>
    formats.get(id!)!,
  )
  const targets = new Map(
    [...files.get('xl/_rels/workbook.xml.rels')!.matchAll(/Id="(\w+)" [^>]*Target="([^"]+)"/g)].map(
      ([, id, target]) => [id!, target!] as const,
    ),
  )
  const named = files.get('xl/workbook.xml')!.matchAll(/<sheet name="([^"]+)" [^>]*r:id="(\w+)"/g)
  return new Map(
    [...named].map(([, name, id]) => [name!, rowsOf(files.get(`xl/${targets.get(id!)!}`)!, used)] as const),
  )
}

/** The address of each cell of the first sheet that is a link, by place. */
export function linksOf(path: string): Map<string, string> {
  const files = unzipped(path)
  const targets = new Map(
    [...files.get('xl/worksheets/_rels/sheet1.xml.rels')!.matchAll(/Id="(\w+)" [^>]*Target="([^"]+)"/g)].map(
      ([, id, target]) => [id!, unescaped(target!)] as const,
    ),
  )
  const links = files.get('xl/worksheets/sheet1.xml')!.matchAll(/<hyperlink ref="(\w+)" r:id="(\w+)"\/>/g)
  return new Map([...links].map(([, place, id]) => [place!, targets.get(id!)!]))
}

function rowsOf(sheet: string, formats: readonly string[]): CellRead[][] {
  return [...sheet.matchAll(/<row r="(\d+)">(.*?)<\/row>/gs)].map(([, row, cells], index) => {
    if (Number(row) !== index + 1) throw new Error(`row ${row} stands in place of ${index + 1}`)
    return cellsOf(cells!, row!, formats)
  })
}

const CELL =
  /<c r="([A-Z]+)(\d+)"(?: s="(\d)")?(?: t="(b|inlineStr)")?>(?:<v>([^<]*)<\/v>|<is><t( xml:space="preserve")?>([^<]*)<\/t><\/is>)<\/c>/gy

function cellsOf(text: string, row: string, formats: readonly string[]): CellRead[] {
  const cells: CellRead[] = []
  let end = 0
  for (const [all, letters, number, style = '0', type, value, kept, string] of text.matchAll(CELL)) {
    if (number !== row) throw new Error(`${letters}${number} stands in row ${row}`)
    end += all.length
    const format = formats[Number(style)]!
    cells.push({ place: `${letters}${number}`, value: valueOf(type, value, string, kept !== undefined), format })
  }
  if (end !== text.length) throw new Error(`no cell: ${text.slice(end, end + 100)}`)
  return cells
}

function valueOf(type: string | undefined, value: string | undefined, string: string | undefined, kept: boolean) {
  if (string === undefined) return type === 'b' ? value === '1' : Number(value)
  const text = unescaped(string)
  if (!kept && /^[ \t\n]|[ \t\n]$/.test(text)) throw new Error(`blanks would be lost: ${text}`)
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

function unescaped(text: string): string {
  return text.replace(/&(\w+);/g, (_, name: string) => ENTITIES[name]!)
}

/** @throws Error unless XML allows every character, and every element is closed in order */
function checkXml(text: string): void {
  // eslint-disable-next-line no-control-regex -- the pattern looks for them
  const bad = /[\u0000-\u0008\u000b\u000c\r\u000e-\u001f\ufffe\uffff]|\p{Cs}|&(?!(?:amp|lt|gt|quot);)/u.exec(text)
  if (bad) throw new Error(`no XML: ${JSON.stringify(bad[0])}`)
  const open: string[] = []
  for (const [, closing, name, empty] of text.matchAll(/<(\/?)([\w:]+)(?: [\w:]+="[^"<]*")*(\/?)>/g)) {
    if (closing) {
      if (open.pop() !== name) throw new Error(`no XML: </${name}>`)
    } else if (!empty) open.push(name!)
  }
  if (open.length > 0 || /<(?![/?\w])/.test(text)) throw new Error('no XML: elements')
}
