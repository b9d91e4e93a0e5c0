import type { Effects } from '../../src/core/effects.js'
import { fetchAll, type FetchEvent, type FetchOptions, type FetchResult } from '../../src/fetch/fetchAll.js'
import type { FetchPolicy } from '../../src/fetch/fetchPolicy.js'
import type { CallEnd } from '../../src/model/call.js'
import { idOf, interpret, profileOf } from './servers.js'

interface Alarm {
  readonly at: number
  readonly ring: () => void
}

/** Time that passes only when all tasks wait for it, so that an hour takes a second and every run is the same. */
export class VirtualTime {
  ms = 0
  private readonly alarms: Alarm[] = []
  private seed = 1

  readonly effects: Effects = {
    now: () => this.ms,
    elapsed: () => this.ms,
    sleep: (ms, signal) => this.sleep(ms, signal),
    random: () => this.random(),
    log: () => undefined,
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.at(this.ms + ms, resolve)
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
  }

  /** Calls back at this time. */
  at(ms: number, ring: () => void): void {
    let place = this.alarms.length
    while (place > 0 && this.alarms[place - 1]!.at > ms) place -= 1
    this.alarms.splice(place, 0, { at: ms, ring })
  }

  /** 0 ≤ x < 1, the same sequence every time: mulberry32. */
  random(): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0
    let t = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000
  }

  /** Lets time pass until this promise settles. @throws Error if all tasks wait and no alarm is set */
  async run<T>(promise: Promise<T>): Promise<T> {
    const state = { settled: false }
    const done = () => (state.settled = true)
    promise.then(done, done)
    for (;;) {
      // Tasks that need no time go on first.
      await new Promise((resolve) => setImmediate(resolve))
      if (state.settled) return promise
      const next = this.alarms.shift()
      if (!next) throw new Error('all tasks wait, and no alarm is set')
      this.ms = Math.max(this.ms, next.at)
      next.ring()
    }
  }
}

/** The answer to one call; `code` null: the connection breaks. */
export interface Reply {
  readonly code: number | null
  readonly ms: number
  readonly retryAfter?: string
}

export interface ModelCall {
  readonly at: number
  readonly id: string
  readonly attempt: number
  readonly inFlight: number
  readonly code: number | null
}

/** An upstream in virtual time, with a record of its calls. */
export class Model {
  readonly calls: ModelCall[] = []
  private inFlight = 0

  constructor(
    private readonly time: VirtualTime,
    private readonly reply: (call: { readonly at: number; readonly id: string; readonly inFlight: number }) => Reply,
  ) {}

  async attempt(intent: { seq: number; id: string; attempt: number; sentAt: number }): Promise<CallEnd> {
    const { id, attempt } = intent
    const at = this.time.ms
    this.inFlight += 1
    const { code, ms, retryAfter } = this.reply({ at, id, inFlight: this.inFlight })
    this.calls.push({ at, id, attempt, inFlight: this.inFlight, code })
    await this.time.sleep(ms)
    this.inFlight -= 1
    const ended = { ...intent, receivedAt: this.time.ms, ms: this.time.ms - at }
    if (code === null) return { ...ended, kind: 'no_answer', fault: 'broken', detail: 'broken' }
    const body = Buffer.from(JSON.stringify(code === 0 ? profileOf(id) : { code, message: null, data: null }))
    const headers = { contentType: 'application/json', retryAfter: retryAfter ?? null }
    return { ...ended, kind: 'answer', status: 200, ...headers, body }
  }

  count(code: number | null, from = 0, to = Infinity): number {
    return this.calls.filter((call) => call.code === code && call.at >= from && call.at < to).length
  }
}

/** The limit of an upstream: calls a second, and calls at once after a quiet time. */
export class Limit {
  private tokens: number
  private at = 0

  constructor(
    public perSecond: number,
    public burst: number,
  ) {
    this.tokens = burst
  }

  lets(now: number): boolean {
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.at) / 1000) * this.perSecond)
    this.at = now
    if (this.tokens < 1) return false
    this.tokens -= 1
    return true
  }
}

export interface Run extends FetchResult {
  readonly events: readonly FetchEvent[]
}

/** A whole fetch of this many ids in virtual time, with a journal that takes no time. */
export async function fetchIn(
  time: VirtualTime,
  upstream: Pick<Model, 'attempt'>,
  ids: number,
  policy: Partial<FetchPolicy> = {},
  more: Partial<FetchOptions> = {},
): Promise<Run> {
  async function* each() {
    for (let n = 1; n <= ids; n += 1) yield await Promise.resolve({ id: idOf(n) })
  }
  const events: FetchEvent[] = []
  const running = fetchAll({
    ids: each(),
    upstream,
    journal: { intent: () => Promise.resolve(), end: () => Promise.resolve() },
    interpret,
    policy: { concurrency: 32, attempts: 5, giveUpMs: 600_000, onAmbiguous: 'retry', ...policy },
    effects: time.effects,
    onEvent: (event) => events.push(event),
    ...more,
  })
  return { ...(await time.run(running)), events }
}
