import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../core/atomicFile.js'
import type { CallEnd } from '../model/call.js'
import { encodeEnd, HEAD_BYTES, HEAD_COPIES, journalMark } from './record.js'
import { scan, type Found, type Gap } from './scan.js'
import { readHead, tornPath } from './segmentReader.js'
import { SegmentWriter } from './segmentWriter.js'
import { sparePath } from './spareFile.js'

/** Bytes of a spare file that hold no readable record, and where they are kept now. */
export interface SpareDamage extends Gap {
  readonly path: string
  readonly keptAt: string
}

interface SpareContent {
  readonly ends: Map<number, CallEnd>
  readonly damage: SpareDamage[]
}

/**
 * Appends to a segment, durably, the ends in its spare file. Then removes the spare file, since the segment has all ends.
 * A killed run leaves a spare file without ends, which is only removed. May be killed and started again at any point.
 * @param path the segment, after its torn tail was cut off
 */
export async function recoverSpare(path: string, mark: number): Promise<SpareDamage[]> {
  const spare = sparePath(path)
  if (!(await isThere(spare))) return []
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

async function readSpare(spare: string, mark: number): Promise<SpareContent> {
  const ends = new Map<number, CallEnd>()
  const damage: SpareDamage[] = []
  for await (const entries of scan(spare, mark)) {
    for (const entry of entries) {
      const end = endIn(entry)
      if (end) ends.set(end.seq, end)
      if (entry.kind === 'gap' && entry.offset >= HEAD_BYTES * HEAD_COPIES && !(await isZero(spare, entry)))
        damage.push({ ...entry, path: spare, keptAt: await tornPath(spare) })
    }
  }
  return { ends, damage }
}

/** Leaves out the ends that the segment has: from before the sync failed, or from a recovery that was killed. */
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

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Whether these bytes are reserved space that was not used. */
async function isZero(path: string, { offset, length }: Gap): Promise<boolean> {
  const bytes = await readFile(path)
  return bytes.subarray(offset, offset + length).every((byte) => byte === 0)
}
