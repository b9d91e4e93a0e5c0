import type { Effects } from '../core/effects.js'
import { withdrawn, type CallEnd, type Intent } from '../model/call.js'
import { showsUpstreamWorks } from '../model/interpret.js'
import type { Billed, Interpret, Outcome } from '../model/outcome.js'
import type { Emit } from './fetchEvent.js'
import type { FetchPolicy } from './fetchPolicy.js'
import type { ApiClient } from './http/apiClient.js'
import { Admission, type Permit } from './limits/admission.js'
import type { UpstreamHealth } from './limits/circuitBreaker.js'
import type { LearnedLimits } from './limits/learnedLimits.js'
import { RetryBudget } from './limits/retryBudget.js'
import { SpendCap } from './limits/spendCap.js'
import { Stopped, type Stopping } from './stop.js'

/** Where a call is made durable before it is sent, and its end before anything else is done with it. */
export interface CallLog {
  /** Set once no more intents are taken, though ends may still be kept: the run must stop. */
  readonly failure?: Error | undefined
  intent(intent: Intent): Promise<void>
  end(end: CallEnd): Promise<void>
}

export interface CallRunnerOptions {
  readonly upstream: Pick<ApiClient, 'attempt'>
  readonly journal: CallLog
  readonly interpret: Interpret
  readonly policy: FetchPolicy
  /** What earlier runs have learned of this upstream. */
  readonly learned?: LearnedLimits | undefined
  readonly effects: Pick<Effects, 'now' | 'elapsed' | 'sleep' | 'random'>
}

/** So many answers in a row that cost money and are nobody's profile: the upstream is broken, and the rest would only cost more. */
const MOST_USELESS = 50

/** Makes the calls of one run, each within a slot of the caller's. */
export class CallRunner {
  /** HTTP requests sent. */
  calls = 0
  private seq = 0
  private useless = 0
  readonly retries = new RetryBudget()
  private readonly governor: Admission
  private readonly allowance: SpendCap

  constructor(
    private readonly options: CallRunnerOptions,
    private readonly stopping: Stopping,
    private readonly emit: Emit,
  ) {
    const { policy, effects, learned } = options
    this.allowance = new SpendCap(policy)
    this.governor = new Admission({
      ...policy,
      learned,
      effects,
      stopping,
      onPause: (sign, ms) => emit({ type: sign === 'throttled' ? 'throttled' : 'trouble', pauseMs: ms }),
    })
  }

  get learned(): LearnedLimits {
    return this.governor.learned
  }

  /**
   * One call: leave to send, intent, request, end. Resolves when the end is durable.
   * @throws Stopped before anything was sent; whatever the journal throws
   */
  async call(id: string, attempt: number): Promise<Outcome> {
    const permit = await this.leave()
    let billed: Billed = 'no'
    let reported = false
    try {
      const { effects, journal, upstream, interpret } = this.options
      this.seq += 1
      const intent: Intent = { seq: this.seq, id, attempt, sentAt: effects.now() }
      await journal.intent(intent)
      await this.governor.depart()
      if (this.stopping.halted) await this.takeBack(intent)
      this.calls += 1
      billed = 'maybe'
      this.emit({ type: 'sent', id, seq: intent.seq, attempt })
      const end = await upstream.attempt(intent)
      const durable = journal.end(end)
      let outcome: Outcome
      try {
        // Heard while the disk works: what must stop the run stops it now.
        outcome = interpret(end)
        billed = outcome.billed
        reported = true
        this.hear(permit, end, outcome)
      } finally {
        await durable
        if (journal.failure) this.stopping.fail(journal.failure)
      }
      const { kind, code } = outcome
      this.emit({ type: 'end', id, kind, code, billed, ms: end.ms, limitPerSecond: this.learned.callsPerSecond })
      return outcome
    } finally {
      if (!reported) this.governor.giveBack(permit)
      this.allowance.settle(billed)
    }
  }

  /** Leave to send one call, from the governor and from the caps. */
  private async leave(): Promise<Permit> {
    for (;;) {
      this.stopping.throwIfStopped()
      const leave = this.governor.acquire()
      const permit = leave instanceof Promise ? await leave : leave
      const share = this.allowance.take()
      if (share === 'taken') return permit
      this.governor.giveBack(permit)
      if (share === 'spent') {
        this.stopping.request(this.allowance.stop)
      } else {
        await this.allowance.change()
      }
    }
  }

  /** The run stopped between the intent and the request. */
  private async takeBack(intent: Intent): Promise<never> {
    const { effects, journal } = this.options
    await journal.end(withdrawn(intent, effects.now()))
    throw new Stopped('the run has stopped')
  }

  private hear(permit: Permit, end: CallEnd, outcome: Outcome): void {
    const sign: UpstreamHealth = showsUpstreamWorks(end, outcome)
      ? 'life'
      : outcome.kind === 'throttled'
        ? 'throttled'
        : 'trouble'
    const { kind, code, message, retryAfterMs } = outcome
    // A try that failed upstream may have failed quickly.
    const ms = kind === 'retry' ? undefined : end.ms
    const lifelessMs = this.governor.report(permit, { id: end.id, sign, ms, retryAfterMs })
    this.retries.heard(end.id, sign)
    if (outcome.billed !== 'no' && sign === 'life')
      this.useless = kind === 'profile' || kind === 'empty' ? 0 : this.useless + 1
    if (kind === 'stop') {
      this.stopping.request({ reason: outcome.stop ?? 'route', code, message })
    } else if (this.useless >= MOST_USELESS) {
      const told = `${this.useless} answers in a row cost money and were of no use, last: ${message}`
      this.stopping.request({ reason: 'unreachable', code, message: told })
    } else if (lifelessMs !== undefined) {
      const seconds = Math.round(lifelessMs / 1000)
      this.stopping.request({
        reason: 'unreachable',
        code,
        message: `no usable answer for ${seconds} s, last: ${message}`,
      })
    }
  }
}
