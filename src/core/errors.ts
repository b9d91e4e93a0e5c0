/**
 * Errors are named by what the run must do about them. The message is one line: what, where, what to do.
 * `exitCode` is part of the command's contract (docs/exit-codes.md).
 */
export abstract class RunError extends Error {
  abstract readonly exitCode: number
  abstract readonly code: string
}

/** Usage, configuration or input is wrong: nothing was sent. */
export class UsageError extends RunError {
  override readonly name = 'UsageError'
  readonly exitCode = 2
  readonly code = 'usage'
}

/** The disk, the state or the target cannot be used: sending stops, paid answers are safe. */
export class LocalError extends RunError {
  override readonly name = 'LocalError'
  readonly exitCode = 7
  readonly code = 'local'
}

/** Another run holds this data folder: nothing was done. */
export class BusyError extends RunError {
  override readonly name = 'BusyError'
  readonly exitCode = 8
  readonly code = 'busy'
}

/** The exit code of anything thrown: an error that is not a `RunError` is a bug. */
export function exitCodeOf(error: unknown): number {
  return error instanceof RunError ? error.exitCode : 1
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
