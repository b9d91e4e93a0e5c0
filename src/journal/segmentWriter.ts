import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder, syncFolder, identityOf } from '../core/atomicFile.js'
import type { RunHeader } from '../model/call.js'
import type { AppendFile } from './groupCommit.js'
import { encodeRun } from './record.js'

/** What lies under the path of a segment is not the file that is being written: it was deleted or moved. */
export class JournalMissingError extends Error {
  override readonly name = 'GoneError'

  /** @param remedy what people should do, before they run the same command again */
  constructor(
    message: string,
    readonly remedy = 'Put back what is missing',
  ) {
    super(message)
  }
}

/** A segment open for writing, which notices when its name is taken away from it. */
export class SegmentWriter implements AppendFile {
  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    private readonly identity: string,
  ) {}

  /**
   * Creates a segment whose head is durable, and its name with it, before this resolves.
   * @throws the file system's error, or one that says that the file is there already; nothing is left behind
   */
  static async create(path: string, header: RunHeader): Promise<SegmentWriter> {
    const folder = dirname(path)
    await makeFolder(folder)
    if ((await identityOf(path)) !== undefined) throw new Error('a journal of this name exists already')
    const part = `${path}.part`
    const file = await open(part, 'w+')
    try {
      await writeHead(file, header)
      await file.sync()
      await rename(part, path)
      await syncFolder(folder)
      return new SegmentWriter(path, file, (await identityOf(path)) ?? '')
    } catch (error) {
      await file.close()
      await rm(part, { force: true })
      throw error
    }
  }

  writev(buffers: readonly Uint8Array[], position: number): Promise<{ bytesWritten: number }> {
    return this.file.writev(buffers, position)
  }

  /** Syncs, and looks whether the file still has its name: what is in one without is lost when it is closed. */
  async datasync(): Promise<void> {
    const [synced, named] = await Promise.allSettled([this.file.datasync(), this.look()])
    if (named.status === 'rejected') throw named.reason
    if (synced.status === 'rejected') throw synced.reason
  }

  /** @throws GoneError if the path does not lead to this file any more */
  async look(): Promise<void> {
    if ((await identityOf(this.path)) !== this.identity) throw new JournalMissingError('it is not there any more')
  }

  /** Copies the first bytes of the file, whether it still has a name or not. */
  async copyTo(target: FileHandle, bytes: number): Promise<void> {
    const chunk = Buffer.alloc(1 << 20)
    for (let at = 0; at < bytes;) {
      const { bytesRead } = await this.file.read(chunk, 0, Math.min(chunk.length, bytes - at), at)
      if (bytesRead === 0) throw new Error('it is shorter than it was')
      await writeAll(target, chunk.subarray(0, bytesRead), at)
      at += bytesRead
    }
  }

  /** Never rejects: what it leaves, recovery cuts off. */
  async truncate(bytes: number): Promise<void> {
    await this.file
      .truncate(bytes)
      .then(() => this.file.sync())
      .catch(() => undefined)
  }

  close(): Promise<void> {
    return this.file.close()
  }
}

/** Writes the head of a segment at its start. */
export function writeHead(file: FileHandle, header: RunHeader): Promise<void> {
  return writeAll(file, Buffer.concat(encodeRun(header)), 0)
}

/** Writes all of these bytes, however many a single write takes. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at)
    if (bytesWritten === 0) throw new Error('the disk is full')
    at += bytesWritten
  }
}
