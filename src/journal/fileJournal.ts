import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { makeFolder, syncFolder } from '../atomicFile.js'
import type { CallEnd, Intent, RunHeader } from '../call.js'
import { LocalError, messageOf } from '../errors.js'
import { GroupCommit } from './groupCommit.js'
import { encodeEnd, encodeIntent, encodeRun, HEAD_BYTES, HEAD_COPIES, markOf } from './record.js'

/**
 * Where paid answers become durable before anything else is done with them. Both promises resolve when the record has
 * been synced to the disk. After the first failure every call rejects with the same `LocalError`.
 */
export interface Journal {
  /** The segment file, absolute. */
  readonly path: string
  intent(intent: Intent): Promise<void>
  end(end: CallEnd): Promise<void>
  /** Waits for what is under way and closes the file. Rejects only if the file cannot be closed. */
  close(): Promise<void>
}

/**
 * Starts the segment of one run, `<folder>/<runId>.journal`. Its head is durable, and the file's name with it, before
 * this resolves: a segment under its final name always has a head.
 * @throws LocalError if the file cannot be written, or is there already
 */
export async function openJournal(folder: string, header: RunHeader): Promise<Journal> {
  const path = join(resolve(folder), `${header.runId}.journal`)
  try {
    const file = await createSegment(path, header)
    return new FileJournal(path, markOf(header.runId), file)
  } catch (cause) {
    throw new LocalError(
      `cannot start the journal ${path}: ${messageOf(cause)}; nothing was sent. Make this folder writable and run the same command again`,
      { cause },
    )
  }
}

async function createSegment(path: string, header: RunHeader): Promise<FileHandle> {
  const folder = dirname(path)
  await makeFolder(folder)
  if (await exists(path)) throw new Error('a journal of this name exists already')
  const part = `${path}.part`
  const file = await open(part, 'w')
  try {
    const pieces = encodeRun(header)
    const { bytesWritten } = await file.writev(pieces, 0)
    if (bytesWritten !== HEAD_BYTES * HEAD_COPIES) throw new Error('the disk is full')
    await file.sync()
    await rename(part, path)
    await syncFolder(folder)
    return file
  } catch (error) {
    await file.close()
    await rm(part, { force: true })
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

class FileJournal implements Journal {
  private readonly commits: GroupCommit
  private answers = 0
  private closed: Promise<void> | undefined

  constructor(
    readonly path: string,
    private readonly mark: number,
    private readonly file: FileHandle,
  ) {
    this.commits = new GroupCommit(file, HEAD_BYTES * HEAD_COPIES, (cause) => this.explain(cause))
  }

  intent(intent: Intent): Promise<void> {
    return this.append(encodeIntent(this.mark, intent))
  }

  async end(end: CallEnd): Promise<void> {
    await this.append(encodeEnd(this.mark, end))
    if (end.kind === 'answer') this.answers += 1
  }

  close(): Promise<void> {
    this.closed ??= this.commits.settled().then(() => this.file.close())
    return this.closed
  }

  private append(pieces: readonly Uint8Array[]): Promise<void> {
    if (this.closed) return Promise.reject(new Error(`the journal ${this.path} is closed`))
    return this.commits.append(pieces)
  }

  private explain(cause: unknown): LocalError {
    const full = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(String((cause as NodeJS.ErrnoException | null)?.code))
    const what = full ? 'disk full' : 'cannot write the journal'
    const remedy = full ? 'Free some space' : 'Check this disk'
    return new LocalError(
      `${what}: ${this.path}: ${messageOf(cause)}; sending stopped, ${this.answers} answers of this run are safe. ${remedy} and run the same command again`,
      { cause },
    )
  }
}
