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
 * Appends to one file and syncs it for many callers at once. Pieces that arrive during a sync share the next one, which
 * starts as soon as the first returns, without a timer. After the first failed write or sync every later append rejects:
 * after a failed fsync the content of the disk is unknown, and a second fsync could succeed without having written it.
 */
export class GroupCommit {
  private next: Group | undefined
  private running: Promise<void> | undefined
  private failure: Error | undefined

  /**
   * @param position offset of the next byte to write
   * @param explain turns the cause of a failure into the error that every caller gets
   */
  constructor(
    private readonly file: AppendFile,
    private position: number,
    private readonly explain: (cause: unknown) => Error,
  ) {}

  /** Offset behind the last durable byte. */
  get end(): number {
    return this.position
  }

  /** Writes the pieces in this order. Resolves when they are durable; they must not change before that. */
  append(pieces: readonly Uint8Array[]): Promise<void> {
    if (this.failure) return Promise.reject(this.failure)
    this.next ??= newGroup()
    this.next.pieces.push(...pieces)
    const { durable } = this.next
    this.running ??= this.run()
    return durable
  }

  /** Resolves when no write is in progress. Never rejects: the callers of `append` have the error. */
  async idle(): Promise<void> {
    while (this.running) await this.running
  }

  private async run(): Promise<void> {
    // Callers in the same turn of the event loop share the first group.
    await new Promise<void>((resolve) => setImmediate(resolve))
    for (let group = this.takeNext(); group; group = this.takeNext()) {
      try {
        const end = await this.write(group.pieces)
        await this.file.datasync()
        this.position = end
        group.resolve()
      } catch (cause) {
        this.failure = this.explain(cause)
        group.reject(this.failure)
        this.takeNext()?.reject(this.failure)
      }
    }
    this.running = undefined
  }

  private takeNext(): Group | undefined {
    const group = this.next
    this.next = undefined
    return group
  }

  /** @returns the offset behind the last byte written */
  private async write(pieces: readonly Uint8Array[]): Promise<number> {
    let unwritten = pieces
    let position = this.position
    while (unwritten.length > 0) {
      const { bytesWritten } = await this.file.writev(unwritten, position)
      if (bytesWritten === 0) throw new Error('the file accepts no more bytes')
      position += bytesWritten
      unwritten = skipBytes(unwritten, bytesWritten)
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

/** The pieces without their first bytes, which a short write has written. */
function skipBytes(pieces: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let index = 0
  while (index < pieces.length && written >= pieces[index]!.length) {
    written -= pieces[index]!.length
    index += 1
  }
  return written === 0 ? pieces.slice(index) : [pieces[index]!.subarray(written), ...pieces.slice(index + 1)]
}
