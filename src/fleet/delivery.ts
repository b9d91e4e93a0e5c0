import { setTimeout as delay } from 'node:timers/promises'
import type { Effects } from '../core/effects.js'
import type { FleetDatabase } from './database.js'
import { startEngine, type Engine } from './engine.js'
import { Feed } from './feed.js'

/** Batches at once: the second is at hand when the first has only slow ids left. */
export const JOBS = 3
const STOP_MS = 3_000

/** The batches that the engine delivers to this worker, while it takes any. */
export class Delivery {
  readonly feed = new Feed()
  private engine: Engine | undefined

  constructor(
    private readonly database: FleetDatabase,
    private readonly effects: Pick<Effects, 'log'>,
    private readonly signal: AbortSignal,
  ) {}

  async start(): Promise<void> {
    this.feed.open()
    this.engine ??= await startEngine(this.database, JOBS, this.effects, (batchNo) => this.feed.offer(batchNo))
  }

  /** Gives back what nobody has taken, and takes nothing more. */
  async stop(): Promise<void> {
    this.feed.close()
    const { engine } = this
    this.engine = undefined
    if (engine) await Promise.race([engine.stop(), this.afterSignal()])
  }

  /** A worker that was told to stop does not wait for a database that is away: the lease of its batches runs out. */
  private async afterSignal(): Promise<void> {
    const { signal } = this
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    await delay(STOP_MS, undefined, { ref: false })
  }
}
