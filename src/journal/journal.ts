import { join, resolve } from 'node:path'
import { LocalError, messageOf } from '../core/errors.js'
import { remedyFor } from '../core/remedyFor.js'
import { plural } from '../core/text.js'
import { withdrawn, type CallEnd, type Intent, type RunHeader } from '../model/call.js'
import { GroupCommit } from './groupCommit.js'
import { encodeEnd, encodeIntent, HEAD_BYTES, HEAD_COPIES, journalMark } from './record.js'
import { JournalMissingError, SegmentWriter } from './segmentWriter.js'
import { rescueSegment, reserveFor, SpareFile, type FallbackFile } from './spareFile.js'

/**
 * Makes paid answers durable before they are used. `intent` and `end` resolve when the record has been synced to the disk.
 * After the first failure every intent rejects, so that nothing more is sent. Ends then go to a fallback file, and reject
 * with a `LocalError` only if that fails too.
 */
export interface Journal {
  /** The segment file, absolute. */
  readonly path: string
  /** Set after the first failure: the run must stop. */
  readonly failure: LocalError | undefined
  intent(intent: Intent): Promise<void>
  end(end: CallEnd): Promise<void>
  /**
   * Waits for the writes in progress and closes the file.
   * @throws LocalError if the journal has failed; its message says how many answers are safe
   */
  close(): Promise<void>
}

/**
 * Starts the segment of one run, `<folder>/<runId>.journal`, and a spare file beside it. The head and the name of the
 * segment are durable before this resolves: a segment under its final name always has a head.
 * @param reserve bytes of the disk to reserve for the answers in flight
 * @throws LocalError if the files cannot be written or exist already
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
      `cannot start the journal ${path}: ${messageOf(cause)}; nothing was sent: ${remedyFor(cause, 'make this folder writable')}, then run the same command again`,
      { cause },
    )
  }
}

class FileJournal implements Journal {
  private readonly commits: GroupCommit
  private readonly pending = new Set<Promise<void>>()
  private cause: unknown
  private fallback: Promise<FallbackFile> | undefined
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
    return this.fallback && this.explain()
  }

  intent(intent: Intent): Promise<void> {
    return this.track(async () => {
      const { failure } = this
      if (failure) throw failure
      try {
        await this.commits.append(encodeIntent(this.mark, intent))
      } catch (error) {
        // The intent may be on the disk all the same. Without an end it would count as a call that was sent.
        await this.appendToFallback(encodeEnd(this.mark, withdrawn(intent, intent.sentAt))).catch(() => undefined)
        throw error
      }
    })
  }

  end(end: CallEnd): Promise<void> {
    return this.track(async () => {
      const pieces = encodeEnd(this.mark, end)
      try {
        await this.commits.append(pieces).catch(() => this.appendToFallback(pieces))
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
    this.fallback ??= this.openFallback()
    return this.explain()
  }

  /** The spare file if the disk has failed; a copy of the whole segment if the segment was deleted or moved. */
  private async openFallback(): Promise<FallbackFile> {
    try {
      this.file.checkName()
      return this.spare
    } catch (error) {
      if (!(error instanceof JournalMissingError)) return this.spare
    }
    try {
      const copy = await rescueSegment(this.file, this.commits.end)
      this.cause = new JournalMissingError(
        copy.path === this.path ? 'its whole content was written again' : `its whole content is now in ${copy.path}`,
        copy.path === this.path ? 'put back what else is missing' : 'move that file to the path of the journal',
      )
      return copy
    } catch (error) {
      this.cause = new JournalMissingError(`its content could not be written again: ${messageOf(error)}`)
      this.lost = this.answers
      this.answers = 0
      return this.spare
    }
  }

  private async appendToFallback(pieces: readonly Uint8Array[]): Promise<void> {
    await (await this.fallback!).append(pieces)
  }

  private async finish(): Promise<void> {
    while (this.pending.size > 0) await Promise.allSettled(this.pending)
    await this.commits.idle()
    if (!this.fallback) {
      try {
        this.file.checkName()
      } catch (cause) {
        this.fail(cause)
      }
    }
    const fallback = await this.fallback
    if (fallback !== this.spare) await fallback?.close()
    await this.spare.close()
    // The fallback has the records that were being written at the failure: the next run need not find a torn tail.
    if (fallback && this.lost === 0) await this.file.truncate(this.commits.end)
    await this.file.close()
    if (fallback) throw this.explain()
  }

  private explain(): LocalError {
    const { cause, path, answers, lost } = this
    const [problem, remedy] = this.diagnose()
    const safe = `${plural(answers, 'answer of this run is', 'answers of this run are')} safe`
    const unsafe = lost === 0 ? '' : `, ${lost} could not be kept`
    return new LocalError(
      `${problem}: ${path}: ${messageOf(cause)}; sending stopped, ${safe}${unsafe}: ${remedy}, then run the same command again`,
      { cause },
    )
  }

  private diagnose(): [problem: string, remedy: string] {
    if (this.cause instanceof JournalMissingError) return ['the journal was deleted or moved', this.cause.remedy]
    return [isFull(this.cause) ? 'disk full' : 'cannot write the journal', remedyFor(this.cause, 'check this disk')]
  }
}

function isFull(cause: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(String((cause as NodeJS.ErrnoException | null)?.code))
}
