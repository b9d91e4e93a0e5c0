import { posix } from 'node:path'
import { UsageError } from '../../core/errors.js'
import { localName, parseXml } from './xml.js'
import type { Zip } from './zip.js'

/** A sheet with cells. */
export interface WorksheetPart {
  readonly name: string
  readonly hidden: boolean
  /** Its file in the zip. */
  readonly part: string
}

/** Where a workbook keeps what. */
export interface WorkbookParts {
  /** In the order of the tabs; without sheets that are only a chart. */
  readonly sheets: readonly WorksheetPart[]
  readonly sharedStrings: string
  readonly styles: string
  /** Whether days are counted from 1904. */
  readonly date1904: boolean
}

interface Relation {
  readonly target: string
  readonly kind: string
}

/** Other files in a zip, by a file that only they have. */
const OTHERS: readonly [name: string, what: string][] = [
  ['xl/workbook.bin', 'is a binary workbook (.xlsb)'],
  ['Index/Document.iwa', 'is a Numbers document'],
  ['Index.zip', 'is a Numbers document'],
  ['content.xml', 'is an OpenDocument file (.ods)'],
  ['word/document.xml', 'is a Word document'],
  ['ppt/presentation.xml', 'is a PowerPoint document'],
]

/**
 * Finds the sheets of a workbook and the parts that they share.
 * @throws UsageError if the zip is not an Excel workbook, or has no sheets with cells
 */
export async function workbookParts(zip: Zip, source: string): Promise<WorkbookParts> {
  const other = OTHERS.find(([name]) => zip.has(name))
  if (other) throw new UsageError(`${source} ${other[1]}; save it as .xlsx or "CSV UTF-8" and run again`)
  const main = [...(await relationsOf(zip, '', source)).values()].find(({ kind }) => kind === 'officeDocument')
  const book = main?.target ?? 'xl/workbook.xml'
  if (!zip.has(book)) throw new UsageError(`${source} is a zip file, but not an Excel workbook; unpack it first`)
  const relations = await relationsOf(zip, book, source)
  const sheets: WorksheetPart[] = []
  let date1904 = false
  await parseXml(zip.bytes(book), source, {
    open(name, attributes) {
      if (name === 'workbookPr') date1904 = /^(?:1|true|on)$/.test(attributes['date1904'] ?? '')
      if (name !== 'sheet') return
      const id = Object.entries(attributes).find(([key]) => key.includes(':') && localName(key) === 'id')?.[1] ?? ''
      const { target, kind } = relations.get(id) ?? { target: '', kind: '' }
      const hidden = /hidden/i.test(attributes['state'] ?? '')
      if (kind === 'worksheet') sheets.push({ name: attributes['name'] ?? '', hidden, part: target })
    },
  })
  if (sheets.length === 0) throw new UsageError(`${source} has no sheet with cells; give a workbook with a table`)
  const missing = sheets.find(({ part }) => !zip.has(part))
  if (missing) throw new UsageError(`${source} lacks the cells of sheet ${JSON.stringify(missing.name)}; save it again`)
  const partOf = (wanted: string) => [...relations.values()].find(({ kind }) => kind === wanted)?.target ?? ''
  return { sheets, sharedStrings: partOf('sharedStrings'), styles: partOf('styles'), date1904 }
}

/** The parts that a part names, by their id. */
export async function relationsOf(zip: Zip, part: string, source: string): Promise<Map<string, Relation>> {
  const folder = part === '' ? '' : posix.dirname(part)
  const found = new Map<string, Relation>()
  await parseXml(zip.bytes(posix.join(folder, '_rels', `${posix.basename(part)}.rels`)), source, {
    open(name, { Id: id = '', Target: target = '', Type: type = '', TargetMode: mode = '' }) {
      if (name !== 'Relationship') return
      const inZip = target.startsWith('/') ? target.slice(1) : posix.join(folder, target)
      const path = mode === 'External' ? target : inZip
      found.set(id, { target: path, kind: type.slice(type.lastIndexOf('/') + 1) })
    },
  })
  return found
}
