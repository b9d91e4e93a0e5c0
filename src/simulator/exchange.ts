import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { envelopeText, type Envelope } from './envelope.js'
import type { CodeTable } from '../model/vendor.js'
import type { SimulatorSettings } from './settings.js'

/** One call while it is being answered; a fault uses it to break the answer. */
export class Exchange {
  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly id: string,
    readonly token: string,
    readonly seq: number,
    readonly now: number,
    readonly settings: SimulatorSettings,
    readonly codes: CodeTable,
    /** `data` of a success, for this id or another. */
    readonly invent: (id: string) => unknown,
  ) {}

  get socket(): Socket {
    return this.request.socket
  }

  get url(): string {
    return this.request.url ?? ''
  }

  /** The token, repeated as a careless upstream does. */
  get tokenEcho(): string {
    return `token ${this.token} (?token=${encodeURIComponent(this.token)})`
  }

  /** The JSON text of a success, with these fields changed. */
  text(changed: Partial<Envelope> = {}): string {
    const envelope = { code: 0, message: null, ...changed }
    const data = 'data' in changed ? changed.data : this.invent(this.id)
    const message = this.settings.echoToken ? `${envelope.message ?? 'success'} ${this.tokenEcho}` : envelope.message
    return envelopeText({ ...envelope, message, data }, this.seq, this.now)
  }

  /** Sends a whole body with its length. */
  send(body: string | Buffer, status = 200, headers: Record<string, string> = {}): void {
    // Measuring the text and then writing it would encode it twice.
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    // Otherwise Node adds the date of this process.
    this.response.sendDate = false
    this.response.writeHead(status, {
      ...clockHeaders(this.now, this.settings),
      'content-type': 'application/json;charset=UTF-8',
      ...headers,
      'content-length': bytes.length,
    })
    this.response.end(bytes)
  }

  /** `Retry-After`, if the settings have one. */
  get retryAfter(): Record<string, string> {
    return this.settings.retryAfter === null ? {} : { 'retry-after': this.settings.retryAfter }
  }

  /** Writes bytes to the socket, because Node's HTTP refuses malformed ones; then closes or resets the connection. */
  sendRaw(bytes: string | Buffer, end: 'close' | 'reset'): void {
    this.socket.write(bytes, () => {
      // An immediate reset would discard bytes that the client has not read yet.
      if (end === 'reset') setTimeout(() => this.socket.resetAndDestroy(), 30)
      else this.socket.end()
    })
  }
}

/** `Date` and `Age`, as far as the settings have them. */
export function clockHeaders(now: number, { dateShiftMs, age }: SimulatorSettings): Record<string, string> {
  return {
    ...(dateShiftMs === null ? {} : { date: new Date(now + dateShiftMs).toUTCString() }),
    ...(age === null ? {} : { age }),
  }
}
