import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { isAbsent, pathExists } from '../core/absent.js'
import { syncFolder } from '../core/atomicFile.js'
import { LocalError, messageOf } from '../core/errors.js'
import { fileMode } from '../core/fileModes.js'
import { HEAD_BYTES, HEAD_COPIES, journalMark } from './record.js'
import { scan, type Gap } from './scan.js'
import { FileSegment, readHead, tornPath, type Segment } from './segmentReader.js'
import { recoverSpare, recoverOrphanSpare } from './spareFile.js'

/**
 * Bytes of a journal that hold no readable record:
 * `torn`: at the end of the file, as a crash leaves it; cut off and kept in `damaged/<segment>.torn`;
 * `damaged`: before records that are readable; the file stays as it is;
 * `headless`: the run that made these calls is not known; the file stays as it is and is not loaded.
 */
export interface Damage {
  readonly kind: 'torn' | 'damaged' | 'headless'
  /** The segment, absolute. */
  readonly path: string
  readonly offset: number
  readonly length: number
  /** Where these bytes are now, absolute. */
  readonly keptAt: string
  /** One line for people. */
  readonly message: string
}

export interface RepairedJournal {
  /** The segments of the folder, oldest first. */
  readonly segments: readonly Segment[]
  readonly damaged: readonly Damage[]
}

/**
 * Repairs a journal folder, and lists its segments. Reads every segment once to its end, checks every checksum, cuts off
 * torn tails, takes over what was kept in a spare file, and names what is damaged. May be killed and started again at any
 * point.
 * @throws LocalError if the folder cannot be read or repaired, or holds a segment of a newer version
 */
export async function repairJournal(folder: string): Promise<RepairedJournal> {
  const absolute = resolve(folder)
  const segments: Segment[] = []
  const damaged: Damage[] = []
  for (const path of await segmentsIn(absolute)) {
    try {
      const { segment, damage } = await repair(path)
      if (segment) segments.push(segment)
      damaged.push(...damage)
    } catch (cause) {
      if (cause instanceof LocalError) throw cause
      throw new LocalError(
        `cannot repair the journal ${path}: ${messageOf(cause)}; make it readable and writable and run again`,
        { cause },
      )
    }
  }
  return { segments, damaged }
}

/**
 * Lists the segments of a folder whose segments were repaired before they came there, such as `loaded/`.
 * @throws LocalError if the folder cannot be read, or holds a segment of a newer version
 */
export async function listSegments(folder: string): Promise<{ segments: Segment[]; headless: Damage[] }> {
  const segments: Segment[] = []
  const headless: Damage[] = []
  for (const path of await segmentsIn(resolve(folder))) {
    const header = await readHead(path)
    if (header) segments.push(new FileSegment(path, header))
    else headless.push(await setHeadlessAside(path))
  }
  return { segments, headless }
}

/** Describes bytes of a repaired segment that cannot be read. */
export function damagedBytes(path: string, gap: Gap): Damage {
  return damageOf('damaged', path, gap, path)
}

/**
 * Whether a journal folder holds a segment with a readable head. Changes nothing.
 * @throws LocalError if the folder is there and cannot be read: its calls must not pass for calls that were never made
 */
export async function hasReadableSegments(folder: string): Promise<boolean> {
  try {
    for (const name of await readdir(folder)) {
      if (name.endsWith('.journal') && (await readHead(join(folder, name)))) return true
    }
    return false
  } catch (cause) {
    if (isAbsent(cause) && !pathExists(folder)) return false
    throw unreadable(folder, cause)
  }
}

async function segmentsIn(folder: string): Promise<string[]> {
  try {
    const orphans = orphanedIn(await readdir(folder))
    for (const name of orphans) await recoverOrphanSpare(join(folder, name))
    const names = (await readdir(folder)).sort()
    // A segment gets its name after its head is durable and before the first call: under this one no call was sent.
    for (const name of names.filter((name) => /\.journal(\.[^.]+)?\.part$/.test(name))) await rm(join(folder, name))
    return names.filter((name) => name.endsWith('.journal')).map((name) => join(folder, name))
  } catch (cause) {
    if (isAbsent(cause) && !pathExists(folder)) return []
    throw unreadable(folder, cause)
  }
}

