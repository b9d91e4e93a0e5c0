import { createReadStream } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { replaceFile, syncFolder } from '../core/atomicFile.js'
import { LocalError, messageOf } from '../core/errors.js'
import { remedyFor } from '../core/remedyFor.js'
import type { Intent, EditCall } from '../model/call.js'
import { encodeEnd } from './record.js'
import { scan, type Found, type Gap } from './scan.js'

/** What to do with each part of a segment. */
export interface EditSegment {
  /** Edits an answer, or a call that ended without one. */
  readonly end: EditCall
  /** Whether to remove an intent. */
  removesIntent(intent: Intent): boolean
  /** Whether to remove or blank these bytes, which are not a call or cannot be read. */
  removesBytes(bytes: AsyncIterable<Buffer>): Promise<boolean>
}

export interface Rewritten {
  /** Records of calls in the new segment that can be read. */
  readonly records: number
  /** Bytes that cannot be read and were replaced by zeros. */
  readonly blanked: number
}

/** Offset of the mark in the header of a record. */
const MARK_AT = 8

/**
 * Rewrites a segment whose head cannot be read. All that is not edited stays byte by byte and in its order, so that
 * a person can still repair the head. A segment without a readable call is removed.
 * @throws LocalError when the segment cannot be read or written: the old one stays
 */
export async function rewriteHeadless(path: string, edit: EditSegment): Promise<Rewritten> {
  const done = { records: 0, blanked: 0 }
  try {
    await replaceFile(path, async (temporary) => {
      const [from, to] = [await open(path), await open(temporary, 'w')]
      try {
        for await (const parts of scan(path, undefined)) {
          for (const part of parts) await copy(part, { path, from, to, edit, done })
        }
      } finally {
        await Promise.all([from.close(), to.close()])
      }
    })
    if (done.records === 0) await rm(path).then(() => syncFolder(dirname(path)))
    return done
  } catch (cause) {
    throw new LocalError(
      `cannot rewrite ${path}: ${messageOf(cause)}; ${remedyFor(cause, 'free some space, or make its folder writable')}, then run the same command again`,
      { cause },
    )
  }
}

interface Copying {
  readonly path: string
  readonly from: FileHandle
  readonly to: FileHandle
  readonly edit: EditSegment
  readonly done: { records: number; blanked: number }
}

async function copy(part: Found | Gap, { path, from, to, edit, done }: Copying): Promise<void> {
  const { offset, length } = part
  const bytes = (): AsyncIterable<Buffer> =>
    createReadStream(path, { start: offset, end: offset + length - 1 }) as AsyncIterable<Buffer>
  const copyUnchanged = async (): Promise<void> => {
    for await (const chunk of bytes()) await to.writeFile(chunk)
  }
  const entry = part.kind === 'record' ? part.entry : undefined
  if (entry?.kind === 'answer' || entry?.kind === 'no_answer') {
    const edited = edit.end(entry)
    if (!edited || edited.kind === 'unknown') return
    done.records += 1
    if (edited === entry) return copyUnchanged()
    const { buffer } = await from.read(Buffer.alloc(4), 0, 4, offset + MARK_AT)
    for (const piece of encodeEnd(buffer.readUInt32LE(), edited)) await to.writeFile(piece)
  } else if (entry?.kind === 'intent') {
    if (edit.removesIntent(entry)) return
    done.records += 1
    await copyUnchanged()
  } else if (await edit.removesBytes(bytes())) {
    if (entry) return
    done.blanked += length
    for (let left = length; left > 0; left -= ZEROS.length) await to.writeFile(ZEROS.subarray(0, left))
  } else {
    await copyUnchanged()
  }
}

const ZEROS = Buffer.alloc(1 << 16)
