/** A batch that the engine has delivered. */
export interface Offer {
  readonly batchNo: string
  /** The batch is complete. */
  readonly resolve: () => void
  /** The batch is to be delivered again. */
  readonly reject: (error: Error) => void
}

/** Hands batches from the engine to the session that fetches them. */
export class Feed {
  private readonly offers: Offer[] = []
  private isClosed = false
  private wake: (() => void) | undefined

  /** Resolves when the batch is complete, rejects when it is given back. */
  offer(batchNo: string): Promise<void> {
    if (this.isClosed) return Promise.reject(new Error('this worker takes no batch now'))
    return new Promise((resolve, reject) => {
      this.offers.push({ batchNo, resolve, reject })
      this.wake?.()
    })
  }

  get isEmpty(): boolean {
    return this.offers.length === 0
  }

  take(): Offer | undefined {
    return this.offers.shift()
  }

  /** Resolves when there may be a batch, or after this time, or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.isEmpty || signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, ms)
      function done(): void {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.wake = done
      signal.addEventListener('abort', done, { once: true })
    })
    this.wake = undefined
  }

  open(): void {
    this.isClosed = false
  }

  /** Gives back what nobody has taken. */
  close(): void {
    this.isClosed = true
    for (const { reject } of this.offers.splice(0)) reject(new Error('this worker takes no batch now'))
  }
}
