import { version } from '../core/version.js'
import { gravest, type Stop as FetchStop } from '../fetch/stop.js'
import type { RunSpending } from '../load/spending.js'
import type { Settled } from '../load/settle.js'
import {
  reconcile,
  type CodeCount,
  type ListReceipt,
  type DriftReceipt,
  type ReasonCount,
  type Receipt,
  type StopNotice,
} from '../model/receipt.js'
import { DAY_BUDGET, runAgain } from '../model/runAgain.js'
import { runExit } from '../model/runExit.js'
import type { NamedInput } from '../read/readInput.js'
import type { Fetched } from './fetchDue.js'
import type { RecoveredCalls } from './loadJournal.js'
import type { OpenRun } from './openRun.js'

/** The results of the earlier steps. */
export interface StepResults {
  readonly inputs: readonly NamedInput[]
  /** Counted while reading, independently of what was stored. */
  readonly rowsRead: number
  /** Pipelines that read a list, by its name, where this one does not. */
  readonly foreign: ReadonlyMap<string, readonly string[]>
  readonly recovered: RecoveredCalls
  readonly fetched: Fetched
  /** Inputs that the API was not asked for because a call may have been paid. */
  readonly heldInputs: number
}

/** Facts from the end of the run, mostly from the working database. */
export interface RunEndFacts {
  /** Milliseconds since 1970. */
  readonly finishedAt: number
  readonly settled: Settled
  readonly codes: readonly CodeCount[]
  readonly spent: RunSpending
  /** 130 or 143 if a signal stopped the run. */
  readonly signalCode: number | undefined
  readonly drift: readonly DriftReceipt[]
  readonly ambiguousCalls: number
  readonly correctedRuns: number
}

/**
 * The receipt of a run.
 * @throws Error when the number of rows read differs from the number of rows with a status
 */
export function buildReceipt(run: OpenRun, results: StepResults, end: RunEndFacts): Receipt {
  const { settings, api, pipeline, header, layout } = run
  const { inputs, rowsRead, fetched, recovered, heldInputs } = results
  const { planned } = fetched
  const { settled, codes, finishedAt, spent } = end
  const { askedIds, resolved } = fetched
  const stop = gravest(fetched.stop, fetched.resolverStop)
  const rows = { ...settled.rows, read: rowsRead }
  reconcile('rows', rows)
  reconcile('ids', settled.ids)
  const { price } = settings
  const billed = sum(codes, 'billed')
  const maybeBilled = sum(codes, 'maybe_billed')
  const { fresh, known_empty, known_failed, held } = planned.byDecision
  const failedNow = settled.ids.failed - known_failed.ids - held.ids
  const exit = runExit({
    signalCode: stop?.reason === 'signal' ? end.signalCode : undefined,
    stop: stop?.reason,
    askedIds,
    failedIds: failedNow + (resolved?.failed ?? 0),
    maxFailed: settings.maxFailed,
    dueIds: planned.byDecision.due.ids + (resolved?.inputs ?? 0),
    cappedIds:
      sumOf(settled.reasons.filter(({ status, reason }) => status === 'parked' && reason === 'cap')) +
      (stop?.reason === 'cap' ? (resolved?.parked ?? 0) : 0),
    alarmParked: settings.alarmParked,
  })
  return {
    run_id: header.runId,
    version,
    pipeline: pipeline.name,
    simulated: api.simulated,
    host: api.host,
    data: layout.data,
    started_at: new Date(header.startedAt).toISOString(),
    finished_at: new Date(finishedAt).toISOString(),
    seconds: (finishedAt - header.startedAt) / 1000,
    exit_code: exit.code,
    exit_reason: exit.reason,
    stop: stop ? stopOf(stop, pipeline.timeZone) : null,
    lists: settled.lists.map(({ list, rows, ids, added, removed }, at) => ({
      list,
      source: inputs[at]!.source,
      id_column: inputs[at]!.idColumn.name,
      rows: rows.read,
      ids: ids.read,
      added,
      removed,
      ...otherPipelines(results.foreign.get(list)),
    })),
    rows,
    ids: settled.ids,
    reconciled: true,
    reasons: settled.reasons,
    ...((resolved !== undefined || heldInputs > 0) && {
      resolved: { ...NONE_RESOLVED, ...resolved, held: heldInputs },
    }),
    due_ids: planned.byDecision.due.ids,
    asked_ids: askedIds,
    calls: { sent: fetched.calls, billed, maybe_billed: maybeBilled, codes, days: spent.days },
    pace: paceOf(fetched),
    money: {
      currency: pipeline.vendor.currency,
      price,
      billed: cents(spent.billed),
      maybe_billed: cents(spent.maybeBilled),
      saved: cents((fresh.ids + known_empty.ids) * price),
    },
    recovered,
    drift: end.drift,
    ambiguous_calls: end.ambiguousCalls,
    corrected_runs: end.correctedRuns,
    files: { database: '', exports: [] },
  }
}

const NONE_RESOLVED: NonNullable<Fetched['resolved']> = {
  ...{ inputs: 0, found: 0, not_found: 0, failed: 0, parked: 0 },
  ...{ money_billed: 0, money_maybe_billed: 0 },
}

/** For a list in a receipt or a plan. */
export function otherPipelines(names: readonly string[] = []): Pick<ListReceipt, 'other_pipelines'> {
  return names.length === 0 ? {} : { other_pipelines: names }
}

function sum(codes: readonly CodeCount[], what: 'billed' | 'maybe_billed'): number {
  return codes.reduce((total, code) => total + code[what], 0)
}

function sumOf(reasons: readonly ReasonCount[]): number {
  return reasons.reduce((total, { ids }) => total + ids, 0)
}

function paceOf({ calls, seconds, learned }: Fetched): Receipt['pace'] {
  const { callsPerSecond, inFlight } = learned
  return {
    calls_per_second: calls === 0 ? 0 : hundredths(calls / seconds),
    limit_per_second: callsPerSecond === undefined ? null : hundredths(callsPerSecond),
    in_flight_limit: inFlight ?? null,
  }
}

function hundredths(number: number): number {
  return Math.round(number * 100) / 100
}

/** Rounded to a hundredth of a cent, so that a receipt does not show binary fractions. */
function cents(amount: number): number {
  return Math.round(amount * 1e4) / 1e4
}

function stopOf({ reason, code, message, limit: used, at }: FetchStop, timeZone: string): StopNotice {
  const limit = used ?? null
  return {
    reason,
    code,
    message,
    limit,
    run_again: runAgain(
      { reason: reason === 'cap' && code === DAY_BUDGET ? 'quota' : reason, code, message, limit, at },
      timeZone,
    ),
  }
}
