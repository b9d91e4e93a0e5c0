import { LocalError, messageOf } from '../core/errors.js'
import type { Effects } from '../core/effects.js'
import { openJournal, type Journal } from '../journal/journal.js'
import { withdrawn, type CallEnd, type Intent, type RunHeader } from '../model/call.js'
import type { Interpret } from '../model/outcome.js'
import { Batcher } from './batcher.js'
import type { FleetDatabase } from './database.js'
import { endLanding, landEnds, landIntents, LeaseLost, type LandedEnd } from './landingSql.js'

/** Answers of one statement, and intents. */
const MOST_ENDS = 64
const MOST_INTENTS = 256

export interface LandingOptions {
  readonly database: FleetDatabase
  readonly sessionNo: string
  readonly account: string
  /** The head of the local journal, which is made only when the database is away. */
  readonly header: RunHeader
  /** The folder of the local journal. */
  readonly spool: string
  readonly interpret: Interpret
  readonly effects: Pick<Effects, 'now' | 'log'>
  /** Which batch an id belongs to. */
  readonly batchOf: (id: string) => { readonly batchNo: string; readonly fence: number } | undefined
  /** Receives the first failure: nothing more may be sent. */
  readonly onFailure: (failure: Error) => void
}

/**
 * The second home of the journal: intents and ends are committed in PostgreSQL before they count. While the database is
 * away, no intent is accepted; the ends of calls in flight go to a local segment.
 */
export class LandingJournal implements Journal {
  private readonly intents: Batcher<Intent>
  private readonly ends: Batcher<LandedEnd>
  private local: Promise<Journal> | undefined
  private broken: LocalError | undefined
  private hasLost = false

  constructor(private readonly options: LandingOptions) {
    const { database, sessionNo, account, batchOf, effects } = options
    this.intents = new Batcher(MOST_INTENTS, (intents) => {
      const held = intents.map((intent) => ({ intent, ...batchOf(intent.id)! }))
      return landIntents(database.query, sessionNo, held, effects.now())
    })
    this.ends = new Batcher(MOST_ENDS, async (ends) => {
      await landEnds(database.query, { sessionNo, account }, ends, effects.now())
      return undefined
    })
  }

  /** Where the ends are that the database did not take. */
  get path(): string {
    return this.options.spool
  }

  get failure(): LocalError | undefined {
    return this.broken
  }

  /** Whether a batch was given to another worker meanwhile. */
  get isLeaseLost(): boolean {
    return this.hasLost
  }

  async intent(intent: Intent): Promise<void> {
    if (this.broken) throw this.broken
    try {
      await this.intents.add(intent)
    } catch (error) {
      if (error instanceof LeaseLost) this.hasLost = true
      // The intent may be committed all the same. Without an end it would count as a call that was sent.
      else await this.keep(withdrawn(intent, this.options.effects.now())).catch(() => undefined)
      this.fail(error)
      throw error
    }
  }

  async end(end: CallEnd): Promise<void> {
    try {
      await this.ends.add(endLanding(end, this.options.interpret))
    } catch (error) {
      this.fail(error)
      await this.keep(end)
    }
  }

  /** Whether ends stand in the local journal. */
  get hasKept(): boolean {
    return this.local !== undefined
  }

  async close(): Promise<void> {
    await Promise.all([this.intents.idle(), this.ends.idle()])
    await (await this.local)?.close()
  }

  private async keep(end: CallEnd): Promise<void> {
    const { spool, header } = this.options
    this.local ??= openJournal(spool, header)
    try {
      await (await this.local).end(end)
    } catch (cause) {
      throw new LocalError(
        `${spool}: an answer that the database did not take could not be kept (${messageOf(cause)}): its call counts as ambiguous`,
        { cause },
      )
    }
  }

  private fail(error: unknown): void {
    if (this.broken) return
    this.broken = error instanceof LocalError ? error : new LocalError(messageOf(error), { cause: error })
    this.options.onFailure(error as Error)
  }
}
