import type { Effects } from './effects.js'
import type { Narrator } from './narrator.js'

const TERMINAL_INTERVAL = 100
const PLAIN_INTERVAL = 30_000
/** The pace shown is that of so many milliseconds before. */
const PACE_WINDOW = 30_000

/** What is being counted; the fetch moves these numbers, the line shows them. */
export interface Tally {
  done: number
  readonly total: number
  /** Ids asked at least once. */
  asked: number
  inFlight: number
  failed: number
  /** Calls that were billed, and calls that may have been. */
  billed: number
  maybeBilled: number
  /** Why no more is asked. */
  stop?: string
  readonly price: number
}

export function newTally(total: number, price: number): Tally {
  return { done: 0, total, asked: 0, inFlight: 0, failed: 0, billed: 0, maybeBilled: 0, price }
}

/** A stretch of time in two units at most: `12s`, `3m20s`, `5h07m`. */
export function timeOf(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  const s = Math.round(seconds)
  if (s < 60) return `${s}s`
  if (s < 3600) return `${Math.floor(s / 60)}m${String(s % 60).padStart(2, '0')}s`
  return `${Math.floor(s / 3600)}h${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}m`
}

/** One line of at most 79 columns. */
export function progressLine(tally: Tally, idsPerSecond: number, bar: boolean): string {
  const share = tally.total === 0 ? 1 : tally.done / tally.total
  const filled = Math.round(share * 16)
  const drawn = bar ? `[${'#'.repeat(filled)}${'.'.repeat(16 - filled)}] ` : ''
  const left = timeOf((tally.total - tally.done) / idsPerSecond)
  const percent = `${Math.floor(share * 100)}%`
  return (
    `${drawn}${percent} ${tally.done}/${tally.total} ${idsPerSecond.toFixed(idsPerSecond < 10 ? 1 : 0)}/s ` +
    `${tally.inFlight} in flight ${tally.failed} failed ¥${((tally.billed + tally.maybeBilled) * tally.price).toFixed(2)} ${left} left`
  )
}

/** Shows the tally: ten times a second in place on a terminal, else one line every 30 s. `stop` takes the line away. */
export function startProgress(
  narrator: Narrator,
  tally: Tally,
  { elapsed }: Pick<Effects, 'elapsed'>,
): { stop(): void } {
  const samples: { at: number; done: number }[] = [{ at: elapsed(), done: tally.done }]
  const render = () => {
    const now = elapsed()
    samples.push({ at: now, done: tally.done })
    while (samples.length > 2 && now - samples[0]!.at > PACE_WINDOW) samples.shift()
    const { at, done } = samples[0]!
    const line = progressLine(tally, ((tally.done - done) * 1000) / Math.max(1, now - at), narrator.isTerminal)
    if (narrator.isTerminal) narrator.show(line)
    else narrator.log('info', line)
  }
  const timer = setInterval(render, narrator.isTerminal ? TERMINAL_INTERVAL : PLAIN_INTERVAL)
  timer.unref()
  return {
    stop() {
      clearInterval(timer)
      narrator.show('')
    },
  }
}
