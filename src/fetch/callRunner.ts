import type { Effects } from '../core/effects.js'
import { withdrawn, type CallEnd, type DueId, type Intent } from '../model/call.js'
import type { Interpret, Outcome } from '../model/outcome.js'
import type { ClockCheck } from './clockCheck.js'
import type { Emit } from './fetchEvent.js'
import type { FetchPolicy } from './fetchPolicy.js'
import type { ApiClient } from './http/apiClient.js'
import type { Admission, Slot } from './limits/admission.js'
import { UselessAnswers } from './limits/uselessAnswers.js'
import { retryUntilFinal } from './retry.js'
import { Stopped, type Stopping } from './stop.js'

/** Makes a call durable before it is sent, and its end before anything else is done with it. */
export interface CallLog {
  /** Set when the log takes no more intents: the run must stop. It may still keep ends. */
  readonly failure?: Error | undefined
  intent(intent: Intent): Promise<void>
  end(end: CallEnd): Promise<void>
}

export interface CallRunnerOptions {
  readonly upstream: Pick<ApiClient, 'attempt'>
  readonly journal: CallLog
  readonly interpret: Interpret
  /** Receives each end as soon as it is durable. */
  readonly onDurable?: (end: CallEnd, outcome: Outcome) => void
  readonly policy: FetchPolicy
  readonly clock?: ClockCheck
  /** Numbers the calls of a run; absent: from 1. */
  readonly nextSeq?: (() => number) | undefined
  readonly effects: Pick<Effects, 'now' | 'elapsed' | 'sleep' | 'random'>
}

/** Makes the calls of one run. */
export class CallRunner {
  /** HTTP requests sent. */
  calls = 0
  readonly useless = new UselessAnswers()
  private intents = 0

  constructor(
    private readonly options: CallRunnerOptions,
    private readonly admission: Admission,
    private readonly stopping: Stopping,
    private readonly emit: Emit,
  ) {}

  /**
   * Calls for one id until the outcome is final. Each call has a slot of its own: an id that waits for its retry holds none.
   * @throws Stopped when the run stopped before the outcome was final; whatever the journal throws
   */
  async fetch(due: DueId): Promise<Outcome> {
    const { policy, effects } = this.options
    const { id } = due
    const wait = (ms: number) => this.stopping.sleep(ms, effects.sleep)
    try {
      const outcome = await retryUntilFinal(policy, { random: effects.random, wait }, (attempt) =>
        this.admission.withSlot(id, (slot) => this.call(slot, due, attempt)),
      )
      if (outcome.kind === 'missing') this.useless.missing(due)
      return outcome
    } finally {
      this.admission.forget(id)
    }
  }

  /** One call: intent, request, end. Resolves when the end is durable. */
  private async call(slot: Slot, due: DueId, attempt: number): Promise<Outcome> {
    const { effects, journal, upstream, interpret, clock } = this.options
    const { id, endpoint } = due
    this.intents += 1
    const seq = this.options.nextSeq?.() ?? this.intents
    const intent: Intent = { seq, id, endpoint, attempt, sentAt: slot.sentAt }
    await journal.intent(intent)
    if (!(await slot.sent())) {
      await journal.end(withdrawn(intent, effects.now()))
      throw new Stopped('the run has stopped')
    }
    this.calls += 1
    this.emit({ type: 'sent', id, seq: intent.seq, attempt })
    const answered = await upstream.attempt(intent)
    const end = clock?.ended(answered) ?? answered
    const durable = journal.end(end)
    let outcome: Outcome
    if (clock?.failure) this.stopping.fail(clock.failure)
    try {
      // Before the end is durable: an outcome that must stop the run stops it at once.
      outcome = interpret(end)
      this.useless.ended(end, outcome, due)
      this.act(slot, end, outcome)
    } finally {
      await durable
      if (journal.failure) this.stopping.fail(journal.failure)
    }
    this.options.onDurable?.(end, outcome)
    const { kind, code, billed } = outcome
    const limitPerSecond = this.admission.learned.callsPerSecond
    this.emit({ type: 'end', id, kind, code, billed, ms: end.ms, limitPerSecond })
    return outcome
  }

  /** Stops a run whose answers are of no use. */
  stopIfUseless(): void {
    const { stop } = this.useless
    if (stop) this.stopping.request({ reason: 'unreachable', ...stop })
  }

  private act(slot: Slot, end: CallEnd, outcome: Outcome): void {
    const { kind, code, message, stop = 'route', limit } = outcome
    const giveUpReason = slot.ended(end, outcome)
    if (kind === 'stop') this.stopping.request({ reason: stop, code, message, ...(limit && { limit }) })
    else if (giveUpReason !== undefined)
      this.stopping.request({ reason: 'unreachable', code, message: `${giveUpReason}, last: ${message}` })
    this.stopIfUseless()
  }
}
