import { EXIT } from '../core/errors.js'
import { dayIn } from '../core/time.js'
import type { StopReason } from '../model/outcome.js'
import { runExit } from '../model/runExit.js'
import type { Standing } from './accounts.js'
import type { WorkerStop } from './workerProgress.js'

/** Why a worker takes no batch now, for people; undefined: it may. */
export function whyWaiting(
  { isFleetStopped, stop, isDayTaken }: Standing,
  account: string,
  { timeZone, now }: { readonly timeZone: string; readonly now: number },
): string | undefined {
  if (isFleetStopped) return 'the fleet was stopped; `worker resume` lets it go on'
  if (stop) {
    const until =
      stop.resumesAt === undefined
        ? 'then `worker resume` lets it go on'
        : `it goes on at ${new Date(stop.resumesAt).toISOString()}`
    return `account ${account} is stopped (${stop.code}: ${stop.message}); ${until}`
  }
  return isDayTaken ? `the budget of account ${account} for ${dayIn(timeZone, now)} is spent` : undefined
}

/** The same for programs. */
export function stopOfStanding({ isFleetStopped, stop }: Standing, why: string): WorkerStop {
  if (stop && !isFleetStopped) return stop
  return { reason: isFleetStopped ? 'fleet' : 'cap', code: 'stopped', message: why }
}

/** The exit code of a worker that does not wait, although ids are left. A budget that is spent was asked for. */
export function exitCodeOfStanding({ isFleetStopped, stop }: Standing): number {
  return isFleetStopped ? EXIT.parked : exitCodeOfStop(stop?.reason)
}

/** The exit code of a worker that the API has stopped. */
export function exitCodeOfStop(stop: StopReason | undefined): number {
  if (stop === undefined) return EXIT.done
  const none = { askedIds: 0, failedIds: 0, maxFailed: { share: 1, ids: 1 }, dueIds: 0, cappedIds: 0 }
  return runExit({ ...none, signalCode: undefined, stop, alarmParked: undefined }).code
}
