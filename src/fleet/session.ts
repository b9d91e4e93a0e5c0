import type { ActiveClock } from '../core/activeClock.js'
import type { Effects } from '../core/effects.js'
import { fetchAll, type FetchEvent, type FetchResult } from '../fetch/fetchAll.js'
import type { FetchPolicy } from '../fetch/fetchPolicy.js'
import type { ApiClient } from '../fetch/http/apiClient.js'
import type { LearnedLimits } from '../fetch/limits/learnedLimits.js'
import type { DueId, RunHeader } from '../model/call.js'
import type { Interpret } from '../model/outcome.js'
import { Batcher } from './batcher.js'
import { DatabaseAway, type FleetDatabase } from './database.js'
import type { Feed, Offer } from './feed.js'
import type { GrantClock } from './grantClock.js'
import { LandingJournal } from './landing.js'
import { LeaseLost } from './landingSql.js'
import { finishIds, renewSession, takeBatch, type Lease } from './leases.js'
import { Permits, type Halt, type PermitTally } from './permits.js'

/** A session that has nothing to do for so long ends; the next batch begins another. */
const IDLE_MS = 500

export interface SessionOptions {
  readonly database: FleetDatabase
  readonly sessionNo: string
  readonly account: string
  readonly header: RunHeader
  readonly spool: string
  readonly feed: Feed
  readonly leaseMs: number
  readonly upstream: Pick<ApiClient, 'attempt'>
  readonly interpret: Interpret
  readonly policy: FetchPolicy
  readonly learned: LearnedLimits | undefined
  readonly effects: Effects
  readonly activeClock: ActiveClock
  readonly grantClock: GrantClock
  readonly permitTally: PermitTally
  /** Stops the session in order. */
  readonly signal: AbortSignal
  readonly onEvent: (event: FetchEvent) => void
}

/** How a session ended, besides `stop` of its result: the shared limits forbid calls, or something failed. */
export interface SessionEnd {
  readonly result: FetchResult | undefined
  readonly halt: Halt | undefined
  readonly failure: Error | undefined
  readonly hasKept: boolean
}

interface HeldBatch {
  readonly lease: Lease
  readonly offer: Offer
  /** Ids without a final outcome. */
  readonly open: Set<string>
}

/** Fetches the batches of a feed with the same code as a run on one machine, until there are none or something stops it. */
export async function runSession(options: SessionOptions): Promise<SessionEnd> {
  return new Session(options).run()
}

class Session {
  private readonly held = new Map<string, HeldBatch>()
  private readonly ending = new AbortController()
  private readonly journal: LandingJournal
  private readonly permits: Permits
  private readonly finishing: Batcher<{ readonly batch: HeldBatch; readonly id: string }>
  private failure: Error | undefined
  private halt: Halt | undefined
  /** When the last renewal that succeeded was asked for, by the clock that never jumps. */
  private renewedAt: number

  constructor(private readonly options: SessionOptions) {
    const { database, sessionNo, account, header, spool, interpret, effects } = options
    this.renewedAt = effects.elapsed()
    this.journal = new LandingJournal({
      ...{ database, sessionNo, account, header, spool, interpret, effects },
      batchOf: (id) => this.held.get(id)?.lease,
      onFailure: (error) => this.fail(error),
    })
    this.permits = new Permits(database, sessionNo, effects, options.grantClock, options.permitTally, (halt) => {
      if (halt instanceof Error) this.fail(halt)
      else {
        this.halt = halt
        this.end()
      }
    })
    this.finishing = new Batcher(1_000, async (done) => {
      for (const batch of new Set(done.map((each) => each.batch))) {
        const ids = done.filter((each) => each.batch === batch).map(({ id }) => id)
        await finishIds(database, sessionNo, batch.lease, ids)
        for (const id of ids) batch.open.delete(id)
        if (batch.open.size === 0) batch.offer.resolve()
      }
      return undefined
    })
  }

