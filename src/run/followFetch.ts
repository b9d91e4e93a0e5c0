import type { Effects } from '../core/effects.js'
import { plural } from '../core/text.js'
import type { FetchEvent } from '../fetch/fetchAll.js'
import { timeIn, type Tally } from '../terminal/progress.js'

const FAILED = new Set<string>(['refused', 'misdelivered', 'unreadable', 'retry', 'ambiguous'])

/** Updates the numbers of the progress line, and logs stops and pauses at once. */
export function followFetch(event: FetchEvent, tally: Tally, effects: Pick<Effects, 'log'>): void {
  if (event.type === 'sent') {
    if (event.attempt === 1) tally.started += 1
    tally.sent += 1
    tally.inFlight += 1
  } else if (event.type === 'end') {
    tally.inFlight -= 1
    tally.limitPerSecond = event.limitPerSecond
    if (event.billed === 'yes') {
      tally.billed += 1
      tally.moneyBilled += tally.price
    } else if (event.billed === 'maybe') {
      tally.maybeBilled += 1
      tally.moneyMaybeBilled += tally.price
    }
    if (event.kind !== 'profile') logCall(event, effects)
  } else if (event.type === 'done') {
    tally.done += 1
    if (FAILED.has(event.kind)) tally.failed += 1
  } else if (event.type === 'stopping') {
    tally.stop = event.stop.message
    const { message, reason, code } = event.stop
    effects.log(
      'warn',
      `stopping (${message})${tally.inFlight > 0 ? `; waiting for ${plural(tally.inFlight, 'call')} in flight` : ''}`,
      reason === 'cap' ? 'cap_reached' : 'stopping',
      { reason, code, in_flight: tally.inFlight },
    )
  } else if (event.pauseMs >= 1) {
    const why = event.type === 'throttled' ? 'the API throttles calls' : 'calls fail (API, network or DNS)'
    effects.log('info', `${why}: pausing for ${timeIn(event.pauseMs)}`, 'paused', { ms: Math.round(event.pauseMs) })
  }
}

function logCall(
  { id, kind, code, ms: exact }: Extract<FetchEvent, { type: 'end' }>,
  { log }: Pick<Effects, 'log'>,
): void {
  const ms = Math.round(exact)
  log('debug', `${id}: ${kind}, code ${code}, ${ms} ms`, 'call_ended', { id, kind, code, ms })
}
