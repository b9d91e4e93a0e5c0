import { setTimeout as delay } from 'node:timers/promises'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Clock, random numbers and log as one parameter, so that a test can control them. */
export interface Effects {
  /** Wall clock, milliseconds since 1970: for times that are stored. */
  now(): number
  /** Monotonic clock, milliseconds: for durations and deadlines. */
  elapsed(): number
  /** Rejects with the signal's reason when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** 0 ≤ x < 1. */
  random(): number
  /** Writes a message for people. The receiver redacts the token. */
  log(level: LogLevel, message: string): void
}

/** The real clock and random numbers, with this receiver of log messages. */
export function liveEffects(log: Effects['log']): Effects {
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}),
    random: () => Math.random(),
    log,
  }
}
