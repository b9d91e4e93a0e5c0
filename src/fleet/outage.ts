import type { Effects } from '../core/effects.js'
import { DatabaseAway } from './database.js'

const LOOK_MS = 1_000

/** What a worker does while the database is away: it repeats what could not be done, and says once that nothing is sent. */
export class Outage {
  private isAway = false

  constructor(
    private readonly shown: string,
    private readonly effects: Pick<Effects, 'sleep' | 'log'>,
    private readonly signal: AbortSignal,
  ) {}

  /** Whether the last statement found the database away. */
  get lasts(): boolean {
    return this.isAway
  }

  /**
   * Does the work once.
   * @returns undefined when the database kept it from being done, after a pause
   */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const done = await work()
      // A worker that is told to stop may have asked the database for nothing.
      if (!this.signal.aborted) this.end()
      return done
    } catch (error) {
      await this.wait(error)
      return undefined
    }
  }

  /** Repeats the work until it is done. A worker that is told to stop does not wait for that. */
  async untilDone(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await work()
        return
      } catch (error) {
        await this.wait(error)
        if (this.signal.aborted) return
      }
    }
  }

  /** @throws the error, if the database is not away */
  begin(error: unknown): void {
    if (!(error instanceof DatabaseAway)) throw error
    if (!this.isAway) this.effects.log('warn', `${error.message}; nothing is sent meanwhile`, 'database_away')
    this.isAway = true
  }

  private async wait(error: unknown): Promise<void> {
    this.begin(error)
    await this.effects.sleep(LOOK_MS, this.signal).catch(() => undefined)
  }

  private end(): void {
    if (this.isAway) this.effects.log('info', `PostgreSQL ${this.shown} is back`, 'database_back')
    this.isAway = false
  }
}
