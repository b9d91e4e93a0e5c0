import { mkdir, open, rename } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { crc32 } from 'node:zlib'
import { syncFolder } from '../atomicFile.js'
import type { Call, Intent, RunHeader } from '../call.js'
import { LocalError, messageOf } from '../errors.js'
import { decodeEntry, decodeHeader, HEAD_BYTES, HEAD_COPIES, HEADER_BYTES, markOf, VERSION } from './record.js'
import { scan } from './scan.js'

const BATCH_CALLS = 512
/** A batch ends earlier when its bodies reach this size. */
const BATCH_BYTES = 8 << 20

/** The calls of one run, as its journal has them. */
export interface Segment {
  /** Absolute. */
  readonly path: string
  readonly header: RunHeader
  /**
   * Every call of the segment, in batches of at most 512: in the order in which they ended, then as `unknown` those
   * whose end is not there. Records that cannot be read are left out; `recoverJournal` names them.
   */
  calls(): AsyncIterable<Call[]>
  /** Moves the file to `loaded/`, once what it holds is safe elsewhere. A second time it does nothing. */
  markLoaded(): Promise<void>
}

/**
 * Opens a segment whose journal is closed.
 * @throws LocalError if it cannot be read, has no readable head, or comes from a newer version
 */
export async function openSegment(path: string): Promise<Segment> {
  const absolute = resolve(path)
  const header = await readHead(absolute)
  if (!header) throw new LocalError(`damaged: ${absolute} has no readable head; keep the file and report it`)
  return new FileSegment(absolute, header)
}

/** The run that a segment belongs to, from the first readable copy of its head; undefined if there is none. */
export async function readHead(path: string): Promise<RunHeader | undefined> {
  const bytes = await readStart(path, HEAD_BYTES * HEAD_COPIES)
  for (let at = 0; at + HEAD_BYTES <= bytes.length; at += HEAD_BYTES) {
    const record = decodeHeader(bytes, at)
    if (!record) continue
    if (record.version > VERSION) {
      throw new LocalError(
        `${path} was written by a newer version (journal format ${record.version}, this one reads ${VERSION}); run that version`,
      )
    }
    const payload = bytes.subarray(at + HEADER_BYTES, at + HEAD_BYTES)
    if (record.metaBytes !== payload.length || record.bodyBytes !== 0 || crc32(payload) !== record.payloadCrc) continue
    const entry = decodeEntry(record.kind, payload, Buffer.alloc(0))
    if (entry?.kind === 'run' && markOf(entry.header.runId) === record.mark) return entry.header
  }
  return undefined
}

async function readStart(path: string, length: number): Promise<Buffer> {
  try {
    const file = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw new LocalError(`cannot read the journal ${path}: ${messageOf(cause)}; make it readable and run again`, {
      cause,
    })
  }
}

export class FileSegment implements Segment {
  constructor(
    readonly path: string,
    readonly header: RunHeader,
  ) {}

  async *calls(): AsyncGenerator<Call[]> {
    const open = new Map<number, Intent>()
    let batch: Call[] = []
    let bytes = 0
    for await (const entries of scan(this.path, markOf(this.header.runId))) {
      for (const entry of entries) {
        if (entry.kind === 'intent') {
          const { seq, id, attempt, sentAt } = entry
          open.set(seq, { seq, id, attempt, sentAt })
        } else if (entry.kind === 'answer' || entry.kind === 'no_answer') {
          open.delete(entry.seq)
          batch.push(entry)
          bytes += (entry.kind === 'answer' ? entry.body : entry.part)?.length ?? 0
          if (batch.length === BATCH_CALLS || bytes >= BATCH_BYTES) {
            yield batch
            batch = []
            bytes = 0
          }
        }
      }
    }
    for (const intent of open.values()) {
      batch.push({ kind: 'unknown', ...intent })
      if (batch.length === BATCH_CALLS) {
        yield batch
        batch = []
      }
    }
    if (batch.length > 0) yield batch
  }

  async markLoaded(): Promise<void> {
    const folder = dirname(this.path)
    const loaded = join(folder, 'loaded')
    try {
      if (await mkdir(loaded, { recursive: true })) await syncFolder(folder)
      for (const path of [`${this.path}.torn`, this.path]) await moveIfThere(path, join(loaded, basename(path)))
      await syncFolder(loaded)
      await syncFolder(folder)
    } catch (cause) {
      throw new LocalError(
        `cannot move the journal ${this.path} to ${loaded}: ${messageOf(cause)}; make the folder writable and run again`,
        { cause },
      )
    }
  }
}

async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
