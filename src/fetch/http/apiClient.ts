import type { ProxyServer } from '../../config/proxy.js'
import type { Effects } from '../../core/effects.js'
import { endRedactor, type Redact } from '../../core/redact.js'
import type { CallEnd, Intent } from '../../model/call.js'
import { upstreamTime } from '../../model/clock.js'
import { DefinitionFault } from '../../model/definitionFaults.js'
import { requestOf, type Pipeline } from '../../model/pipeline.js'
import { openConnectionPool, type Reply } from './connectionPool.js'
import { TransportFault } from './transportFault.js'

/** The API of one run, over kept connections. */
export interface ApiClient {
  /** One request, without any retry. Never rejects for a reason of the network, the upstream or the pipeline. */
  attempt(intent: Intent): Promise<CallEnd>
  close(): Promise<void>
}

export interface ApiClientOptions {
  /** Origin, and the path that precedes the paths of the pipeline. */
  readonly base: URL
  readonly token: string
  /** Deadline of one attempt, from connecting to the last byte. */
  readonly timeoutMs: number
  readonly connections: number
  readonly proxy?: ProxyServer | undefined
  readonly pipeline: Pick<Pipeline, 'request' | 'resolvers'>
  /** Takes the token out of everything that the client returns. */
  readonly redact: Redact
  readonly effects: Pick<Effects, 'now' | 'elapsed'>
}

/** Builds the request with the token, and takes the token out of whatever comes back. */
export function openApiClient(options: ApiClientOptions): ApiClient {
  const { base, token, timeoutMs, connections, proxy, pipeline, redact, effects } = options
  const pool = openConnectionPool({ origin: base.origin, connections, timeoutMs, proxy, effects })
  const prefix = base.pathname.replace(/\/+$/, '')

  const send = (intent: Intent): Promise<Reply> => {
    const { path, query, form } = requestOf(pipeline, intent)
    const pairs = Object.entries({ ...(query ?? form), token }).map((pair) => pair.map(encodeURIComponent).join('='))
    if (form) return pool.request(prefix + path, pairs.join('&'))
    return pool.request(`${prefix}${path}${path.includes('?') ? '&' : '?'}${pairs.join('&')}`)
  }
  const edited = (bytes: Buffer, edit: Redact): Buffer => {
    // Latin-1 keeps every byte, and the token is plain ASCII.
    const text = bytes.toString('latin1')
    const redacted = edit(text)
    return redacted === text ? bytes : Buffer.from(redacted, 'latin1')
  }
  const redactEnd = endRedactor(token)
  const redactBytes = (bytes: Buffer): Buffer => edited(bytes, redact)
  const redactPart = (bytes: Buffer): Buffer => edited(bytes, (text) => redactEnd(redact(text)))
  const detailOf = (error: Error): string => redact(error.message).replace(/\s+/g, ' ').slice(0, 500)
  const redactHeader = (text: string | undefined) => (text === undefined ? null : redact(text))

  return {
    async attempt(intent) {
      const startedAt = effects.elapsed()
      const ended = () => ({
        ...intent,
        receivedAt: effects.now(),
        ms: effects.elapsed() - startedAt,
      })
      try {
        const { status, contentType, retryAfter, date, age, body } = await send(intent)
        const upstreamAt = upstreamTime(date, age)
        return {
          ...ended(),
          kind: 'answer',
          status,
          contentType: redactHeader(contentType),
          retryAfter: redactHeader(retryAfter),
          body: redactBytes(body),
          ...(upstreamAt === undefined ? {} : { upstreamAt }),
        }
      } catch (error) {
        // The intent is in the journal. Without an end, the call would count as maybe billed.
        if (error instanceof DefinitionFault)
          return { ...ended(), kind: 'no_answer', fault: 'unsent', detail: detailOf(error) }
        if (!(error instanceof TransportFault)) throw error
        return {
          ...ended(),
          kind: 'no_answer',
          fault: error.fault,
          detail: detailOf(error),
          ...(error.part ? { part: redactPart(error.part) } : {}),
        }
      }
    },
    close: () => pool.close(),
  }
}
