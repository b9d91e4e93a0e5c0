import { Pool, type Dispatcher } from 'undici'
import type { Effects } from '../../core/effects.js'
import { decodeBody, decodePart, MAX_RESPONSE_BYTES } from './decodeBody.js'
import { broken, TransportFault, unsent } from './transportFault.js'

const CONNECT_TIMEOUT_MS = 10_000
const REDIRECTS = [301, 302, 303, 307, 308]
const HEADERS = ['accept', 'application/json', 'accept-encoding', 'gzip, deflate, br', 'user-agent', 'creator-enrich']

/**
 * A deadline that fires this much too late was missed by a process that stood still, not by the upstream; what has
 * arrived meanwhile gets a moment to be read before the call counts as unanswered.
 */
const LATE_MS = 1_000

/** A whole answer, content encodings undone. */
export interface Reply {
  readonly status: number
  readonly contentType: string | undefined
  readonly retryAfter: string | undefined
  readonly body: Buffer
}

export interface HttpConnection {
  /** One GET over one of the run's kept connections. @throws Fault, and nothing else for a reason of the network */
  get(path: string): Promise<Reply>
  close(): Promise<void>
}

export interface HttpConnectionOptions {
  readonly origin: string
  readonly connections: number
  /** From the first step of connecting to the last byte of the body. */
  readonly timeoutMs: number
  readonly effects: Pick<Effects, 'elapsed'>
}

/** Connections to one origin. Redirects are never followed, certificates always verified, nothing is sent twice. */
export function openWire({ origin, connections, timeoutMs, effects }: HttpConnectionOptions): HttpConnection {
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    connect: { timeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs), rejectUnauthorized: true },
    // One deadline for the whole call is kept by `Exchange`.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return {
    async get(path) {
      const exchange = new Exchange(timeoutMs, effects)
      pool.dispatch({ path, method: 'GET', headers: HEADERS }, exchange)
      const { status, headers, body } = await exchange.reply
      return {
        status,
        contentType: textOf(headers['content-type']),
        retryAfter: textOf(headers['retry-after']),
        body: await decodeBody(body, textOf(headers['content-encoding'])),
      }
    },
    close: () => pool.destroy(),
  }
}

type RawHeaders = Record<string, string | string[] | undefined>
interface RawReply {
  readonly status: number
  readonly headers: RawHeaders
  readonly body: Buffer
}

/** Gathers one answer. That `onRequestStart` was not called proves that no byte of the request was written. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly reply: Promise<RawReply>
  private resolve!: (reply: RawReply) => void
  private reject!: (fault: TransportFault) => void
  private settled = false
  private controller: Dispatcher.DispatchController | undefined
  private timer: NodeJS.Timeout
  private status = 0
  private headers: RawHeaders = {}
  private readonly chunks: Buffer[] = []
  private bytes = 0

  constructor(
    private readonly timeoutMs: number,
    private readonly effects: Pick<Effects, 'elapsed'>,
  ) {
    this.reply = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    const deadline = effects.elapsed() + timeoutMs
    this.timer = setTimeout(() => this.onDeadline(deadline), timeoutMs)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    if (this.settled) controller.abort(new Error('given up before it was sent'))
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    if (status < 200) return
    this.status = status
    this.headers = headers
    const location = textOf(headers['location'])
    if (REDIRECTS.includes(status) && location !== undefined) {
      this.fail(new TransportFault('redirect', `redirected to ${hostOf(location)} (HTTP ${status}), not followed`))
    } else if (Number(textOf(headers['content-length'])) > MAX_RESPONSE_BYTES) {
      this.fail(tooLarge())
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.settled) return
    this.bytes += chunk.length
    if (this.bytes > MAX_RESPONSE_BYTES) this.fail(tooLarge())
    else this.chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (!this.settle()) return
    this.resolve({ status: this.status, headers: this.headers, body: this.body() })
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    this.fail(this.controller ? broken(error, this.part()) : unsent(error))
  }

  private onDeadline(deadline: number): void {
    if (this.effects.elapsed() - deadline > LATE_MS) {
      this.timer = setTimeout(() => this.onDeadline(Infinity), LATE_MS)
      return
    }
    const seconds = `${this.timeoutMs / 1000} s`
    if (this.controller) this.fail(new TransportFault('timeout', `no whole answer within ${seconds}`, this.part()))
    else this.fail(unsent(new Error(`no connection within ${seconds}`)))
  }

  private fail(fault: TransportFault): void {
    if (!this.settle()) return
    this.reject(fault)
    this.controller?.abort(fault)
  }

  private settle(): boolean {
    if (this.settled) return false
    this.settled = true
    clearTimeout(this.timer)
    return true
  }

  private body(): Buffer {
    return this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks, this.bytes)
  }

  private part(): Buffer | undefined {
    return decodePart(this.body(), textOf(this.headers['content-encoding']))
  }
}

function tooLarge(): TransportFault {
  return new TransportFault('too_large', `the answer has more than ${MAX_RESPONSE_BYTES} bytes`)
}

function hostOf(location: string): string {
  if (!URL.canParse(location)) return location.startsWith('/') ? 'itself' : 'an unreadable address'
  return new URL(location).host
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header
}
