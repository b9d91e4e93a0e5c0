/** One thing that a run needs. */
export interface Check {
  readonly name: string
  readonly verdict: 'ok' | 'warn' | 'fail'
  /** What was found, and what to do about it. */
  readonly said: string
  /** With which a run would end; only of a failure. */
  readonly exit_code?: number
}

/** What `doctor --json` prints. */
export interface DoctorReport {
  readonly data: string
  /** That of the first failure, else 0. */
  readonly exit_code: number
  readonly checks: readonly Check[]
}

/** A line each. */
export function doctorText({ checks }: DoctorReport): string {
  return checks.map(({ name, verdict, said }) => `${verdict.padEnd(6)}${name.padEnd(10)}${said}\n`).join('')
}
