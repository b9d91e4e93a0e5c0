import { Pool, type Dispatcher } from 'undici'
import type { ProxyServer } from '../../config/proxy.js'
import type { Effects } from '../../core/effects.js'
import { HTTP } from '../constants.js'
import { decodeBody, decodePart } from './decodeBody.js'
import { broken, TransportFault, unsent } from './transportFault.js'
import { connectorThrough } from './tunnel.js'

const REDIRECTS = [301, 302, 303, 307, 308]
const HEADERS = ['accept', 'application/json', 'accept-encoding', 'gzip, deflate, br', 'user-agent', 'creator-enrich']

const GET = { method: 'GET', headers: HEADERS } as const
const FORM_HEADERS = [...HEADERS, 'content-type', 'application/x-www-form-urlencoded']
const POST = { method: 'POST', headers: FORM_HEADERS } as const

/** A whole answer, its content encodings undone. */
export interface Reply {
  readonly status: number
  readonly contentType: string | undefined
  readonly retryAfter: string | undefined
  readonly date: string | undefined
  readonly age: string | undefined
  readonly body: Buffer
}

export interface ConnectionPool {
  /** One GET, or a POST of a form, over one of the kept connections. @throws TransportFault, and nothing else for a reason of the network */
  request(path: string, form?: string): Promise<Reply>
  close(): Promise<void>
}

export interface ConnectionPoolOptions {
  readonly origin: string
  readonly connections: number
  /** From the first step of connecting to the last byte of the body. */
  readonly timeoutMs: number
  /** Undefined: connections go straight to the origin. */
  readonly proxy?: ProxyServer | undefined
  readonly effects: Pick<Effects, 'elapsed'>
}

/** Connections to one origin. No redirect is followed, no request is sent twice, every certificate is verified. */
export function openConnectionPool(options: ConnectionPoolOptions): ConnectionPool {
  const { origin, connections, timeoutMs, proxy, effects } = options
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    connect: connectorThrough(proxy, Math.min(HTTP.connectTimeoutMs, timeoutMs)),
    // `Exchange` keeps one deadline for the whole call.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return {
    async request(path, form) {
      const exchange = new Exchange(timeoutMs, effects)
      pool.dispatch({ path, ...(form === undefined ? GET : { ...POST, body: form }) }, exchange)
      const { status, headers, body } = await exchange.reply
      return {
        status,
        contentType: textOf(headers['content-type']),
        retryAfter: textOf(headers['retry-after']),
        date: textOf(headers['date']),
        age: textOf(headers['age']),
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

/** Collects one answer. Before undici calls `onRequestStart`, no byte of the request has been written. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly reply: Promise<RawReply>
  private resolve!: (reply: RawReply) => void
  private reject!: (fault: TransportFault) => void
  private isOver = false
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
    if (this.isOver) controller.abort(new Error('given up before it was sent'))
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    if (status < 200) return
    this.status = status
    this.headers = headers
    const location = textOf(headers['location'])
    if (REDIRECTS.includes(status) && location !== undefined) {
      this.fail(new TransportFault('redirect', `redirected to ${hostOf(location)} (HTTP ${status}), not followed`))
    } else if (Number(textOf(headers['content-length'])) > HTTP.mostBodyBytes) {
      this.fail(tooLarge())
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver) return
    this.bytes += chunk.length
    if (this.bytes > HTTP.mostBodyBytes) this.fail(tooLarge())
    else this.chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (!this.finish()) return
    this.resolve({ status: this.status, headers: this.headers, body: this.body() })
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    this.fail(this.controller ? broken(error, this.part()) : unsent(error))
  }

  /** A process that was frozen fires its deadline late. The bytes that have arrived meanwhile get a moment to be read. */
  private onDeadline(deadline: number): void {
    if (this.effects.elapsed() - deadline > HTTP.lateDeadlineMs) {
      this.timer = setTimeout(() => this.onDeadline(Infinity), HTTP.lateDeadlineMs)
      return
    }
    const seconds = `${this.timeoutMs / 1000} s`
    if (this.controller) this.fail(new TransportFault('timeout', `no whole answer within ${seconds}`, this.part()))
    else this.fail(unsent(new Error(`no connection within ${seconds}`)))
  }

  private fail(fault: TransportFault): void {
    if (!this.finish()) return
    this.reject(fault)
    this.controller?.abort(fault)
  }

  /** @returns false if the exchange was over already */
  private finish(): boolean {
    if (this.isOver) return false
    this.isOver = true
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
  return new TransportFault('too_large', `the answer has more than ${HTTP.mostBodyBytes} bytes`)
}

function hostOf(location: string): string {
  if (!URL.canParse(location)) return location.startsWith('/') ? 'itself' : 'an unreadable address'
  return new URL(location).host
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header
}
