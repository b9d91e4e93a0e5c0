/** The check of one thing that a run needs. */
export interface Check {
  readonly name: string
  readonly verdict: 'ok' | 'warn' | 'fail'
  /** What was found, and what to do about it. */
  readonly said: string
  /** The code that a run would end with; only of a failure. */
  readonly exit_code?: number
}

export type CheckResult = Omit<Check, 'name'>

export const ok = (said: string): CheckResult => ({ verdict: 'ok', said })
export const warn = (said: string): CheckResult => ({ verdict: 'warn', said })
