import { randomUUID } from 'node:crypto'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LocalError, messageOf, UsageError } from '../core/errors.js'
import { CHUNK, LARGEST_PIPE } from './limits.js'

/** The bytes of a pipe, on disk. */
export interface Spooled {
  /** The first four bytes; fewer if the pipe gave fewer. */
  readonly head: Buffer
  /** The file, which has no name. */
  readonly fd: number
  bytes(): AsyncIterable<Buffer>
  close(): Promise<void>
}

/**
 * Writes a pipe to a temporary file, so that it can be read more than once in constant memory. The file loses its name
 * before anything is written, so it is gone however the process ends.
 * @param tooLarge the error if there is more than 1 GiB
 * @throws LocalError if the disk has no room; UsageError if the pipe begins with nothing but zeros, or does not end
 */
export async function spool(
  chunks: AsyncIterable<Buffer>,
  source: string,
  tooLarge = `${source} gives more than 1 GiB; save it as a file, and give that`,
): Promise<Spooled> {
  const file = await openUnlinked(source)
  try {
    let size = 0
    for await (const chunk of chunks) {
      if (size === 0) refuseZeros(chunk, source)
      size += chunk.length
      if (size > LARGEST_PIPE) throw new UsageError(tooLarge)
      await writeWhole(file, chunk, source)
    }
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    return {
      head: buffer.subarray(0, bytesRead),
      fd: file.fd,
      bytes: () => fromStart(file),
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Devices such as /dev/zero give zeros without an end. */
function refuseZeros(chunk: Buffer, source: string): void {
  if (chunk.length < 4 || chunk.some((byte) => byte !== 0)) return
  throw new UsageError(`${source} begins with NUL characters, so this is not a text file; give a file of text`)
}

async function openUnlinked(source: string): Promise<FileHandle> {
  const path = join(tmpdir(), `creator-enrich-${randomUUID()}`)
  try {
    const file = await open(path, 'wx+', 0o600)
    await rm(path)
    return file
  } catch (error) {
    throw noRoom(source, error)
  }
}

async function writeWhole(file: FileHandle, chunk: Buffer, source: string): Promise<void> {
  try {
    await file.writeFile(chunk)
  } catch (error) {
    throw noRoom(source, error)
  }
}

/** Reads by position, so that two readers of one file do not move each other's place. */
async function* fromStart(file: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, position)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    position += bytesRead
  }
}

function noRoom(source: string, error: unknown): LocalError {
  const what = `${source} cannot be kept in ${tmpdir()} (${messageOf(error)})`
  return new LocalError(`${what}; make room there, or set TMPDIR to another folder`, { cause: error })
}
