import type { ActiveClock } from '../core/activeClock.js'
import type { DueId } from '../model/call.js'
import { CallRunner, type CallRunnerOptions } from './callRunner.js'
import { ATTEMPTS } from './constants.js'
import type { Emit, FetchEvent } from './fetchEvent.js'
import { Admission } from './limits/admission.js'
import type { LearnedLimits } from './limits/learnedLimits.js'
import { Stopped, Stopping, type Stop } from './stop.js'

export type { FetchEvent } from './fetchEvent.js'

export interface FetchOptions extends CallRunnerOptions {
  /** Each id once. */
  readonly ids: AsyncIterable<DueId> | Iterable<DueId>
  /** What earlier runs have learned of this upstream. */
  readonly learned?: LearnedLimits | undefined
  /** Resolves when a call may go on the wire, beside the limits of this run; false: it must not go. Absent: at once. */
  readonly permit?: (() => Promise<boolean>) | undefined
  /** Knows when this process stood still; absent: never. */
  readonly activeClock?: ActiveClock | undefined
  /** Stops the run: no further call is sent, and the calls in flight are waited for. */
  readonly signal?: AbortSignal
  readonly onEvent?: (event: FetchEvent) => void
}

export interface FetchResult {
  /** HTTP requests sent. */
  readonly calls: number
  /** Absent if every id has a final outcome. */
  readonly stop?: Stop
  /** Whether most answers were of no use, so that its empty answers prove nothing. */
  readonly useless: boolean
  /** Ids taken up and not finished when the run stopped: waiting for a retry, throttled, or not sent at all. */
  readonly unfinished: Set<string>
  /** From the start of the fetch to the end of its last call, without standstills of this process. */
  readonly seconds: number
  readonly learned: LearnedLimits
}

/**
 * Fetches every id until its outcome is final, and keeps each call in the journal. Returns or throws only when no call is in
 * flight any more.
 * @throws LocalError of the journal, or whatever `ids` throws, after all calls have ended
 */
export async function fetchAll(options: FetchOptions): Promise<FetchResult> {
  const run = new FetchRun(options)
  const { signal } = options
  const onAbort = () => run.stopping.request({ reason: 'signal', code: 'signal', message: 'stopped by a signal' })
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    await run.takeAll(options.ids)
    await run.drained()
    run.judge()
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
  return run.result()
}

class FetchRun {
  readonly stopping: Stopping
  private readonly admission: Admission
  private readonly caller: CallRunner
  private readonly open = new Set<string>()
  private readonly emit: Emit
  private readonly startedAt: number
  private running = 0
  private changed: (() => void) | undefined

  constructor(private readonly options: FetchOptions) {
    const { policy, effects, learned, activeClock, permit, onEvent } = options
    this.emit = onEvent ?? (() => undefined)
    this.stopping = new Stopping(effects, (stop) => this.emit({ type: 'stopping', stop }))
    this.admission = new Admission({
      ...{ policy, learned, effects, activeClock, permit, stopping: this.stopping },
      onPause: (reason, pauseMs) => this.emit({ type: reason, pauseMs }),
      onEnd: () => this.changed?.(),
    })
    this.caller = new CallRunner(options, this.admission, this.stopping, this.emit)
    this.startedAt = this.activeNow()
  }

  /** Takes up id after id, no faster than slots become free. */
  async takeAll(ids: FetchOptions['ids']): Promise<void> {
    let afterCanary = false
    try {
      for await (const due of ids) {
        this.open.add(due.id)
        if (afterCanary && !due.canary) {
          await this.drained()
          this.judge()
        }
        afterCanary = due.canary ?? false
        if (this.hasStopped()) return
        this.running += 1
        void this.fetchId(due)
        if (due.alone) await this.drained()
        while (!this.hasRoom()) await this.change()
        // After a stop the source of the ids is not read further: after the first id it may change the plan.
        if (this.hasStopped()) return
      }
    } catch (error) {
      this.stopping.fail(error)
    }
  }

  /** Resolves when no id is under way any more. */
  async drained(): Promise<void> {
    while (this.running > 0) await this.change()
  }

  /** Judges the answers of the canaries, or of the whole run: they may be too few to have stopped it. */
  judge(): void {
    this.caller.useless.judgeFew()
    this.caller.stopIfUseless()
  }

  result(): FetchResult {
    if (this.stopping.failure) throw this.stopping.failure.error
    const { stop } = this.stopping
    const { learned } = this.admission
    const useless = this.caller.useless.isUseless
    const seconds = (this.activeNow() - this.startedAt) / 1000
    return { calls: this.caller.calls, ...(stop ? { stop } : {}), useless, unfinished: this.open, seconds, learned }
  }

  private activeNow(): number {
    const { activeClock, effects } = this.options
    return activeClock?.now() ?? effects.elapsed()
  }

  private hasStopped(): boolean {
    return this.stopping.stopped
  }

  /** Whether to take up another id; true in a stopped run too, so that `takeAll` sees the stop. */
  private hasRoom(): boolean {
    if (this.hasStopped()) return true
    return this.open.size < ATTEMPTS.openIds && this.admission.waiting < this.options.policy.concurrency
  }

  private change(): Promise<void> {
    return new Promise((resolve) => (this.changed = resolve))
  }

  /** Never rejects: an error stops the run. */
  private async fetchId(due: DueId): Promise<void> {
    const { id } = due
    try {
      const { kind, code } = await this.caller.fetch(due)
      if (kind !== 'stop') {
        this.open.delete(id)
        this.emit({ type: 'done', id, kind, code })
      }
    } catch (error) {
      if (!(error instanceof Stopped)) this.stopping.fail(error)
    } finally {
      this.running -= 1
      this.changed?.()
    }
  }
}
