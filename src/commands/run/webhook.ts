import type { Effects } from '../../core/effects.js'
import { messageOf } from '../../core/errors.js'
import type { Redact } from '../../core/redact.js'
import { count, plural } from '../../core/text.js'
import type { Receipt } from '../../model/receipt.js'

/** What is told at the end of a run: its receipt, or why there is none. */
export type RunEnd = Receipt | { readonly exit_code: number; readonly error: string }

const PATIENCE_MS = 10_000

/**
 * Bots of chat services take a text, each in its own shape (their pages on incoming webhooks, November 2026); everybody
 * else gets the receipt itself.
 */
const SHAPES: readonly (readonly [host: RegExp, body: (text: string) => unknown])[] = [
  [/(^|\.)slack\.com$/, (text) => ({ text })],
  [/(^|\.)(feishu\.cn|larksuite\.com)$/, (text) => ({ msg_type: 'text', content: { text } })],
  [/(^|\.)dingtalk\.com$/, (text) => ({ msgtype: 'text', text: { content: text } })],
]

/**
 * Posts the end of a run to a webhook. Never throws, and never takes longer than ten seconds: what became of the run is
 * settled. The address is a secret of its own, so only its host is told.
 */
export async function notify(
  url: string,
  told: RunEnd,
  { log, redact }: { readonly log: Effects['log']; readonly redact: Redact },
): Promise<void> {
  const { host } = new URL(url)
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: redact(JSON.stringify(bodyFor(url, told))),
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    await response.body?.cancel()
    if (!response.ok) log('warn', `${host} did not take the notification: HTTP ${response.status}`)
  } catch (error) {
    const cause = (error as Error).cause
    log('warn', `${host} could not be notified: ${messageOf(cause ?? error).replaceAll(url, host)}`)
  }
}

/** What this address understands. */
export function bodyFor(url: string, told: RunEnd): unknown {
  const { hostname } = new URL(url)
  const shape = SHAPES.find(([pattern]) => pattern.test(hostname))?.[1]
  return shape ? shape(runEndText(told)) : told
}

/** The receipt as a person would write it into a chat. */
export function runEndText(told: RunEnd): string {
  if ('error' in told) return `creator-enrich: exit ${told.exit_code}: ${told.error}`
  const { ids, calls, money, stop, exit_code, lists, simulated, seconds } = told
  const names = lists.map(({ list }) => list).join(', ')
  const parts = (['enriched', 'reused', 'empty', 'failed', 'rejected', 'parked'] as const)
    .filter((status) => ids[status] > 0)
    .map((status) => `${count(ids[status])} ${status}`)
  const maybe = money.maybe_billed > 0 ? ` and maybe ${money.currency} ${money.maybe_billed.toFixed(2)}` : ''
  const spent = simulated ? 'simulated, no money spent' : `${money.currency} ${money.billed.toFixed(2)}${maybe}`
  const lines = [
    `creator-enrich: ${names}: exit ${exit_code}${stop ? `, stopped: ${stop.message}; to go on: ${stop.run_again}` : ''}`,
    `${plural(ids.read, 'id')}: ${parts.join(', ') || 'none'}`,
    `${plural(calls.sent, 'call')}, ${spent}, ${Math.round(seconds)} s`,
  ]
  return lines.join('\n')
}
