import { createFetch, FetchError } from 'ofetch'
import type { Effects } from '../../core/effects.js'
import type { Redact } from '../../core/redact.js'
import type { Answer, CallEnd, Intent, NoAnswer } from '../../model/call.js'
import type { Pipeline } from '../../model/pipeline.js'
import { openWire, type Reply } from './connection.js'
import { TransportFault } from './transportFault.js'

/** The API of one run, over connections that are kept. */
export interface ApiClient {
  /** One request, without any retry. Never rejects for a reason of the network or the upstream. */
  attempt(intent: Intent): Promise<CallEnd>
  close(): Promise<void>
}

export interface ApiClientOptions {
  /** Origin, and the path that stands before those of the pipeline. */
  readonly base: URL
  readonly token: string
  /** Deadline of one attempt, from connecting to the last byte. */
  readonly timeoutMs: number
  readonly connections: number
  readonly pipeline: Pick<Pipeline, 'request'>
  /** Takes the token out of everything that leaves here. */
  readonly redact: Redact
  readonly effects: Pick<Effects, 'now' | 'elapsed'>
}

/** A cut body may end in a piece of the token, which is then no token to be found; pieces shorter than this tell nothing. */
const TELLING_PIECE = 6

/**
 * ofetch over a thin response on undici: the body has arrived whole, or not at all, before ofetch sees it. The token is
 * added below ofetch, whose errors name the URL; so it is in no error that could be raised here.
 */
export function openApiClient(options: ApiClientOptions): ApiClient {
  const { base, token, timeoutMs, connections, pipeline, redact, effects } = options
  const wire = openWire({ origin: base.origin, connections, timeoutMs, effects })
  const prefix = base.pathname.replace(/\/+$/, '')
  const secret = `token=${encodeURIComponent(token)}`

  const api = createFetch({
    fetch: async (path) => thinResponse(await wire.get(withQuery(path as string, secret))),
  })
  const pathOf = (id: string) => {
    const { path, query } = pipeline.request(id)
    const pairs = Object.entries(query).map(
      ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
    )
    return withQuery(prefix + path, pairs.join('&'))
  }
  const redactBytes = (bytes: Buffer): Buffer => {
    // Latin-1 gives every byte back as it was, and the token is plain ASCII.
    const text = bytes.toString('latin1')
    const redacted = redact(text)
    return redacted === text ? bytes : Buffer.from(redacted, 'latin1')
  }
  const redactPart = (bytes: Buffer): Buffer => {
    const whole = redactBytes(bytes)
    for (let length = Math.min(token.length - 1, whole.length); length >= TELLING_PIECE; length -= 1) {
      if (whole.subarray(-length).equals(Buffer.from(token.slice(0, length)))) return whole.subarray(0, -length)
    }
    return whole
  }

  return {
    async attempt({ seq, id, attempt, sentAt }) {
      const intent = { seq, id, attempt, sentAt }
      const startedAt = effects.elapsed()
      try {
        const response = await api.raw(pathOf(id), {
          retry: false,
          ignoreResponseError: true,
          responseType: 'stream',
        })
        const { reply } = response as unknown as ThinResponse
        return {
          ...intent,
          kind: 'answer',
          receivedAt: effects.now(),
          ms: effects.elapsed() - startedAt,
          status: reply.status,
          contentType: reply.contentType === undefined ? null : redact(reply.contentType),
          retryAfter: reply.retryAfter === undefined ? null : redact(reply.retryAfter),
          body: redactBytes(reply.body),
        } satisfies Answer
      } catch (error) {
        const cause = error instanceof FetchError ? error.cause : error
        if (!(cause instanceof TransportFault)) throw cause
        return {
          ...intent,
          kind: 'no_answer',
          receivedAt: effects.now(),
          ms: effects.elapsed() - startedAt,
          fault: cause.fault,
          detail: redact(cause.message).replace(/\s+/g, ' ').slice(0, 500),
          ...(cause.part ? { part: redactPart(cause.part) } : {}),
        } satisfies NoAnswer
      }
    },
    close: () => wire.close(),
  }
}

interface ThinResponse {
  readonly reply: Reply
}

/** What ofetch looks at in a Response, and what we take out of it again. */
function thinResponse(reply: Reply): Response {
  const thin: ThinResponse & Pick<Reply, 'status' | 'body'> = { reply, status: reply.status, body: reply.body }
  return thin as unknown as Response
}

function withQuery(path: string, query: string): string {
  if (query === '') return path
  return `${path}${path.includes('?') ? '&' : '?'}${query}`
}
