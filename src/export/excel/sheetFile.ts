import { createWriteStream } from 'node:fs'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { count } from '../../core/text.js'
import { exportFile, type ExportedFile } from '../exportedFile.js'
import { partsOf, SHEET_PATH, sheetFoot, sheetHead, type Sheet } from './workbook.js'

export interface SheetContent extends Sheet {
  /** Finished rows (`sheetRow`), numbered from 2, in batches of any size. */
  readonly rows: AsyncIterable<readonly Uint8Array[]>
}

/** Excel cannot hold the rows; no file was written. The message says which limit they exceed. */
export class SheetTooLarge extends Error {
  override readonly name = 'SheetTooLarge'
}

/** Excel's limits for a sheet; the rows without the header. */
const MOST_ROWS = 1_048_575
const MOST_COLUMNS = 16_384
/** A larger file in a zip needs an extension that Excel does not read reliably. */
const MOST_BYTES = 0xffff_ffff
const PIECE = 1 << 20

/** A fixed date, so that the same content gives the same bytes on any day. */
const FIXED_DATE = { mtime: new Date(1980, 0, 1), forceDosTimestamp: true }

/**
 * Writes a workbook of one sheet in place of an older one, in little memory.
 * @throws SheetTooLarge
 */
export async function exportSheet(path: string, content: SheetContent): Promise<ExportedFile> {
  if (content.count > MOST_ROWS)
    throw new SheetTooLarge(`${count(content.count)} rows, and a sheet holds ${count(MOST_ROWS)}`)
  if (content.columns.length > MOST_COLUMNS)
    throw new SheetTooLarge(`${count(content.columns.length)} columns, and a sheet holds ${count(MOST_COLUMNS)}`)
  return exportFile(path, async (temporary) => {
    const zip = new ZipFile()
    for (const [name, text] of partsOf(content)) zip.addBuffer(Buffer.from(text), name, FIXED_DATE)
    const sheet = new PassThrough()
    zip.addReadStream(sheet, SHEET_PATH, FIXED_DATE)
    zip.end()
    const failed = new AbortController()
    const flows = [
      pipeline(piecesOf(content), sheet, failed),
      pipeline(zip.outputStream, createWriteStream(temporary), failed),
    ]
    try {
      await Promise.all(flows)
    } catch (error) {
      // An error in one flow must end the other.
      failed.abort()
      await Promise.allSettled(flows)
      throw error
    }
    return content.count
  })
}

/** The sheet's text in pieces of about a megabyte. */
async function* piecesOf(content: SheetContent): AsyncGenerator<Buffer> {
  let bytes = 0
  let waiting: Uint8Array[] = [Buffer.from(sheetHead(content))]
  let size = 0
  const taken = (): Buffer => {
    const piece = Buffer.concat(waiting)
    bytes += piece.length
    if (bytes > MOST_BYTES) throw new SheetTooLarge('more than 4 GB of cells, and Excel reads 4 GB')
    waiting = []
    size = 0
    return piece
  }
  for await (const rows of content.rows) {
    for (const row of rows) {
      waiting.push(row)
      size += row.length
      if (size > PIECE) yield taken()
    }
  }
  waiting.push(Buffer.from(sheetFoot(content)))
  yield taken()
}