function unreadable(folder: string, cause: unknown): LocalError {
  if (cause instanceof LocalError) return cause
  return new LocalError(
    `cannot read the journal folder ${folder}: ${messageOf(cause)}; make it readable and run again`,
    {
      cause,
    },
  )
}

/** Segments of which only the spare file is there. */
function orphanedIn(names: readonly string[]): string[] {
  const spares = names.filter((name) => name.endsWith('.journal.spare'))
  return spares.map((name) => name.slice(0, -'.spare'.length)).filter((name) => !names.includes(name))
}

async function repair(path: string): Promise<{ segment?: Segment; damage: Damage[] }> {
  const header = await readHead(path)
  if (!header) return { damage: [await setHeadlessAside(path)] }
  const mark = journalMark(header.runId)
  const damage: Damage[] = []
  for await (const entries of scan(path, mark)) {
    for (const entry of entries) {
      if (entry.kind === 'record') continue
      damage.push(entry.toEnd ? await cutTail(path, entry) : damageOf('damaged', path, entry, path))
    }
  }
  for (const gap of await recoverSpare(path, mark)) damage.push(damageOf('torn', gap.path, gap, gap.keptAt))
  return { segment: new FileSegment(path, header), damage }
}

/** A segment too short for a head has no call, and is moved aside. A longer one may hold paid answers, and stays. */
async function setHeadlessAside(path: string): Promise<Damage> {
  const { size } = await stat(path)
  const whole = { offset: 0, length: size }
  if (size >= HEAD_BYTES * HEAD_COPIES) return damageOf('headless', path, whole, path)
  const torn = await tornPath(path)
  await rename(path, torn)
  await syncFolder(dirname(torn))
  await syncFolder(dirname(path))
  return damageOf('torn', path, whole, torn)
}

/** Keeps the tail, durably, before the segment loses it. */
async function cutTail(path: string, { offset, length }: Gap): Promise<Damage> {
  const torn = await tornPath(path)
  const segment = await open(path, 'r+')
  try {
    // A repair that was cut off may have left the file.
    await rm(torn, { force: true })
    const aside = await open(torn, 'wx', fileMode('private'))
    try {
      await copyFrom(segment, offset, aside)
      await aside.sync()
    } finally {
      await aside.close()
    }
    await syncFolder(dirname(torn))
    await segment.truncate(offset)
    await segment.sync()
  } finally {
    await segment.close()
  }
  return damageOf('torn', path, { offset, length }, torn)
}

async function copyFrom(source: FileHandle, offset: number, target: FileHandle): Promise<void> {
  const chunk = Buffer.alloc(1 << 20)
  for (let at = offset; ;) {
    const { bytesRead } = await source.read(chunk, 0, chunk.length, at)
    if (bytesRead === 0) return
    await target.writeFile(chunk.subarray(0, bytesRead))
    at += bytesRead
  }
}

function damageOf(
  kind: Damage['kind'],
  path: string,
  { offset, length }: { offset: number; length: number },
  keptAt: string,
): Damage {
  return {
    kind,
    path,
    offset,
    length,
    keptAt,
    message: `${MEANING[kind]}: ${path}, ${length} bytes from ${offset} on${
      keptAt === path ? '' : `, kept in ${keptAt}`
    }`,
  }
}

const MEANING: Record<Damage['kind'], string> = {
  torn: 'a journal ends in an unfinished record, as a crash leaves it',
  damaged: 'a journal has unreadable records in its middle; calls without a readable end count as ambiguous',
  headless: 'a journal has no readable head and is not loaded; keep it and report it',
}
