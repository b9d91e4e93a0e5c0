import type { ActiveClock } from '../core/activeClock.js'
import { moneyText } from '../core/text.js'
import type { Logger } from './logger.js'

const TERMINAL_INTERVAL = 100
const PLAIN_INTERVAL = 30_000
/** The pace is measured over this time, milliseconds. Standstills of this process do not count. */
const PACE_WINDOW = 30_000
const LONGEST_BAR = 16
const SHORTEST_BAR = 4

/** The counts of a fetch: the fetch changes them, the progress line shows them. */
export interface Tally {
  done: number
  total: number
  /** Ids with at least one call. */
  started: number
  inFlight: number
  failed: number
  /** Calls, retries included. */
  sent: number
  /** Calls that were billed, and calls that may have been. */
  billed: number
  maybeBilled: number
  /** Calls a second that the upstream allows, once this limit is known. */
  limitPerSecond?: number | undefined
  /** Why no more calls are made. */
  stop?: string
  /** Of the calls that are made now. */
  price: number
  /** Money of the calls that were billed, and of those that may have been. */
  moneyBilled: number
  moneyMaybeBilled: number
  readonly currency: string
}

export function newTally(total: number, price: number, currency: string): Tally {
  const calls = { done: 0, total, started: 0, inFlight: 0, failed: 0, sent: 0, billed: 0, maybeBilled: 0 }
  return { ...calls, price, moneyBilled: 0, moneyMaybeBilled: 0, currency }
}

/** A duration in at most two units: `12s`, `3m20s`, `5h07m`. */
export function timeOf(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  const s = Math.round(seconds)
  if (s < 60) return `${s}s`
  if (s < 3600) return `${Math.floor(s / 60)}m${String(s % 60).padStart(2, '0')}s`
  return `${Math.floor(s / 3600)}h${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}m`
}

/** A short time, never shown as none: `40 ms`, `2.5 s`. */
export function timeIn(ms: number): string {
  return ms < 999.5 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** The counts in one line, after a bar that fits into `columns`; without `columns` the bar is left out. */
export function progressLine(tally: Tally, idsPerSecond: number, columns = 0): string {
  const { done, total, inFlight, failed, moneyBilled, moneyMaybeBilled, currency, limitPerSecond } = tally
  const share = total === 0 ? 1 : done / total
  const numbers = [
    `${Math.floor(share * 100)}%`,
    `${done}/${total}`,
    `${perSecond(idsPerSecond)}/s${limitPerSecond === undefined ? '' : ` of ${perSecond(limitPerSecond)}`}`,
    `${inFlight} in flight`,
    `${failed} failed`,
    moneyText(moneyBilled + moneyMaybeBilled, currency),
    `${timeOf((total - done) / idsPerSecond)} left`,
  ].join(' ')
  const room = Math.min(LONGEST_BAR, columns - numbers.length - '[] '.length)
  if (room < SHORTEST_BAR) return numbers
  return `[${'#'.repeat(Math.round(share * room)).padEnd(room, '.')}] ${numbers}`
}

function perSecond(number: number): string {
  return number.toFixed(number < 10 ? 1 : 0)
}

/** Shows the tally: ten times a second in place on a terminal, else one line every 30 s. `stop` removes the line. */
export function startProgress(logger: Logger, tally: Tally, clock: Pick<ActiveClock, 'now'>): { stop(): void } {
  const samples: { at: number; done: number }[] = [{ at: clock.now(), done: tally.done }]
  const render = () => {
    const now = clock.now()
    samples.push({ at: now, done: tally.done })
    while (samples.length > 2 && now - samples[0]!.at > PACE_WINDOW) samples.shift()
    const { at, done } = samples[0]!
    const pace = ((tally.done - done) * 1000) / Math.max(1, now - at)
    if (logger.isTerminal) logger.show(progressLine(tally, pace, logger.columns - 1))
    else logger.log('info', progressLine(tally, pace), 'progress')
  }
  const timer = setInterval(render, logger.isTerminal ? TERMINAL_INTERVAL : PLAIN_INTERVAL)
  timer.unref()
  return {
    stop() {
      clearInterval(timer)
      logger.show('')
    },
  }
}
