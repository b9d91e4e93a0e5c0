import { setMaxListeners } from 'node:events'
import type { Effects } from '../core/effects.js'
import type { StopReason } from '../model/outcome.js'

/** Why a run stopped before its ids were done. */
export interface Stop {
  readonly reason: StopReason
  /** The upstream's code, or one of our own words. */
  readonly code: string
  /** One line for people. */
  readonly message: string
  /** Whose limit is used up. */
  readonly limit?: 'account' | 'token'
  /** Milliseconds since 1970. */
  readonly at: number
}

/** The highest of several reasons counts, in the order of the exit codes: docs/exit-codes.md. */
const RANK: Readonly<Record<StopReason, number>> = {
  cap: 0,
  quota: 1,
  balance: 1,
  unreachable: 2,
  redirect: 3,
  proxy: 3,
  route: 3,
  permission: 3,
  token: 3,
  signal: 4,
}

/** The gravest of these; of two that are as grave the first. */
export function gravest(...stops: readonly (Stop | undefined)[]): Stop | undefined {
  return stops.reduce((before, stop) => (!before || (stop && RANK[stop.reason] > RANK[before.reason]) ? stop : before))
}

/** Thrown where a stopped run would have gone on. The id stays unfinished. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

/** Whether this run may go on. Of several reasons to stop the gravest counts. The calls in flight end normally. */
export class Stopping {
  stop: Stop | undefined
  /** An error that ends the run: of the journal, or a bug. */
  failure: { readonly error: unknown } | undefined
  private readonly controller = new AbortController()

  constructor(
    private readonly effects: Pick<Effects, 'now'>,
    private readonly onStop: (stop: Stop) => void,
  ) {
    // Each id that waits has a listener, so many listeners are not a leak.
    setMaxListeners(0, this.controller.signal)
  }

  /** Ends every wait when the run stops. */
  get signal(): AbortSignal {
    return this.controller.signal
  }

  get stopped(): boolean {
    return this.controller.signal.aborted
  }

  /** Whether a call whose intent is written must not be sent. A cap does not halt: it has counted that call. */
  get halted(): boolean {
    return this.failure !== undefined || (this.stop !== undefined && this.stop.reason !== 'cap')
  }

  request(stop: Omit<Stop, 'at'>): void {
    if (this.stopped) {
      // While the calls in flight end, a graver reason may come. Every other reason is graver than a cap.
      if (this.stop && RANK[stop.reason] > RANK[this.stop.reason]) this.stop = { ...stop, at: this.effects.now() }
      return
    }
    this.stop = { ...stop, at: this.effects.now() }
    this.abort()
    this.onStop(this.stop)
  }

  fail(error: unknown): void {
    this.failure ??= { error }
    this.abort()
  }

  throwIfStopped(): void {
    if (this.stopped) throw new Stopped('the run has stopped')
  }

  /** Waits, or throws `Stopped` as soon as the run stops. */
  async sleep(ms: number, sleep: Effects['sleep']): Promise<void> {
    this.throwIfStopped()
    try {
      await sleep(ms, this.signal)
    } catch (error) {
      this.throwIfStopped()
      throw error
    }
    this.throwIfStopped()
  }

  private abort(): void {
    this.controller.abort(new Stopped('the run has stopped'))
  }
}
