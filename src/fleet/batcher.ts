interface Waiting<T> {
  readonly item: T
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Collects items while a statement is on its way, and sends them with the next one: one statement for many callers. */
export class Batcher<T> {
  private waiting: Waiting<T>[] = []
  private running: Promise<void> | undefined

  /** @param send resolves when the items are durable, with what is wrong with single items */
  constructor(
    private readonly most: number,
    private readonly send: (items: readonly T[]) => Promise<ReadonlyMap<T, Error> | undefined>,
  ) {}

  /** Resolves when the item is durable. */
  add(item: T): Promise<void> {
    const done = new Promise<void>((resolve, reject) => this.waiting.push({ item, resolve, reject }))
    this.running ??= this.run()
    return done
  }

  /** Resolves when nothing is on its way. Never rejects. */
  async idle(): Promise<void> {
    while (this.running) await this.running
  }

  private async run(): Promise<void> {
    // Callers in the same turn of the event loop share the first statement.
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, this.most)
      try {
        const refused = await this.send(group.map(({ item }) => item))
        for (const { item, resolve, reject } of group) {
          const error = refused?.get(item)
          if (error) reject(error)
          else resolve()
        }
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    this.running = undefined
  }
}
