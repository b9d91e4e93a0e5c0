import { read } from 'node:fs'
import { promisify } from 'node:util'
import { UsageError } from '../../core/errors.js'
import { WITHOUT_PASSWORD } from './zip.js'

const MAGIC = Buffer.from([0xd0, 0xcf, 0x11, 0xe0])
const HEADER = 512
/** Sectors of the directory that are searched. It lists an encrypted workbook's few streams first. */
const DIRECTORY = 64 * 1024

/**
 * Refuses the container that Excel 97 and WPS (.xls, .et) and encrypted workbooks have in common.
 * @throws UsageError with the remedy
 */
export async function refuseOle(fd: number, source: string): Promise<void> {
  const header = await bytesAt(fd, 0, HEADER)
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) return
  const isWhole = header.length === HEADER
  const sector = isWhole ? 2 ** Math.min(header.readUInt16LE(30), 16) : HEADER
  const directory = isWhole ? await bytesAt(fd, (header.readUInt32LE(48) + 1) * sector, DIRECTORY) : header
  if (directory.includes(Buffer.from('EncryptedPackage', 'utf16le'))) {
    throw new UsageError(`${source} is an encrypted workbook; ${WITHOUT_PASSWORD}`)
  }
  throw new UsageError(`${source} is an old Excel or WPS workbook (.xls, .et); save it as .xlsx and run again`)
}

async function bytesAt(fd: number, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await promisify(read)(fd, Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}
