import { join, resolve } from 'node:path'
import { LocalError, messageOf } from '../core/errors.js'
import { withdrawn, type CallEnd, type Intent, type RunHeader } from '../model/call.js'
import { GroupCommit } from './groupCommit.js'
import { encodeEnd, encodeIntent, HEAD_BYTES, HEAD_COPIES, journalMark } from './record.js'
import { JournalMissingError, SegmentWriter } from './segmentWriter.js'
import { rescueSegment, reserveFor, SpareFile, type OpenSpareFile } from './spareFile.js'

/**
 * Where paid answers become durable before anything else is done with them. Both promises resolve when the record has
 * been synced to the disk. After the first failure every intent rejects, so that nothing more is sent; ends are then kept
 * in reserved space, and reject with a `LocalError` only if that fails, too.
 */
export interface Journal {
  /** The segment file, absolute. */
  readonly path: string
  /** Set once no more intents are taken: the run must stop. */
  readonly failure: LocalError | undefined
  intent(intent: Intent): Promise<void>
  end(end: CallEnd): Promise<void>
  /**
   * Waits for what is under way and closes the file.
   * @throws LocalError if the journal has failed; it counts the answers that are safe
   */
  close(): Promise<void>
}

/**
 * Starts the segment of one run, `<folder>/<runId>.journal`, and a spare beside it. The head is durable, and the file's
 * name with it, before this resolves: a segment under its final name always has a head.
 * @param reserve bytes of the disk to keep for the answers in flight
 * @throws LocalError if the files cannot be written, or are there already
 */
export async function openJournal(folder: string, header: RunHeader, reserve = reserveFor(16)): Promise<Journal> {
  const path = join(resolve(folder), `${header.runId}.journal`)
  let spare: SpareFile | undefined
  try {
    spare = await SpareFile.create(path, header, reserve)
    return new FileJournal(journalMark(header.runId), await SegmentWriter.create(path, header), spare)
  } catch (cause) {
    await spare?.close()
    throw new LocalError(
      `cannot start the journal ${path}: ${messageOf(cause)}; nothing was sent. ${remedyFor(cause, 'Make this folder writable')} and run the same command again`,
      { cause },
    )
  }
}

class FileJournal implements Journal {
  private readonly commits: GroupCommit
  private readonly pending = new Set<Promise<void>>()
  private cause: unknown
  private refuge: Promise<OpenSpareFile> | undefined
  private answers = 0
  private lost = 0
  private closed: Promise<void> | undefined

  constructor(
    private readonly mark: number,
    private readonly file: SegmentWriter,
    private readonly spare: SpareFile,
  ) {
    this.commits = new GroupCommit(file, HEAD_BYTES * HEAD_COPIES, (cause) => this.fail(cause))
  }

  get path(): string {
    return this.file.path
  }

  get failure(): LocalError | undefined {
    return this.refuge && this.explain()
  }

  intent(intent: Intent): Promise<void> {
    return this.track(async () => {
      const { failure } = this
      if (failure) throw failure
      try {
        await this.commits.append(encodeIntent(this.mark, intent))
      } catch (error) {
        // Its record may stand on the disk all the same, and would pass for a call that was sent.
        await this.keep(encodeEnd(this.mark, withdrawn(intent, intent.sentAt))).catch(() => undefined)
        throw error
      }
    })
  }

  end(end: CallEnd): Promise<void> {
    return this.track(async () => {
      const pieces = encodeEnd(this.mark, end)
      try {
        await this.commits.append(pieces).catch(() => this.keep(pieces))
      } catch {
        this.lost += 1
        throw this.explain()
      }
      if (end.kind === 'answer') this.answers += 1
    })
  }

  close(): Promise<void> {
    this.closed ??= this.finish()
    return this.closed
  }

  private track(work: () => Promise<void>): Promise<void> {
    if (this.closed) return Promise.reject(new Error(`the journal ${this.path} is closed`))
    const done = work().finally(() => this.pending.delete(done))
    this.pending.add(done)
    return done
  }

  private fail(cause: unknown): LocalError {
    this.cause = cause
    this.refuge ??= this.openRefuge()
    return this.explain()
  }

  /** A disk that failed leaves the reserved space; a file that is gone is written anew, with all that it held. */
  private async openRefuge(): Promise<OpenSpareFile> {
    try {
      await this.file.look()
      return this.spare
    } catch (error) {
      if (!(error instanceof JournalMissingError)) return this.spare
    }
    try {
      const copy = await rescueSegment(this.file, this.commits.end)
      this.cause = new JournalMissingError(
        copy.path === this.path ? 'it was written anew, with all it held' : `what it held is now in ${copy.path}`,
        copy.path === this.path ? 'Put back what else is missing' : 'Move that file to where it was',
      )
      return copy
    } catch (error) {
      this.cause = new JournalMissingError(`it could not be written anew: ${messageOf(error)}`)
      this.lost = this.answers
      this.answers = 0
      return this.spare
    }
  }

  private async keep(pieces: readonly Uint8Array[]): Promise<void> {
    await (await this.refuge!).append(pieces)
  }

  private async finish(): Promise<void> {
    while (this.pending.size > 0) await Promise.allSettled(this.pending)
    await this.commits.settled()
    if (!this.refuge) await this.file.look().catch((cause: unknown) => this.fail(cause))
    const refuge = await this.refuge
    if (refuge !== this.spare) await refuge?.close()
    await this.spare.close()
    // What was under way when it failed is kept elsewhere: the next run need not find it torn.
    if (refuge && this.lost === 0) await this.file.truncate(this.commits.end)
    await this.file.close()
    if (refuge) throw this.explain()
  }

  private explain(): LocalError {
    const { cause, path, answers, lost } = this
    const [what, remedy] = this.diagnose()
    const safe = `${answers} answers of this run are safe`
    const unsafe = lost === 0 ? '' : `, ${lost} could not be kept`
    return new LocalError(
      `${what}: ${path}: ${messageOf(cause)}; sending stopped, ${safe}${unsafe}. ${remedy} and run the same command again`,
      { cause },
    )
  }

  /** What is the matter, and what to do. */
  private diagnose(): [what: string, remedy: string] {
    if (this.cause instanceof JournalMissingError) return ['the journal was deleted or moved', this.cause.remedy]
    const remedy = remedyFor(this.cause, 'Check this disk')
    return [isFull(this.cause) && !isTooLarge(this.cause) ? 'disk full' : 'cannot write the journal', remedy]
  }
}

function isFull(cause: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(String((cause as NodeJS.ErrnoException | null)?.code))
}

/** The file, for the limit of this process; the disk may have room. */
function isTooLarge(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException | null)?.code === 'EFBIG'
}

function remedyFor(cause: unknown, otherwise: string): string {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException
  if (isTooLarge(cause)) return 'Raise the limit of file sizes (ulimit -f)'
  if (code === 'EIO') return 'Check this disk'
  return isFull(cause) ? 'Free some space' : otherwise
}
