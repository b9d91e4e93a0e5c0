import { rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder, syncFolder, identityOf } from '../core/atomicFile.js'
import { createTemporary } from '../core/temporaryFile.js'
import type { RunHeader } from '../model/call.js'
import type { AppendFile } from './groupCommit.js'
import { encodeRun } from './record.js'

/** The path of a segment does not lead to the file that is being written: the file was deleted or moved. */
export class JournalMissingError extends Error {
  override readonly name = 'JournalMissingError'

  /** @param remedy what people should do before they run the same command again; a part of a sentence */
  constructor(
    message: string,
    readonly remedy = 'put back what is missing',
  ) {
    super(message)
  }
}

/** A segment that is open for writing. It notices when its path no longer leads to it. */
export class SegmentWriter implements AppendFile {
  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    private readonly identity: string,
  ) {}

  /**
   * Creates a segment. Its head and its name are durable before this resolves.
   * @throws the file system's error, or an Error if the file exists already; no part of the file is left behind
   */
  static async create(path: string, header: RunHeader): Promise<SegmentWriter> {
    const folder = dirname(path)
    await makeFolder(folder)
    if (identityOf(path) !== undefined) throw new Error('a journal of this name exists already')
    const { path: part, file } = await createTemporary(path)
    try {
      await writeHead(file, header)
      await file.sync()
      await rename(part, path)
      await syncFolder(folder)
      return new SegmentWriter(path, file, identityOf(path) ?? '')
    } catch (error) {
      await file.close()
      await rm(part, { force: true })
      throw error
    }
  }

  writev(buffers: readonly Uint8Array[], position: number): Promise<{ bytesWritten: number }> {
    return this.file.writev(buffers, position)
  }

  /** Syncs, and checks that the file still has its name: a file without a name is lost when it is closed. */
  async datasync(): Promise<void> {
    try {
      await this.file.datasync()
    } finally {
      this.checkName()
    }
  }

  /** @throws JournalMissingError if the path no longer leads to this file */
  checkName(): void {
    if (identityOf(this.path) !== this.identity) throw new JournalMissingError('the file is gone')
  }

  /** Copies the first bytes of the file, even if the file has lost its name. */
  async copyTo(target: FileHandle, bytes: number): Promise<void> {
    const chunk = Buffer.alloc(1 << 20)
    for (let at = 0; at < bytes;) {
      const { bytesRead } = await this.file.read(chunk, 0, Math.min(chunk.length, bytes - at), at)
      if (bytesRead === 0) throw new Error('the file has become shorter')
      await writeAll(target, chunk.subarray(0, bytesRead), at)
      at += bytesRead
    }
  }

  /** Never rejects: recovery cuts off what is left. */
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

/** Writes all of these bytes, in as many writes as it takes. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at)
    if (bytesWritten === 0) throw new Error('the disk is full')
    at += bytesWritten
  }
}
