import { commandText } from '../core/commandText.js'
import { transaction, type Connection } from '../core/duckdb.js'
import { plural } from '../core/text.js'
import { dayStartIn } from '../core/time.js'
import { findAheadRuns, findEarlierRuns } from '../load/aheadRuns.js'
import { dropHistory, mayDrop } from '../load/dropHistory.js'
import { recordDepartures } from '../load/formerMembers.js'
import {
  type RunRecord,
  driftSince,
  failedDefinitionIn,
  newDriftSince,
  recordRun,
  runCodes,
  unresolvedCalls,
} from '../load/recordRun.js'
import { requireRebuild } from '../load/schema/schema.js'
import { settle } from '../load/settle.js'
import { recordSpending, spendingOfRun } from '../load/spending.js'
import type { Warehouse } from '../load/warehouse.js'
import { missingCodes } from '../model/missing.js'
import { parkReasonOf, type Receipt } from '../model/receipt.js'
import { allowedAges } from '../plan/maxAge.js'
import { buildReceipt, type StepResults } from './buildReceipt.js'
import type { Fetched } from './fetchDue.js'
import type { OpenRun } from './openRun.js'

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
  const { settings, header, layout, signal, effects, logger } = run
  const { inputs, fetched } = results
  const { stop, unfinished, isQueued } = fetched
  const settled = await settle(connection, {
    runId: header.runId,
    readAt: header.startedAt,
    lists: inputs.map(({ name, source, columns, idColumn }) => {
      return { name, source, columns, idColumn: idColumn.name, track: settings.track ?? false }
    }),
    unfinished,
    ...(stop ? { parkReason: parkReasonOf(stop.reason) } : isQueued ? { parkReason: 'queued' } : {}),
    missing: missingCodes(run.pipeline),
  })
  const aheadRuns = fetched.isClockConfirmed ? await findAheadRuns(connection, header) : []
  await recordSpending(connection, {
    runId: header.runId,
    price: settings.price,
    currency: run.pipeline.vendor.currency,
  })
  const receipt = buildReceipt(run, results, {
    finishedAt: effects.now(),
    settled,
    codes: await runCodes(connection, header.runId),
    spent: await spendingOfRun(connection, header.runId),
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
  const { answers, first } = await failedDefinitionIn(connection, header.runId)
  if (first !== null) {
    const named = settings.pipeline === undefined ? [] : ['--pipeline', settings.pipeline]
    const replay = commandText(['replay', ...named, '--data', layout.data])
    const message = `the pipeline failed for ${plural(answers, 'answer')}, in table anomalies: ${first}; correct it, then \`${replay}\` reads them again, with no call`
    effects.log('warn', message, 'definition_failed', { answers })
  }
  const { tracked = false } = settings
  const earlierRuns = await findEarlierRuns(connection, header.runId)
  const record = {
    ...runRecordOf(receipt),
    tracked,
    useless: fetched.useless,
    askedAt: fetched.askedAt,
    maxAge: maxAgeOf(run),
    earlierRuns,
    aheadRuns,
    keepPeople: settings.keepPeople,
    historyFrom: historyStartOf(run, receipt.exit_code, fetched),
  }
  await recordRun(connection, record)
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

/** The receipt in the form of table `runs`. */
function runRecordOf(
  receipt: Receipt,
): Omit<
  RunRecord,
  'tracked' | 'useless' | 'askedAt' | 'maxAge' | 'earlierRuns' | 'aheadRuns' | 'keepPeople' | 'historyFrom'
> {
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
