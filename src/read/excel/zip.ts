import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { fromFdPromise, type Entry, type ZipFile } from 'yauzl'
import { messageOf, StoppedError, UsageError } from '../../core/errors.js'
import { stopAt } from '../parquetSql.js'
import { LARGEST_PART, MOST_ENTRIES, MOST_RATIO, SMALL_PART } from './limits.js'

/** The files of a zip. */
export interface Zip {
  /** Whether a file with this name is there. Case does not count. */
  has(name: string): boolean
  /** Unpacked bytes of a file, 0 if it is missing. */
  sizeOf(name: string): number
  /**
   * The unpacked bytes of a file; none if it is missing.
   * @throws UsageError if they are damaged, or many more than the packed ones; StoppedError after the signal
   */
  bytes(name: string): AsyncGenerator<Buffer>
}

/**
 * Reads the list of files of a zip.
 * @throws UsageError if it is damaged or has too many files
 */
export async function openZip(fd: number, source: string, signal?: AbortSignal): Promise<Zip> {
  try {
    const zip = await fromFdPromise(fd, { lazyEntries: true, autoClose: false })
    const entries = await entriesOf(zip, source)
    const entry = (name: string) => entries.get(name.toLowerCase())
    return {
      has: (name) => entry(name) !== undefined,
      sizeOf: (name) => entry(name)?.uncompressedSize ?? 0,
      async *bytes(name) {
        const found = entry(name)
        if (found) yield* unpacked(zip, found, source, signal)
      },
    }
  } catch (error) {
    throw damagedWorkbook(source, error)
  }
}

async function entriesOf(zip: ZipFile, source: string): Promise<Map<string, Entry>> {
  if (zip.entryCount > MOST_ENTRIES) throw tooLarge(source, `has ${zip.entryCount} files in it`)
  const entries = new Map<string, Entry>()
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName.toLowerCase()
    if (entries.has(name)) throw new Error(`it has two files ${JSON.stringify(entry.fileName)}`)
    entries.set(name, entry)
  }
  return entries
}

async function* unpacked(zip: ZipFile, entry: Entry, source: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const { fileName, compressedSize, uncompressedSize } = entry
  if (entry.isEncrypted()) throw new UsageError(`${source} is an encrypted zip; ${WITHOUT_PASSWORD}`)
  const isBomb = uncompressedSize > SMALL_PART && uncompressedSize > MOST_RATIO * compressedSize
  if (uncompressedSize > LARGEST_PART || isBomb) {
    throw tooLarge(source, `unpacks ${JSON.stringify(fileName)} to ${Math.round(uncompressedSize / 1024 ** 2)} MB`)
  }
  let stream: Readable | undefined
  try {
    stream = await zip.openReadStreamPromise(entry)
    let sum = 0
    // The stream fails if it has more or fewer bytes than the zip declares.
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      stopAt(source, signal)
      sum = crc32(chunk, sum)
      yield chunk
    }
    if (sum !== entry.crc32) throw new Error(`wrong checksum of ${JSON.stringify(fileName)}`)
  } catch (error) {
    throw damagedWorkbook(source, error)
  } finally {
    stream?.destroy()
  }
}

export const WITHOUT_PASSWORD = 'save it without a password and run again'

export function damagedWorkbook(source: string, error: unknown): Error {
  if (error instanceof UsageError || error instanceof StoppedError) return error
  const [line = ''] = messageOf(error).replace(/\.$/, '').split('\n')
  const remedy = 'open it in its own program, save it as .xlsx or "CSV UTF-8" and run again'
  return new UsageError(`${source} is a damaged workbook (${line}); ${remedy}`, { cause: error })
}

/** A workbook that needs more time, memory or disk than a table does. */
export function tooLarge(source: string, what: string): UsageError {
  return new UsageError(`${source} ${what}, more than is read from a workbook; save the table as "CSV UTF-8"`)
}
