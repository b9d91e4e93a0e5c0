import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { crc32 } from 'node:zlib'
import { makeFolder, syncFolder } from '../core/atomicFile.js'
import { LocalError, messageOf } from '../core/errors.js'
import { remedyFor } from '../core/remedyFor.js'
import type { Call, RunHeader } from '../model/call.js'
import {
  decodeEntry,
  decodeHeader,
  HEAD_BYTES,
  HEAD_COPIES,
  HEADER_BYTES,
  journalMark,
  VERSION,
  type JournalEntry,
} from './record.js'
import { scan, type Gap } from './scan.js'

const BATCH_CALLS = 512
/** A batch ends earlier when its bodies reach this size. */
const BATCH_BYTES = 8 << 20

const LOADED = 'loaded'

/** The folder for the unreadable parts of a segment: `damaged/` in the journal's folder. */
function damagedFolder(segment: string): string {
  const folder = dirname(segment)
  return join(basename(folder) === LOADED ? dirname(folder) : folder, 'damaged')
}

/** The path for the torn tail of a journal file. Creates its folder. */
export async function tornPath(path: string): Promise<string> {
  const folder = damagedFolder(path)
  await makeFolder(folder)
  return join(folder, `${basename(path)}.torn`)
}

/** The calls of one run in the journal. */
export interface Segment {
  /** Absolute. */
  readonly path: string
  readonly header: RunHeader
  /**
   * Every call of the segment, in batches of at most 512: first the ended calls in the order of their ends, then as
   * `unknown` the calls without an end. Records that cannot be read are left out.
   * @param onGap receives the bytes that cannot be read
   */
  calls(onGap?: (gap: Gap) => void): AsyncIterable<Call[]>
  /** Moves the file to `loaded/`, after its calls were stored elsewhere. Safe to call twice. */
  markLoaded(): Promise<void>
  /** Removes the file. A damaged one is moved to the journal's `damaged/`, so that people can examine it. */
  retire(damaged: boolean): Promise<void>
}

/**
 * Opens a segment whose journal is closed.
 * @throws LocalError if the segment cannot be read, has no readable head, or is of a newer version
 */
export async function openSegment(path: string): Promise<Segment> {
  const absolute = resolve(path)
  const header = await readHead(absolute)
  if (!header) throw new LocalError(`damaged: ${absolute} has no readable head; keep the file and report it`)
  return new FileSegment(absolute, header)
}

/** The run of a segment, from the first readable copy of its head; undefined if no copy is readable. */
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
    if (entry?.kind === 'run' && journalMark(entry.header.runId) === record.mark) return entry.header
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
    throw new LocalError(
      `cannot read the journal ${path}: ${messageOf(cause)}; make it readable, then run the same command again`,
      {
        cause,
      },
    )
  }
}

export class FileSegment implements Segment {
  constructor(
    readonly path: string,
    readonly header: RunHeader,
  ) {}

  async *calls(onGap?: (gap: Gap) => void): AsyncGenerator<Call[]> {
    const unended = new Map<number, Call>()
    let batch: Call[] = []
    let bytes = 0
    for await (const records of scan(this.path, journalMark(this.header.runId))) {
      for (const record of records) {
        if (record.kind === 'gap') onGap?.(record)
        if (record.kind === 'gap' || record.entry.kind === 'run' || record.entry.kind === 'later') continue
        const call = callOf(record.entry)
        if (call.kind === 'unknown') {
          unended.set(call.seq, call)
          continue
        }
        unended.delete(call.seq)
        batch.push(call)
        bytes += record.length
        if (batch.length === BATCH_CALLS || bytes >= BATCH_BYTES) {
          yield batch
          batch = []
          bytes = 0
        }
      }
    }
    for (const call of unended.values()) {
      batch.push(call)
      if (batch.length === BATCH_CALLS) {
        yield batch
        batch = []
      }
    }
    if (batch.length > 0) yield batch
  }

  async markLoaded(): Promise<void> {
    await this.moveTo(join(dirname(this.path), LOADED))
  }

  async retire(damaged: boolean): Promise<void> {
    if (damaged) return this.moveTo(damagedFolder(this.path))
    await this.withRemedy(`remove the journal ${this.path}`, async () => {
      await rm(this.path, { force: true })
      await syncFolder(dirname(this.path))
    })
  }

  private async moveTo(folder: string): Promise<void> {
    await this.withRemedy(`move the journal ${this.path} to ${folder}`, async () => {
      await makeFolder(folder)
      await moveIfThere(this.path, join(folder, basename(this.path)))
      await syncFolder(folder)
      await syncFolder(dirname(this.path))
    })
  }

  private async withRemedy(step: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (cause) {
      throw new LocalError(
        `cannot ${step}: ${messageOf(cause)}; ${remedyFor(cause, 'make its folder writable')}, then run the same command again`,
        { cause },
      )
    }
  }
}

/** An intent stands for a call whose end is not known. It counts only if no end follows. */
function callOf(entry: JournalEntry): Call {
  if (entry.kind === 'answer' || entry.kind === 'no_answer') return entry
  if (entry.kind === 'intent') return { ...entry, kind: 'unknown' }
  throw new Error(`a record of kind ${entry.kind} is not a call`)
}

async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
