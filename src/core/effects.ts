import { setTimeout as delay } from 'node:timers/promises'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** The outside world as one parameter, so that a test can hold the clock and the dice. */
export interface Effects {
  /** Wall clock, milliseconds since 1970: for instants that are stored. */
  now(): number
  /** Never jumps, milliseconds: for durations and deadlines. */
  elapsed(): number
  /** Rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** 0 ≤ x < 1. */
  random(): number
  /** Narration for people, already redacted by the sink. */
  log(level: LogLevel, message: string): void
}

/** The live world; `log` is where narration goes. */
export function liveEffects(log: Effects['log']): Effects {
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}),
    random: () => Math.random(),
    log,
  }
}
