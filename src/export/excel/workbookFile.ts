import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { count } from '../../core/text.js'
import { exportFile, type ExportedFile } from '../exportedFile.js'
import { linkAddresses, linksPath, partsOf, sheetFoot, sheetHead, sheetPath, type Sheet } from './workbook.js'

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
 * Writes a workbook in place of an older one, in little memory.
 * @returns the file, with the rows of the first sheet
 * @throws SheetTooLarge
 */
export async function exportWorkbook(path: string, sheets: readonly SheetContent[]): Promise<ExportedFile> {
  for (const sheet of sheets) checkSize(sheet)
  return exportFile(path, async (temporary) => {
    const zip = new ZipFile()
    for (const [name, text] of partsOf(sheets)) zip.addBuffer(Buffer.from(text), name, FIXED_DATE)
    const failed = new AbortController()
    let failure: Error | undefined
    // A stream is not read before its turn, so only one query runs at a time.
    const sources: Readable[] = []
    const add = (pieces: AsyncIterable<Buffer>, name: string): void => {
      const source = Readable.from(pieces)
      source.on('error', (error) => {
        failure ??= error
        failed.abort()
      })
      sources.push(source)
      zip.addReadStream(source, name, FIXED_DATE)
    }
    sheets.forEach((sheet, at) => {
      add(piecesOf(sheet, at), sheetPath(at))
      if (sheet.links) add(addressesOf(sheet), linksPath(at))
    })
    zip.end()
    try {
      await pipeline(zip.outputStream, createWriteStream(temporary), failed)
    } catch (error) {
      throw failure ?? error
    } finally {
      await Promise.all(sources.map(ended))
    }
    return sheets[0]!.count
  })
}

/** Read after the rows, when the links are known. */
async function* addressesOf(sheet: Sheet): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from(linkAddresses(sheet)))
}

/** Stops a stream, and waits until its query has ended too. */
async function ended(source: Readable): Promise<void> {
  if (source.closed) return
  const closed = new Promise((resolve) => source.once('close', resolve))
  source.destroy()
  await closed
}

function checkSize({ count: rows, columns }: Sheet): void {
  if (rows > MOST_ROWS) throw new SheetTooLarge(`${count(rows)} rows, and a sheet holds ${count(MOST_ROWS)}`)
  if (columns.length > MOST_COLUMNS)
    throw new SheetTooLarge(`${count(columns.length)} columns, and a sheet holds ${count(MOST_COLUMNS)}`)
}

/** The sheet's text in pieces of about a megabyte. */
async function* piecesOf(content: SheetContent, at: number): AsyncGenerator<Buffer> {
  let bytes = 0
  let waiting: Uint8Array[] = [Buffer.from(sheetHead(content, at))]
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
