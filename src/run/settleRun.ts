import { CURRENCY } from '../config/options.js'
import { transaction, type Connection } from '../core/duckdb.js'
import { plural } from '../core/text.js'
import { dayStartIn } from '../core/time.js'
import { version } from '../core/version.js'
import type { Stop as FetchStop } from '../fetch/stop.js'
import { findAheadRuns, findEarlierRuns } from '../load/aheadRuns.js'
import { dropHistory, mayDrop } from '../load/dropHistory.js'
import { recordDepartures } from '../load/formerMembers.js'
import {
  type RunRecord,
  driftSince,
  daysOfRun,
  newDriftSince,
  recordRun,
  runCodes,
  unresolvedCalls,
} from '../load/recordRun.js'
import { requireRebuild } from '../load/schema/schema.js'
import { type Settled, settle } from '../load/settle.js'
import { recordSpending } from '../load/spending.js'
import type { Warehouse } from '../load/warehouse.js'
import {
  reconcile,
  type CodeCount,
  type DayReceipt,
  type DriftReceipt,
  type ReasonCount,
  type Receipt,
  type StopNotice,
  parkReasonOf,
} from '../model/receipt.js'
import { allowedAges } from '../plan/maxAge.js'
import { DAY_BUDGET, limitOf, runAgain } from '../model/runAgain.js'
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
  readonly recovered: RecoveredCalls
  readonly fetched: Fetched
}

/** Facts from the end of the run, mostly from the working database. */
interface RunEndFacts {
  /** Milliseconds since 1970. */
  readonly finishedAt: number
  readonly settled: Settled
  readonly codes: readonly CodeCount[]
  readonly days: readonly DayReceipt[]
  /** 130 or 143 if a signal stopped the run. */
  readonly signalCode: number | undefined
  readonly drift: readonly DriftReceipt[]
  readonly ambiguousCalls: number
  readonly correctedRuns: number
}

/**
 * Gives every row its status, and records the receipt of the run: both, or nothing.
 * @throws Error when the receipt does not add up: then nothing is published
 */
export async function settleRun(run: OpenRun, { connection }: Warehouse, results: StepResults): Promise<Receipt> {
  const receipt = await transaction(connection, () => settleAndRecord(run, connection, results))
  await dropHistory(connection, run.pipeline)
  return receipt
}

async function settleAndRecord(run: OpenRun, connection: Connection, results: StepResults): Promise<Receipt> {
  const { settings, header, signal, effects, logger } = run
  const { inputs, fetched } = results
  const { stop, unfinished } = fetched
  const settled = await settle(connection, {
    runId: header.runId,
    readAt: header.startedAt,
    lists: inputs.map(({ name, source, columns, idColumn }) => {
      return { name, source, columns, idColumn: idColumn.name, track: settings.track ?? false }
    }),
    unfinished,
    ...(stop ? { parkReason: parkReasonOf(stop.reason) } : {}),
  })
  const aheadRuns = fetched.isClockConfirmed ? await findAheadRuns(connection, header) : []
  const receipt = buildReceipt(run, results, {
    finishedAt: effects.now(),
    settled,
    codes: await runCodes(connection, header.runId),
    days: await daysOfRun(connection, header.runId),
    signalCode: signal.aborted ? (signal.reason as number) : undefined,
    drift: await driftSince(connection, header.startedAt),
    ambiguousCalls: await unresolvedCalls(connection),
    correctedRuns: aheadRuns.length,
  })
  const places = await newDriftSince(connection, header.startedAt)
  if (places > 0) {
    const message = `new drift: answers differ from the definition in ${plural(places, 'place')}; see table schema_drift`
    logger.record('warn', message, 'drift_new', { places })
  }
  const { tracked = false } = settings
  const earlierRuns = await findEarlierRuns(connection, header.runId)
  const record = {
    ...runRecordOf(receipt),
    tracked,
    useless: fetched.useless,
    maxAge: maxAgeOf(run),
    earlierRuns,
    aheadRuns,
    keepPeople: settings.keepPeople,
    historyFrom: historyStartOf(run, receipt.exit_code, fetched),
  }
  await recordRun(connection, record)
  await recordSpending(connection, { runId: header.runId, price: receipt.money.price, currency: CURRENCY })
  await recordDepartures(connection, header.runId)
  if (aheadRuns.length > 0) await requireRebuild(connection, 'clock')
  return receipt
}

