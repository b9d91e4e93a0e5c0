/** Every exit code, a part of the command's contract. docs/exit-codes.md says what to do about each. */
export const EXIT = {
  /** Done; a cap that was set was respected. */
  done: 0,
  /** A bug in creator-enrich. */
  bug: 1,
  /** Usage, configuration or input is wrong: nothing was sent. Also a redirect by the host, or a proxy that does not accept the user. */
  usage: 2,
  /** Done, but more of the fetched ids failed than `--max-failed` allows, or all of them. */
  manyFailed: 3,
  /** The token or its permission was refused (codes 100, 600), or the route is wrong (404). */
  refused: 4,
  /** Parked: the daily quota (303) or the balance (601, 602) is used up. */
  parked: 5,
  /** The API is down, unreachable or throttles without end, or many billed answers in a row held no usable profile. */
  unreachable: 6,
  /** Local trouble: the disk, the state or the target cannot be used. */
  local: 7,
  /** Another run holds the data folder. */
  busy: 8,
  /** `replay --check` found differences, or `forget --check` a person who is not erased. */
  differs: 9,
  /** Stopped in order by SIGINT. */
  interrupted: 130,
  /** Stopped in order by SIGTERM, or by a closed terminal (SIGHUP). */
  terminated: 143,
} as const

/**
 * Errors are named by what the run must do about them. The message is one line: what, where, what to do.
 */
export abstract class RunError extends Error {
  abstract readonly exitCode: number
  abstract readonly code: string
}

/** Usage, configuration or input is wrong: nothing was sent. */
export class UsageError extends RunError {
  override readonly name = 'UsageError'
  readonly exitCode = EXIT.usage
  readonly code = 'usage'
}

/** The disk, the state or the target cannot be used: sending stops, paid answers are safe. */
export class LocalError extends RunError {
  override readonly name = 'LocalError'
  readonly exitCode = EXIT.local
  readonly code = 'local'
}

/** Another run holds this data folder: nothing was done. */
export class BusyError extends RunError {
  override readonly name = 'BusyError'
  readonly exitCode = EXIT.busy
  readonly code = 'busy'
}

/** A signal stopped the command before anything was sent. */
export class StoppedError extends RunError {
  override readonly name = 'StoppedError'
  readonly code = 'stopped'

  /** @param exitCode that of the signal */
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message)
  }
}

/** The exit code of anything thrown: an error that is not a `RunError` is a bug. */
export function exitCodeOf(error: unknown): number {
  return error instanceof RunError ? error.exitCode : EXIT.bug
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
