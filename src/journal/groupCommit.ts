/** The part of `FileHandle` that a group commit needs. */
export interface AppendFile {
  writev(buffers: readonly Uint8Array[], position: number): Promise<{ bytesWritten: number }>
  datasync(): Promise<void>
}

interface Group {
  readonly pieces: Uint8Array[]
  readonly durable: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * Appends to one file and syncs it for many callers at once: what comes in while a sync is under way shares the next
 * one, which starts as soon as the last returned, without a timer. The first failed write or sync fails it for ever:
 * after a failed fsync nobody can tell what is on the disk, and a second one that succeeds would lie.
 */
export class GroupCommit {
  private next: Group | undefined
  private running: Promise<void> | undefined
  private failure: Error | undefined

  /**
   * @param position where the next byte goes
   * @param explain makes of the cause the error that every caller gets
   */
  constructor(
    private readonly file: AppendFile,
    private position: number,
    private readonly explain: (cause: unknown) => Error,
  ) {}

  /** Behind the last byte that is durable. */
  get end(): number {
    return this.position
  }

  /** Resolves when these pieces, one after the other, are durable. They must not change before that. */
  append(pieces: readonly Uint8Array[]): Promise<void> {
    if (this.failure) return Promise.reject(this.failure)
    this.next ??= newGroup()
    this.next.pieces.push(...pieces)
    const { durable } = this.next
    this.running ??= this.run()
    return durable
  }

  /** Resolves when nothing is under way any more; never rejects, the callers of `append` know already. */
  async settled(): Promise<void> {
    while (this.running) await this.running
  }

  private async run(): Promise<void> {
    // Callers of the same turn of the event loop share the first group, too.
    await new Promise<void>((resolve) => setImmediate(resolve))
    for (let group = this.take(); group; group = this.take()) {
      try {
        const end = await this.write(group.pieces)
        await this.file.datasync()
        this.position = end
        group.resolve()
      } catch (cause) {
        this.failure = this.explain(cause)
        group.reject(this.failure)
        this.take()?.reject(this.failure)
      }
    }
    this.running = undefined
  }

  private take(): Group | undefined {
    const group = this.next
    this.next = undefined
    return group
  }

  /** @returns where the next byte goes */
  private async write(pieces: readonly Uint8Array[]): Promise<number> {
    let left = pieces
    let position = this.position
    while (left.length > 0) {
      const { bytesWritten } = await this.file.writev(left, position)
      if (bytesWritten === 0) throw new Error('the file takes no more bytes')
      position += bytesWritten
      left = without(left, bytesWritten)
    }
    return position
  }
}

function newGroup(): Group {
  let resolve!: () => void
  let reject!: (error: Error) => void
  const durable = new Promise<void>((onDurable, onFailure) => {
    resolve = onDurable
    reject = onFailure
  })
  return { pieces: [], durable, resolve, reject }
}

/** What a short write left over. */
function without(pieces: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let index = 0
  while (index < pieces.length && written >= pieces[index]!.length) {
    written -= pieces[index]!.length
    index += 1
  }
  return written === 0 ? pieces.slice(index) : [pieces[index]!.subarray(written), ...pieces.slice(index + 1)]
}
