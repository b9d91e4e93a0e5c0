import { open, rm, type FileHandle, readFile, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pathExists } from '../core/absent.js'
import { makeFolder, syncFolder } from '../core/atomicFile.js'
import { fileMode } from '../core/fileModes.js'
import type { RunHeader, CallEnd } from '../model/call.js'
import { GroupCommit } from './groupCommit.js'
import { HEAD_BYTES, HEAD_COPIES, encodeEnd, journalMark } from './record.js'
import { scan, type Found, type Gap } from './scan.js'
import { readHead, tornPath } from './segmentReader.js'
import { writeAll, writeHead, SegmentWriter } from './segmentWriter.js'

/** The file that takes the ends of the calls in flight after a write to the segment has failed. */
export interface FallbackFile {
  /** Absolute. */
  readonly path: string
  append(pieces: readonly Uint8Array[]): Promise<void>
  /** Never rejects: recovery does what it leaves undone. */
  close(): Promise<void>
}

const HEADS = HEAD_BYTES * HEAD_COPIES

/**
 * A file that reserves disk space for the answers in flight. It is filled with zeros before the first call, and used only
 * after a write to the segment has failed, for example because the disk is full. The answers in flight are paid: they are
 * then written over the zeros, and the next run moves them into the segment (`recoverSpare`).
 */
export class SpareFile implements FallbackFile {
  private readonly commits: GroupCommit
  private used = false

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
  ) {
    this.commits = new GroupCommit(file, HEADS, (cause) => cause as Error)
  }

  /** Writes head and zeros, durably. A sparse file would not do: its holes hold no blocks on the disk. */
  static async create(segment: string, header: RunHeader, bytes: number): Promise<SpareFile> {
    const path = sparePath(segment)
    await makeFolder(dirname(path))
    const file = await open(path, 'wx+', fileMode('private'))
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

  /** Frees the space that was not used: the tail, or the whole file. */
  async close(): Promise<void> {
    await this.commits.idle()
    try {
      if (this.used) {
        await this.file.truncate(this.commits.end)
        await this.file.sync()
      } else {
        await rm(this.path, { force: true })
      }
    } catch {
      // Recovery ignores zeros behind the last record, and removes a spare without records.
    } finally {
      await this.file.close().catch(() => undefined)
    }
  }
}

const MIB = 1 << 20

/** The bytes to reserve for this many calls in flight: 256 KiB each, in all between 1 MiB and 16 MiB. */
export function reserveFor(calls: number): number {
  return Math.min(16 * MIB, Math.max(MIB, (calls * MIB) / 4))
}

/** The path of the spare file, beside its segment. */
function sparePath(segment: string): string {
  return `${segment}.spare`
}

/** Bytes of a spare file that hold no readable record, and where they are kept now. */
export interface SpareDamage extends Gap {
  readonly path: string
  readonly keptAt: string
}

/**
 * Appends to a segment, durably, the ends in its spare file. Then removes the spare file, since the segment has all ends.
 * A killed run leaves a spare file without ends, which is only removed. May be killed and started again at any point.
 * @param path the segment, after its torn tail was cut off
 */
export async function recoverSpare(path: string, mark: number): Promise<SpareDamage[]> {
  const spare = sparePath(path)
  if (!pathExists(spare)) return []
  const { ends, damage } = await readSpare(spare, mark)
  if (ends.size > 0) await append(path, mark, ends)
  await (damage.length > 0 ? rename(spare, damage[0]!.keptAt) : rm(spare))
  await syncFolder(dirname(path))
  return damage
}

/** A spare file without its segment: creates the segment again, or removes the spare file if it holds no end. */
export async function recoverOrphanSpare(path: string): Promise<void> {
  const spare = sparePath(path)
  const header = await readHead(spare)
  if (header && (await readSpare(spare, journalMark(header.runId))).ends.size > 0) {
    await (await SegmentWriter.create(path, header)).close()
  } else {
    await rm(spare)
  }
}

interface SpareContent {
  readonly ends: Map<number, CallEnd>
  readonly damage: SpareDamage[]
}

async function readSpare(spare: string, mark: number): Promise<SpareContent> {
  const ends = new Map<number, CallEnd>()
  const damage: SpareDamage[] = []
  for await (const entries of scan(spare, mark)) {
    for (const entry of entries) {
      const end = endIn(entry)
      if (end) ends.set(end.seq, end)
      if (entry.kind === 'gap' && entry.offset >= HEADS && !(await isZero(spare, entry)))
        damage.push({ ...entry, path: spare, keptAt: await tornPath(spare) })
    }
  }
  return { ends, damage }
}

/** Appends the ends that the segment lacks. It has some from before the sync failed, or from a recovery that was killed. */
async function append(path: string, mark: number, ends: Map<number, CallEnd>): Promise<void> {
  for await (const entries of scan(path, mark)) {
    for (const entry of entries) ends.delete(endIn(entry)?.seq ?? 0)
  }
  const segment = await open(path, 'a')
  try {
    for (const end of ends.values()) for (const piece of encodeEnd(mark, end)) await segment.appendFile(piece)
    await segment.sync()
  } finally {
    await segment.close()
  }
}

function endIn(found: Found | Gap): CallEnd | undefined {
  if (found.kind === 'gap') return undefined
  const { entry } = found
  return entry.kind === 'answer' || entry.kind === 'no_answer' ? entry : undefined
}

/** Whether these bytes are reserved space that was not used. */
async function isZero(path: string, { offset, length }: Gap): Promise<boolean> {
  const bytes = await readFile(path)
  return bytes.subarray(offset, offset + length).every((byte) => byte === 0)
}

/**
 * Copies a segment that was deleted or moved while it was open. The copy goes to the path of the segment, where the next
 * run finds it, or else to the system's folder for temporary files. Later ends are appended to the copy.
 * @param bytes how many bytes of the segment are durable
 * @throws Error if neither place can be written
 */
export async function rescueSegment(segment: SegmentWriter, bytes: number): Promise<FallbackFile> {
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

async function copyOf(segment: SegmentWriter, path: string, bytes: number): Promise<FallbackFile> {
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
      close: () => commits.idle().then(() => file.close().catch(() => undefined)),
    }
  } catch (error) {
    await file.close()
    await rm(path, { force: true })
    throw error
  }
}
