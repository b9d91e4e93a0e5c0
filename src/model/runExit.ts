import { EXIT } from '../core/errors.js'
import type { StopReason } from './outcome.js'

const STOP_EXIT_CODES: Readonly<Record<Exclude<StopReason, 'signal' | 'cap'>, number>> = {
  token: EXIT.refused,
  permission: EXIT.refused,
  route: EXIT.refused,
  unreachable: EXIT.unreachable,
  quota: EXIT.parked,
  balance: EXIT.parked,
  redirect: EXIT.usage,
  proxy: EXIT.usage,
}

/** Why a run that came to its end, or to its cap, has exit code 3. */
export type ExitReason = 'failed' | 'parked'

/** What decides the exit code of a run. */
export interface ExitFacts {
  /** 130 or 143 if a signal stopped it. */
  readonly signalCode: number | undefined
  readonly stop: StopReason | undefined
  /** Ids with at least one call, and those of them that failed. */
  readonly askedIds: number
  readonly failedIds: number
  /** A larger share is too much, if it is at least so many ids. */
  readonly maxFailed: { readonly share: number; readonly ids: number }
  /** Ids that were due, and those of them that a cap parked. */
  readonly dueIds: number
  readonly cappedIds: number
  /** A larger share of the due ids is too much; undefined: any share is fine. */
  readonly alarmParked: number | undefined
}

/** The exit code of a finished run, in the order of docs/exit-codes.md, and why it is 3. */
export function runExit(run: ExitFacts): { readonly code: number; readonly reason: ExitReason | null } {
  if (run.signalCode !== undefined) return { code: run.signalCode, reason: null }
  if (run.stop !== undefined && run.stop !== 'signal' && run.stop !== 'cap')
    return { code: STOP_EXIT_CODES[run.stop], reason: null }
  if (hasManyFailed(run)) return { code: EXIT.manyFailed, reason: 'failed' }
  if (run.alarmParked !== undefined && run.cappedIds > run.alarmParked * run.dueIds)
    return { code: EXIT.manyFailed, reason: 'parked' }
  return { code: EXIT.done, reason: null }
}

/** A run in which every fetched id failed brought nothing, however small it is. */
function hasManyFailed({ askedIds, failedIds, maxFailed }: ExitFacts): boolean {
  if (askedIds === 0 || failedIds === 0) return false
  return failedIds >= askedIds || (failedIds >= maxFailed.ids && failedIds / askedIds > maxFailed.share)
}

/** How a run of table `runs` ended, such as `quota (5)`: by an error, whatever had stopped its calls before; else by what stopped them. */
export function endText({
  status,
  stop_reason,
  exit_code,
}: {
  readonly status: string
  readonly stop_reason: string | null
  readonly exit_code: number | null
}): string {
  if (exit_code === null) return 'killed'
  if (exit_code === EXIT.done) return stop_reason ?? status
  return `${isError(exit_code) ? 'error' : (stop_reason ?? status)} (${exit_code})`
}

/** Whether the run itself failed: nothing that the API or a person did has stopped it. */
export function isError(exitCode: number | null): boolean {
  return exitCode === EXIT.bug || exitCode === EXIT.local
}