/** The time before which this run drops history, a midnight of the pipeline's zone; undefined if it drops none. */
function historyStartOf(
  { settings, header, pipeline }: OpenRun,
  exitCode: number,
  fetched: Fetched,
): number | undefined {
  const { keepHistory } = settings
  if (keepHistory === undefined || !mayDrop({ exitCode, isClockConfirmed: fetched.isClockConfirmed })) return undefined
  return dayStartIn(pipeline.timeZone, header.startedAt - keepHistory)
}

/** In whole seconds; null for a run that fetched whatever the age. */
function maxAgeOf({ settings, pipeline }: OpenRun): RunRecord['maxAge'] {
  if (settings.retryFailed) return null
  const { standard, byTier } = allowedAges(settings, pipeline)
  const seconds = (ms: number): number => Math.round(ms / 1000)
  return { standard: seconds(standard), byTier: new Map([...byTier].map(([tier, ms]) => [tier, seconds(ms)])) }
}

/**
 * The receipt of a run.
 * @throws Error when the number of rows read differs from the number of rows with a status
 */
function buildReceipt(run: OpenRun, results: StepResults, end: RunEndFacts): Receipt {
  const { settings, api, pipeline, header, layout } = run
  const { inputs, rowsRead, fetched, recovered } = results
  const { planned } = fetched
  const { settled, codes, finishedAt } = end
  const { stop, askedIds } = fetched
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
    failedIds: failedNow,
    maxFailed: settings.maxFailed,
    dueIds: planned.byDecision.due.ids,
    cappedIds: sumOf(settled.reasons.filter(({ status, reason }) => status === 'parked' && reason === 'cap')),
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
    })),
    rows,
    ids: settled.ids,
    reconciled: true,
    reasons: settled.reasons,
    due_ids: planned.byDecision.due.ids,
    asked_ids: askedIds,
    calls: { sent: fetched.calls, billed, maybe_billed: maybeBilled, codes, days: end.days },
    pace: paceOf(fetched),
    money: {
      currency: CURRENCY,
      price,
      billed: cents(billed * price),
      maybe_billed: cents(maybeBilled * price),
      saved: cents((fresh.ids + known_empty.ids) * price),
    },
    recovered,
    drift: end.drift,
    ambiguous_calls: end.ambiguousCalls,
    corrected_runs: end.correctedRuns,
    files: { database: '', exports: [] },
  }
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

function stopOf({ reason, code, message, at }: FetchStop, timeZone: string): StopNotice {
  return {
    reason,
    code,
    message,
    limit: limitOf(code),
    run_again: runAgain({ reason: reason === 'cap' && code === DAY_BUDGET ? 'quota' : reason, code, at }, timeZone),
  }
}

/** The receipt in the form of table `runs`. */
function runRecordOf(
  receipt: Receipt,
): Omit<RunRecord, 'tracked' | 'useless' | 'maxAge' | 'earlierRuns' | 'aheadRuns' | 'keepPeople' | 'historyFrom'> {
  const { stop, calls, pace, money } = receipt
  return {
    runId: receipt.run_id,
    startedAt: Date.parse(receipt.started_at),
    finishedAt: Date.parse(receipt.finished_at),
    status: stop ? 'stopped' : 'done',
    exitCode: receipt.exit_code,
    exitReason: receipt.exit_reason,
    stop: stop && { reason: stop.reason, code: stop.code, message: stop.message, runAgain: stop.run_again },
    pipeline: receipt.pipeline,
    simulated: receipt.simulated,
    host: receipt.host,
    version: receipt.version,
    rows: receipt.rows,
    ids: receipt.ids,
    askedIds: receipt.asked_ids,
    calls: { sent: calls.sent, billed: calls.billed, maybeBilled: calls.maybe_billed },
    days: calls.days,
    pace: {
      callsPerSecond: calls.sent === 0 ? null : pace.calls_per_second,
      limitPerSecond: pace.limit_per_second,
      inFlightLimit: pace.in_flight_limit,
    },
    money: { ...money, maybeBilled: money.maybe_billed },
  }
}
