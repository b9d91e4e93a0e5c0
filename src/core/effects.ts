import { setTimeout as delay } from 'node:timers/promises'
import type { LogEvent, LogFields } from './logEvents.js'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Logs a message for people, with the name and the fields by which programs know it. Only a debug message may hold a user id. */
export type Log = (level: LogLevel, message: string, event?: LogEvent, fields?: LogFields) => void

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
  /** The receiver redacts the token. */
  readonly log: Log
}

/** The real clock and random numbers, with this receiver of log messages. */
export function liveEffects(log: Log): Effects {
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}),
    random: () => Math.random(),
    log,
  }
}
