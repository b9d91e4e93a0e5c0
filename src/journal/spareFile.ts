import { open, rm, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { makeFolder, syncFolder } from '../core/atomicFile.js'
import type { RunHeader } from '../model/call.js'
import { GroupCommit } from './groupCommit.js'
import { HEAD_BYTES, HEAD_COPIES } from './record.js'
import { writeAll, writeHead, type SegmentWriter } from './segmentWriter.js'

/** Where the ends of calls in flight are made durable once the segment takes no more. */
export interface OpenSpareFile {
  /** Absolute. */
  readonly path: string
  append(pieces: readonly Uint8Array[]): Promise<void>
  /** Never rejects: what it leaves undone costs nothing, recovery does it. */
  close(): Promise<void>
}

const HEADS = HEAD_BYTES * HEAD_COPIES
const MIB = 1 << 20

/** The bytes to reserve for so many calls in flight: 256 KiB each, in all at least 1 MiB and at most 16. */
export function reserveFor(calls: number): number {
  return Math.min(16 * MIB, Math.max(MIB, (calls * MIB) / 4))
}

/** The file beside a segment that keeps space for the answers in flight. */
export function sparePath(segment: string): string {
  return `${segment}.spare`
}

/** Space that is taken before the first call, so that a full disk does not cost the answers in flight. */
export class SpareFile implements OpenSpareFile {
  private readonly commits: GroupCommit
  private used = false

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
  ) {
    this.commits = new GroupCommit(file, HEADS, (cause) => cause as Error)
  }

  /** Writes head and zeros, durably: blocks that only a hole stands for would not be there when they are needed. */
  static async create(segment: string, header: RunHeader, bytes: number): Promise<SpareFile> {
    const path = sparePath(segment)
    await makeFolder(dirname(path))
    const file = await open(path, 'wx+')
    try {
      await writeHead(file, header)
      await writeAll(file, Buffer.alloc(bytes), HEADS)
      await file.sync()
      return new SpareFile(path, file)
    } catch (error) {
      await file.close()
      await rm(path, { force: true })
      throw error
    }
  }

  append(pieces: readonly Uint8Array[]): Promise<void> {
    this.used = true
    return this.commits.append(pieces)
  }

  /** Gives back the space that was not needed: the tail, or the whole file. */
  async close(): Promise<void> {
    await this.commits.settled()
    try {
      if (this.used) {
        await this.file.truncate(this.commits.end)
        await this.file.sync()
      } else {
        await rm(this.path, { force: true })
      }
    } catch {
      // Zeros behind the last record, and a spare without any, mean nothing.
    } finally {
      await this.file.close().catch(() => undefined)
    }
  }
}

/**
 * Copies a segment that was deleted or moved, as long as it is open, to its path, where the next run finds it; else to the
 * system's folder for temporary files. What follows is appended there.
 * @param bytes what of it is durable
 * @throws Error if neither takes it
 */
export async function rescueSegment(segment: SegmentWriter, bytes: number): Promise<OpenSpareFile> {
  let failure: unknown
  for (const path of [segment.path, join(tmpdir(), basename(segment.path))]) {
    try {
      return await copyOf(segment, path, bytes)
    } catch (error) {
      failure ??= error
    }
  }
  throw failure
}

async function copyOf(segment: SegmentWriter, path: string, bytes: number): Promise<OpenSpareFile> {
  await makeFolder(dirname(path))
  const file = await open(path, 'wx+', 0o600)
  try {
    await segment.copyTo(file, bytes)
    await file.sync()
    await syncFolder(dirname(path))
    const commits = new GroupCommit(file, bytes, (cause) => cause as Error)
    return {
      path,
      append: (pieces) => commits.append(pieces),
      close: () => commits.settled().then(() => file.close().catch(() => undefined)),
    }
  } catch (error) {
    await file.close()
    await rm(path, { force: true })
    throw error
  }
}