  async run(): Promise<SessionEnd> {
    const { options } = this
    const { upstream, interpret, policy, learned, effects, activeClock, signal } = options
    const onAbort = (): void => this.end()
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    const renewing = setInterval(() => void this.renew(), options.leaseMs / 3)
    let result: FetchResult | undefined
    try {
      result = await fetchAll({
        ids: this.ids(),
        journal: this.journal,
        ...{ upstream, interpret, policy, learned, effects, activeClock },
        permit: () => this.mayGo(),
        signal: this.ending.signal,
        onEvent: (event) => this.follow(event),
      })
    } catch (error) {
      this.fail(error as Error)
    } finally {
      clearInterval(renewing)
      signal.removeEventListener('abort', onAbort)
    }
    await this.finishing.idle()
    await this.journal.close().catch((error: unknown) => this.fail(error as Error))
    for (const { offer } of new Set(this.held.values())) offer.reject(new Error('given back'))
    return { result, halt: this.halt, failure: this.failure, hasKept: this.journal.hasKept }
  }

  private async *ids(): AsyncGenerator<DueId> {
    const { feed, database, sessionNo, policy } = this.options
    const { signal } = this.ending
    while (!signal.aborted) {
      const offer = feed.take()
      if (!offer) {
        await feed.wait(IDLE_MS, signal)
        if (feed.isEmpty && this.isIdle()) return
        continue
      }
      try {
        const holdAmbiguous = policy.onAmbiguous === 'hold'
        const lease = await takeBatch(database, { sessionNo, batchNo: offer.batchNo, holdAmbiguous })
        if (lease === undefined) offer.resolve()
        else if (lease === 'held') offer.reject(new Error('another session has this batch'))
        else yield* this.idsOf(lease, offer)
      } catch (error) {
        offer.reject(error as Error)
        throw error
      }
    }
  }

  private *idsOf(lease: Lease, offer: Offer): Generator<DueId> {
    const batch = { lease, offer, open: new Set(lease.ids.map(({ id }) => id)) }
    for (const { id } of lease.ids) this.held.set(id, batch)
    yield* lease.ids
  }

  private isIdle(): boolean {
    return [...new Set(this.held.values())].every(({ open }) => open.size === 0)
  }

  private follow(event: FetchEvent): void {
    this.options.onEvent(event)
    if (event.type === 'done') {
      const batch = this.held.get(event.id)!
      this.finishing.add({ batch, id: event.id }).then(
        () => this.held.delete(event.id),
        (error: unknown) => this.fail(error as Error),
      )
    }
    if (event.type === 'stopping') this.end()
  }

  private async renew(): Promise<void> {
    const { database, sessionNo, effects } = this.options
    const askedAt = effects.elapsed()
    // A database that is away shows itself where a call needs it.
    const isMine = await renewSession(database, sessionNo).catch(() => undefined)
    if (isMine) this.renewedAt = askedAt
    else if (isMine === false) this.failAsLost()
  }

  /** A process that stood still may hold permits and intents of a batch that others have by now. */
  private async mayGo(): Promise<boolean> {
    if (!(await this.permits.take())) return false
    const { effects, leaseMs } = this.options
    if (effects.elapsed() - this.renewedAt <= leaseMs) return true
    this.failAsLost()
    return false
  }

  private failAsLost(): void {
    this.fail(new LeaseLost('others have the batches of this worker, or may have: it was silent for too long'))
  }

  private fail(error: Error): void {
    if (!this.failure || (isPassing(this.failure) && !isPassing(error))) this.failure = error
    this.end()
  }

  /** Nothing more is sent; calls in flight are waited for. */
  private end(): void {
    this.permits.close()
    this.ending.abort()
  }
}

/** A worker goes on after these. Any other failure ends it. */
function isPassing(error: Error): boolean {
  return error instanceof DatabaseAway || error instanceof LeaseLost
}
