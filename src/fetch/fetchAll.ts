import pLimit from 'p-limit'
import type { Outcome } from '../model/outcome.js'
import { CallRunner, type CallRunnerOptions } from './callRunner.js'
import type { Emit, FetchEvent } from './fetchEvent.js'
import type { LearnedLimits } from './limits/learnedLimits.js'
import { retryUntilFinal } from './retry.js'
import { Stopped, Stopping, type Stop } from './stop.js'

export type { FetchEvent } from './fetchEvent.js'

/** Ids taken up and not concluded at most, waiting ones included: what bounds memory, however many ids there are. */
const OPEN_IDS = 1024

export interface FetchOptions extends CallRunnerOptions {
  /** Each id once. */
  readonly ids: AsyncIterable<string>
  /** Stops the run: nothing more is sent, what is in flight is waited for. */
  readonly signal?: AbortSignal
  readonly onEvent?: (event: FetchEvent) => void
}

export interface FetchResult {
  /** HTTP requests sent. */
  readonly calls: number
  /** Absent if every id was concluded. */
  readonly stop?: Stop
  /** Ids taken up and not concluded when the run stopped: waiting for a retry, throttled, or not sent at all. */
  readonly unfinished: Set<string>
  /** From the first call's leave to the last one's end. */
  readonly seconds: number
  readonly learned: LearnedLimits
}

/**
 * Asks for every id until its outcome stands, and keeps each call in the journal. Returns or throws only when nothing is
 * in flight any more.
 * @throws LocalError of the journal, after everything has settled; whatever `ids` throws, in the same way
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
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
  return run.result()
}

class FetchRun {
  readonly stopping: Stopping
  private readonly caller: CallRunner
  private readonly limit
  private readonly open = new Set<string>()
  private readonly emit: Emit
  private readonly startedAt: number
  private running = 0
  /** Calls under way, or waiting for a slot. */
  private calling = 0
  private changed: (() => void) | undefined

  constructor(private readonly options: FetchOptions) {
    const { policy, effects, onEvent } = options
    this.emit = onEvent ?? (() => undefined)
    this.limit = pLimit(policy.concurrency)
    this.stopping = new Stopping(effects, (stop) => this.emit({ type: 'stopping', stop }))
    this.caller = new CallRunner(options, this.stopping, this.emit)
    this.startedAt = effects.elapsed()
    this.stopping.signal.addEventListener('abort', () => this.caller.retries.release(), { once: true })
  }

  /** Takes up id after id, no faster than slots become free. */
  async takeAll(ids: AsyncIterable<string>): Promise<void> {
    try {
      for await (const id of ids) {
        this.open.add(id)
        if (this.stopping.stopped) return
        this.running += 1
        void this.settle(id)
        while (!this.hasRoom()) await this.change()
      }
    } catch (error) {
      this.stopping.fail(error)
    }
  }

  /** Resolves when no id is under way any more. */
  async drained(): Promise<void> {
    while (this.running > 0) await this.change()
  }

  result(): FetchResult {
    if (this.stopping.failure) throw this.stopping.failure.error
    const { stop } = this.stopping
    const { calls, learned } = this.caller
    const seconds = (this.options.effects.elapsed() - this.startedAt) / 1000
    return { calls, ...(stop ? { stop } : {}), unfinished: this.open, seconds, learned }
  }

  /** Whether to take up another id; when the run has stopped, to find that out. */
  private hasRoom(): boolean {
    if (this.stopping.stopped) return true
    return this.open.size < OPEN_IDS && this.limit.pendingCount < this.options.policy.concurrency
  }

  private change(): Promise<void> {
    return new Promise((resolve) => (this.changed = resolve))
  }

  /** Never rejects: what goes wrong stops the run. */
  private async settle(id: string): Promise<void> {
    const { policy, effects } = this.options
    const wait = (ms: number) => this.stopping.sleep(ms, effects.sleep)
    try {
      const outcome = await retryUntilFinal(policy, { random: effects.random, wait }, (number) => this.ask(id, number))
      if (outcome.kind !== 'stop') {
        this.open.delete(id)
        this.emit({ type: 'done', id, kind: outcome.kind, code: outcome.code })
      }
    } catch (error) {
      if (!(error instanceof Stopped)) this.stopping.fail(error)
    } finally {
      this.running -= 1
      this.caller.retries.forget(id)
      this.changed?.()
    }
  }

  /** A slot for each call, not for the id: one that waits for its next try holds none. */
  private async ask(id: string, number: number): Promise<Outcome> {
    const { retries } = this.caller
    const leave = number === 1 ? undefined : retries.leave(id)
    if (leave) {
      if (this.calling === 0) retries.idle()
      await leave
    }
    this.calling += 1
    try {
      return await this.limit(() => this.caller.call(id, number).finally(() => this.changed?.()))
    } finally {
      this.calling -= 1
      if (this.calling === 0) retries.idle()
    }
  }
}
