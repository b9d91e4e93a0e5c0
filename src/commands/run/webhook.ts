import { createFetch, type $Fetch } from 'ofetch'
import pRetry from 'p-retry'
import { Agent, fetch } from 'undici'
import type { ProxyServer } from '../../config/proxy.js'
import type { Effects } from '../../core/effects.js'
import { messageOf } from '../../core/errors.js'
import type { Redact } from '../../core/redact.js'
import { count, plural } from '../../core/text.js'
import { certificateRemedy, isRefusedCertificate } from '../../fetch/http/transportFault.js'
import { connectorThrough, ProxyRefusal } from '../../fetch/http/tunnel.js'
import { changeText, type Receipt } from '../../model/receipt.js'

/** A run without a receipt: what failed, and where. */
export interface FailedRun {
  readonly run_id: string
  readonly exit_code: number
  readonly error: string
  readonly data: string
  readonly lists: readonly { readonly list: string }[]
}

/** The end of a run. */
export type RunEnd = Receipt | FailedRun

/** For all attempts together. */
const LIMIT_MS = 10_000
/** Two more attempts, after 0.5 to 1 s and after 1 to 2 s. */
const BACKOFF = { retries: 2, minTimeout: 500, factor: 2, randomize: true }

/**
 * A bot of a chat service takes a text, each service in its own shape (their pages on incoming webhooks, November 2026). Any
 * other address gets the receipt itself.
 */
const SHAPES: readonly (readonly [host: RegExp, body: (text: string) => unknown])[] = [
  [/(^|\.)slack\.com$/, (text) => ({ text })],
  [/(^|\.)(feishu\.cn|larksuite\.com)$/, (text) => ({ msg_type: 'text', content: { text } })],
  [/(^|\.)dingtalk\.com$/, (text) => ({ msgtype: 'text', text: { content: text } })],
]

export interface NotifyOptions {
  readonly log: Effects['log']
  readonly redact: Redact
  readonly proxy?: ProxyServer | undefined
  /** Ten seconds if absent. */
  readonly limitMs?: number
}

/**
 * Posts the end of a run to a webhook. Never throws, and never takes longer than ten seconds, because the run is over. The
 * address is a secret of its own, so a message names only its host.
 */
export async function notify(url: string, end: RunEnd, options: NotifyOptions): Promise<void> {
  const { log, redact, proxy, limitMs = LIMIT_MS } = options
  const { host } = new URL(url)
  const signal = AbortSignal.timeout(limitMs)
  const body = redact(JSON.stringify(bodyFor(url, end)))
  const agent = new Agent({ connect: connectorThrough(proxy, limitMs) })
  const request = fetchOver(agent)
  try {
    await pRetry(() => post(request, url, body, signal), {
      ...BACKOFF,
      signal,
      shouldRetry: ({ error }) => mayPass(error),
    })
  } catch (error) {
    if (error instanceof Refused)
      log('warn', `${host} did not take the notification: ${error.message}`, 'notify_failed')
    else log('warn', `${host} could not be notified: ${reasonOf(error).replaceAll(url, host)}`, 'notify_failed')
  } finally {
    await agent.destroy()
  }
}

/** Node's own fetch may bring another undici, which takes no agent of this one, and may follow a proxy by itself. */
function fetchOver(agent: Agent): $Fetch {
  type Fetch = typeof globalThis.fetch
  const overAgent = ((url: string, init: object) => fetch(url, { ...init, dispatcher: agent })) as unknown as Fetch
  return createFetch({ fetch: overAgent })
}

/** The webhook answered, and not with success. */
class Refused extends Error {
  constructor(readonly status: number) {
    super(`HTTP ${status}`)
  }
}

async function post(request: $Fetch, url: string, body: string, signal: AbortSignal): Promise<void> {
  const response = await request.raw(url, {
    method: 'POST',
    body,
    redirect: 'error',
    retry: false,
    // Without these two ofetch reads the answer, however long it is.
    responseType: 'stream',
    ignoreResponseError: true,
    signal,
  })
  await response.body?.cancel()
  if (!response.ok) throw new Refused(response.status)
}

/** Faults of the network that may pass, as Node and undici name them; a certificate or a redirect that is refused does not. */
const PASSING =
  /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EAI_AGAIN|ENOTFOUND|UND_ERR_(SOCKET|CONNECT|HEADERS_TIMEOUT|BODY_TIMEOUT))/

/** Whether another attempt may succeed: after a network fault, 5xx or 429; not after a redirect or the time limit. */
function mayPass(error: Error): boolean {
  if (error instanceof Refused) return error.status >= 500 || error.status === 429
  const root = rootOf(error)
  if (root instanceof ProxyRefusal) return root.status >= 500
  return PASSING.test(String((root as { code?: unknown }).code))
}

/** ofetch writes the whole address into its message, so only the innermost cause is shown. */
function reasonOf(error: unknown): string {
  const root = rootOf(error)
  // A host with several addresses fails without a message of its own.
  const reason = messageOf(root).split('\n')[0] || String((root as { code?: unknown }).code)
  return isRefusedCertificate(root) ? `${reason}; ${certificateRemedy(root)}` : reason
}

function rootOf(error: unknown): unknown {
  const cause = (error as { cause?: unknown }).cause
  return cause === undefined ? error : rootOf(cause)
}

/** The body in the shape that this address takes. */
export function bodyFor(url: string, end: RunEnd): unknown {
  const { hostname } = new URL(url)
  const shape = SHAPES.find(([pattern]) => pattern.test(hostname))?.[1]
  return shape ? shape(runEndText(end)) : end
}

/** The receipt as a person would write it into a chat. */
export function runEndText(end: RunEnd): string {
  if ('error' in end) {
    const names = end.lists.map(({ list }) => list).join(', ')
    return `creator-enrich: ${names && `${names}: `}exit ${end.exit_code}: ${end.error}\nfolder ${end.data}`
  }
  const { ids, calls, money, stop, exit_code, exit_reason, lists, simulated, seconds } = end
  const names = lists.map(({ list }) => list).join(', ')
  const parts = (['enriched', 'reused', 'empty', 'failed', 'rejected', 'parked'] as const)
    .filter((status) => ids[status] > 0)
    .map((status) => `${count(ids[status])} ${status}`)
  const maybe = money.maybe_billed > 0 ? ` and maybe ${money.currency} ${money.maybe_billed.toFixed(2)}` : ''
  const spent = simulated ? 'simulated, no money spent' : `${money.currency} ${money.billed.toFixed(2)}${maybe}`
  const lines = [
    `creator-enrich: ${names}: exit ${exit_code}${exit_reason === null ? '' : ` (${exit_reason})`}${stop ? `, stopped: ${stop.message}; to go on: ${stop.run_again}` : ''}`,
    `${plural(ids.read, 'id')}: ${parts.join(', ') || 'none'}`,
    `${plural(calls.sent, 'call')}, ${spent}, ${Math.round(seconds)} s`,
    ...lists.map(changeText),
  ]
  return lines.join('\n')
}
