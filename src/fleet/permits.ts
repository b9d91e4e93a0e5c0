import type { Effects } from '../core/effects.js'
import type { FleetDatabase } from './database.js'
import type { GrantClock } from './grantClock.js'
import { LeaseLost } from './landingSql.js'

/** A permit that is used later than this after its time could put too many calls into one second. */
const LATE_MS = 30
/** Permits in one statement. */
const MOST = 200

/** None for a session that counts as lost. */
const PERMITS = `
SELECT permits.* FROM sessions, LATERAL take_permits(sessions.account, $2, $3) AS permits
WHERE session_no = $1 AND ended_at IS NULL`

interface Grant {
  readonly granted: number
  readonly first_in_ms: number
  readonly step_ms: number
  readonly wait_ms: number
  readonly now_ms: number
  readonly why: 'fleet' | 'account' | 'day' | null
}

/** Why no call of the account may go: the fleet was stopped, the account was, or its budget of the day is taken. */
export type Halt = NonNullable<Grant['why']>

/** What permits have cost a worker, over all of its sessions. */
export interface PermitTally {
  /** Milliseconds for which calls have waited, summed over the calls. */
  waitedMs: number
  /** Permits that came too late, or that no call needed any more. */
  late: number
}

interface Waiter {
  readonly since: number
  readonly go: (mayGo: boolean) => void
}

/** The right to send, from one place for all workers of an account. */
export class Permits {
  private readonly waiters: Waiter[] = []
  private unused = 0
  private asking: Promise<void> | undefined
  private isClosed = false

  /**
   * @param onHalt receives why no call may go, or the error of the database; no permit is given afterwards
   */
  constructor(
    private readonly database: FleetDatabase,
    private readonly sessionNo: string,
    private readonly effects: Pick<Effects, 'elapsed' | 'sleep'>,
    private readonly clock: GrantClock,
    private readonly tally: PermitTally,
    private readonly onHalt: (halt: Halt | Error) => void,
  ) {}

  /** Resolves when one call may go on the wire; false: it must not go. */
  take(): Promise<boolean> {
    if (this.isClosed) return Promise.resolve(false)
    return new Promise((resolve) => {
      this.waiters.push({ since: this.effects.elapsed(), go: resolve })
      this.asking ??= this.ask()
    })
  }

  /** No call may go any more. */
  close(): void {
    this.isClosed = true
    for (const { go } of this.waiters.splice(0)) go(false)
  }

  private async ask(): Promise<void> {
    try {
      while (this.waiters.length > 0 && !this.isClosed) await this.askOnce()
    } catch (error) {
      this.halt(error as Error)
    } finally {
      this.asking = undefined
    }
  }

  private async askOnce(): Promise<void> {
    const { database, sessionNo, effects, clock } = this
    const askedAt = effects.elapsed()
    const unused = this.unused
    this.unused = 0
    const [grant] = await database.query<Grant>(PERMITS, [sessionNo, Math.min(MOST, this.waiters.length), unused])
    if (!grant) throw new LeaseLost('others have the batches of this worker, which was silent for too long')
    const { granted, first_in_ms, step_ms, wait_ms, now_ms, why } = grant
    clock.learn(now_ms, askedAt, effects.elapsed())
    if (why !== null && granted === 0) {
      this.halt(why)
      return
    }
    // Without a limit, calls are not spaced.
    const at = step_ms === 0 ? effects.elapsed() : clock.timeOf(now_ms + first_in_ms)
    if (at === undefined) this.giveBack(granted)
    else for (let n = 0; n < granted; n += 1) await this.use(at + n * step_ms, step_ms)
    if (granted === 0) await effects.sleep(wait_ms)
  }

  /** Lets one call go at this time. Where this process was late, the permit is lost: its call waits for another. */
  private async use(time: number, stepMs: number): Promise<void> {
    const { effects } = this
    const early = time - effects.elapsed()
    if (early > 1) await effects.sleep(early)
    const late = effects.elapsed() - time
    const waiter = stepMs > 0 && late > LATE_MS ? undefined : this.waiters.shift()
    if (!waiter) {
      this.giveBack(1)
      return
    }
    this.tally.waitedMs += effects.elapsed() - waiter.since
    waiter.go(true)
  }

  private giveBack(permits: number): void {
    this.unused += permits
    this.tally.late += permits
  }

  private halt(halt: Halt | Error): void {
    this.close()
    this.onHalt(halt)
  }
}
